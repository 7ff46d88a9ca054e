"""The picture of samples beside the real images nearest to them, at the end of training and by `tfnss evaluate`."""

import json
import shutil

import numpy as np
import pytest
from PIL import Image

from recipes.dcgan_photos import RECIPE
from tests.analysis.test_nearest import brute_force
from tfnss import data
from tfnss.commands import evaluate, generate
from tfnss.metrics import networks
from tfnss.running import fitting
from tfnss.running.command_line import main as train
from tfnss.running.nearest import draw_pairs, read_nearest
from tfnss.running.stored import load_run

pytestmark = pytest.mark.slow

TINY = ["--smoke", "--base-width", "4", "--kimg", "0.032", "--checkpoint-every", "0.016"]


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    run = tmp_path_factory.mktemp("nearest") / "run"
    train(RECIPE, [*TINY, "--seed", "5", "--run-dir", str(run)])
    return run


@pytest.fixture
def run(trained, tmp_path):
    return shutil.copytree(trained, tmp_path / "run")


def pixels(path):
    with Image.open(path) as image:
        return np.asarray(image)


def check(run, picture, reals, searched):
    """A picture shows the samples that `tfnss generate` draws, and what is nearest to them among these of the reals."""
    generate.main([str(run), "--seeds", "0-15", "--out", str(picture.parent / "samples-of-test")])
    drawn = picture.parent / "samples-of-test" / "images"
    samples = np.stack([pixels(drawn / f"seed{seed:04d}.png") for seed in range(16)])
    found, distances, median = brute_force(samples, reals[searched], networks.load("embedded"))
    told = read_nearest(picture)
    assert told["indices"] == list(searched[found])
    np.testing.assert_allclose(told["distances"], distances, rtol=1e-4)
    assert told["real_distance"] == pytest.approx(median, rel=1e-4)
    assert (told["searched"], told["real_images"]) == (len(searched), len(reals))
    pairs = pixels(picture).reshape(4, 32, 4, 2, 32, 3).transpose(0, 2, 3, 1, 4, 5).reshape(16, 2, 32, 32, 3)
    np.testing.assert_array_equal(pairs[:, 0], samples)
    np.testing.assert_array_equal(pairs[:, 1], reals[searched[found]])


def test_it_is_drawn_at_the_end_of_training(run):
    reals = data.load("photos", 32).array
    searched = np.sort(np.random.default_rng(5).permutation(len(reals))[:32])  # no more than the run has seen
    check(run, run / "nearest.png", reals, searched)
    assert read_nearest(run / "nearest.png")["kimg"] == 0.032
    assert "may be a copy" in (run / "report.html").read_text()


@pytest.mark.slow
def test_it_changes_nothing_of_the_training(run, tmp_path, monkeypatch):
    """Nor of a run that goes on after it."""
    train(RECIPE, ["--resume", str(run), "--kimg", "0.064"])
    monkeypatch.setattr(fitting, "try_nearest", lambda *_: None)
    train(RECIPE, [*TINY, "--seed", "5", "--kimg", "0.064", "--run-dir", str(tmp_path / "without")])
    assert not (tmp_path / "without" / "nearest.png").exists()
    for one, other in zip(load_run(run).weights, load_run(tmp_path / "without").weights, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.filterwarnings("always:nearest.png was not drawn")
def test_a_run_whose_data_are_gone(tmp_path, monkeypatch, capsys):
    folder, run = tmp_path / "photos", tmp_path / "run"
    folder.mkdir()
    for index, image in enumerate(data.load("photos", 32).array[:40]):
        Image.fromarray(image).save(folder / f"{index:02d}.png")

    def without_data(*arguments):
        shutil.rmtree(folder)
        try_nearest(*arguments)

    try_nearest = fitting.try_nearest
    monkeypatch.setattr(fitting, "try_nearest", without_data)
    train(RECIPE, [*TINY, "--data", str(folder), "--cache-gb", "0", "--run-dir", str(run)])
    error = capsys.readouterr().err
    assert "warning: nearest.png was not drawn" in error
    assert f"{folder / '00.png'} cannot be read" in error
    assert f"`tfnss evaluate {run} --nearest` draws it" in error
    assert not (run / "nearest.png").exists()
    assert "None yet; `tfnss evaluate" in (run / "report.html").read_text()


def test_evaluate_draws_it_again(run, tmp_path):
    before = pixels(run / "nearest.png"), read_nearest(run / "nearest.png")
    for name in ("nearest.png", "nearest.json"):
        (run / name).unlink()
    evaluate.main([str(run), "--metrics", "spectrum", "--images", "8"])
    assert not (run / "nearest.png").exists()
    evaluate.main([str(run), "--metrics", "spectrum", "--images", "8", "--nearest"])
    np.testing.assert_array_equal(pixels(run / "nearest.png"), before[0])
    assert read_nearest(run / "nearest.png") == before[1]
    assert "may be a copy" in (run / "report.html").read_text()


def test_beside_other_results(run, tmp_path):
    """Of a run among other images, and of a folder."""
    reals = data.load("photos", 32).array[100:130]
    for name, images in (("reals", reals), ("fakes", reals[[3, 8, 21]])):
        (tmp_path / name).mkdir()
        for index, image in enumerate(images):
            Image.fromarray(image).save(tmp_path / name / f"{index:02d}.png")
    old = (run / "nearest.json").read_bytes()
    flags = ["--metrics", "spectrum", "--images", "8", "--data", str(tmp_path / "reals"), "--nearest"]
    flags += ["--out", str(tmp_path / "out" / "m.jsonl")]
    evaluate.main([str(run), *flags])
    assert (run / "nearest.json").read_bytes() == old
    check(run, tmp_path / "out" / "nearest-run.png", reals, np.arange(30))
    evaluate.main([str(tmp_path / "fakes"), *flags])
    told = read_nearest(tmp_path / "out" / "nearest-fakes.png")
    assert sorted(told["indices"]) == [3, 8, 21]
    assert told["distances"] == pytest.approx([0, 0, 0], abs=1e-5)
    assert pixels(tmp_path / "out" / "nearest-fakes.png").shape == (32, 8 * 32, 3)


def test_a_kill_leaves_no_words_for_another_picture(run, monkeypatch):
    from tfnss import plots

    monkeypatch.setattr(plots, "save_png", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        draw_pairs(
            np.zeros((2, 8, 8, 3), np.uint8), data.Images(np.zeros((3, 8, 8, 3), np.uint8), 1), run / "nearest.png"
        )
    assert read_nearest(run / "nearest.png") is None
    assert not (run / "nearest.json").exists()


def test_one_real_image_has_no_yardstick(tmp_path):
    images = data.Images(np.zeros((1, 8, 8, 3), np.uint8), 1)
    draw_pairs(np.zeros((2, 8, 8, 3), np.uint8), images, tmp_path / "x.png")
    assert json.loads((tmp_path / "x.json").read_text())["real_distance"] is None
    assert np.isnan(read_nearest(tmp_path / "x.png")["real_distance"])
