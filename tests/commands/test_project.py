import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from models import StyleGAN2
from recipes import dcgan_photos, stylegan2_photos64
from tests.running.test_bad_input import snapshot
from tfnss import metrics
from tfnss.analysis import inversion
from tfnss.commands import project
from tfnss.running import stored

PICKLE = Path(__file__).parents[1] / "oracles" / "ada_pytorch_tiny.pkl"


def write_run(recipe, run, **given):
    """A run as its first checkpoint leaves it, but that noise shows, without the training."""
    defaults = {option.name: option.default for option in recipe.all_options()}
    settings = recipe.resolve(defaults | recipe.smoke | given)
    gan = recipe.build(settings)
    for weight in gan.generator_ema.weights:
        if weight.path.endswith("noise/strength"):
            weight.assign(0.1)
    run.mkdir()
    gan.save_weights(run / "checkpoint.weights.h5")
    (run / "settings.json").write_text(json.dumps({"recipe": recipe.name, "trials": None, "settings": settings}))


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Runs with styles and without, what is no run, and pictures."""
    place = tmp_path_factory.mktemp("project")
    write_run(stylegan2_photos64.RECIPE, place / "run", resolution=8, noise="eni")
    write_run(dcgan_photos.RECIPE, place / "plain", base_width=4)
    (place / "exported").mkdir()
    (place / "exported" / "saved_model.pb").write_bytes(b"")
    shutil.copytree(place / "run", place / "untrained", ignore=shutil.ignore_patterns("checkpoint*"))
    shutil.copytree(place / "run", place / "seeds" / "seed-0")
    settings = json.loads((place / "run" / "settings.json").read_text())
    (place / "seeds" / "settings.json").write_text(json.dumps(settings | {"trials": 1}))
    pixels = np.random.default_rng(0).integers(0, 256, (12, 16, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(place / "wide.png")
    Image.fromarray(pixels[..., 0]).save(place / "grey.png")
    Image.fromarray(np.dstack([pixels, np.full((12, 16), 99, np.uint8)])).save(place / "glass.png")
    (place / "cut.png").write_bytes((place / "wide.png").read_bytes()[:200])
    (place / "text.png").write_text("no image")
    (place / "other").mkdir()
    shutil.copy(place / "wide.png", place / "other" / "wide.png")
    shutil.copy(place / "wide.png", place / "other" / "WIDE.png")
    return place


def read(path):
    with Image.open(path) as image:
        return np.asarray(image)


def square(path):
    """What of a picture is projected, by Pillow alone."""
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB").resize((8, 8), Image.Resampling.LANCZOS, box=(2, 0, 14, 12)))


@pytest.mark.slow
def test_pictures_and_styles(place, tmp_path, capsys):
    flags = ["--distance", "pixels", "--steps", "4", "--space", "w+", "--seed", "3", "--out", str(tmp_path)]
    project.main([str(place / "run"), str(place / "wide.png"), str(place / "grey.png"), *flags])
    assert {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.*")} == {
        "images/wide.png",
        "images/grey.png",
        "projections.png",
        "styles.npz",
    }
    targets = [square(place / name) for name in ("wide.png", "grey.png")]
    shown = [read(tmp_path / "images" / name) for name in ("wide.png", "grey.png")]
    rows = [np.concatenate(pair, axis=1) for pair in zip(targets, shown, strict=True)]
    np.testing.assert_array_equal(read(tmp_path / "projections.png"), np.concatenate(rows))
    generator = stored.load_run(place / "run").generator_ema
    expected = inversion.project(
        generator, np.stack(targets), inversion.squared_difference, steps=4, seed=3, space="w+"
    )
    with np.load(tmp_path / "styles.npz", allow_pickle=False) as saved:
        assert saved["names"].tolist() == ["wide", "grey"]
        np.testing.assert_array_equal(saved["styles"], expected.styles)
        np.testing.assert_array_equal(saved["distances"], expected.distances)
        noise = [saved[f"noise{index}"] for index in range(len(saved.files) - 3)]
        again = inversion.synthesize(generator, saved["styles"], noise)
    silent = inversion.synthesize(generator, expected.styles, [np.zeros_like(maps) for maps in noise])
    assert np.abs(silent - again).max() > 0.01
    np.testing.assert_array_equal(np.clip(np.round((again + 1) * 127.5), 0, 255), shown)
    says = capsys.readouterr().out
    assert (
        f"grey: pixels {expected.distances[1, 0]:.4g} at the start, {expected.distances[1, -1]:.4g} at the end" in says
    )
    assert "0:00:0" in says  # of the time that is left


def test_official_pickles_and_overwriting(place, tmp_path):
    (tmp_path / "styles.npz").write_text("old")
    command = [str(PICKLE), str(place / "wide.png"), "--distance", "pixels", "--steps", "1", "--out", str(tmp_path)]
    with pytest.raises(SystemExit):
        project.main(command)
    assert (tmp_path / "styles.npz").read_text() == "old"
    project.main([*command, "--overwrite"])
    assert read(tmp_path / "projections.png").shape == (8, 16, 3)


def test_grey_models(place, tmp_path, monkeypatch):
    grey = StyleGAN2(8, channels=1, latent_dim=6, channel_base=32, channel_max=4, mapping_layers=1)
    monkeypatch.setattr(stored, "load_run", lambda run: grey)
    flags = ["--distance", "pixels", "--steps", "1", "--out", str(tmp_path)]
    project.main([str(place / "run"), str(place / "wide.png"), *flags])
    with Image.open(place / "wide.png") as image:
        expected = np.asarray(image.convert("L").resize((8, 8), Image.Resampling.LANCZOS, box=(2, 0, 14, 12)))
    np.testing.assert_array_equal(read(tmp_path / "projections.png")[:, :8], expected)


def test_lpips_under_weights_of_a_file(place, tmp_path, monkeypatch):
    """The distance is that of LPIPS with the file's weights, between the two images."""

    def lpips(weights):
        assert weights == "vgg16.h5"
        return lambda pair: inversion.squared_difference(pair[0], pair[1]) + 7.0

    monkeypatch.setattr(metrics, "LPIPS", lpips)
    flags = ["--vgg16", "vgg16.h5", "--steps", "1", "--out", str(tmp_path)]
    project.main([str(place / "run"), str(place / "wide.png"), *flags])
    with np.load(tmp_path / "styles.npz") as saved:
        assert (saved["distances"] > 7).all()


# Flags ({} is the place), and what the line must say.
CASES = [
    ("{0}/nowhere {0}/wide.png", "nowhere is neither"),
    ("{0}/other {0}/wide.png", "other is neither"),
    ("{0}/plain {0}/wide.png", "plain has no styles"),
    ("{0}/untrained {0}/wide.png", "no checkpoint"),
    ("{0}/seeds {0}/wide.png", "several seeds"),
    ("{0}/exported {0}/wide.png", "is an exported model"),
    ("{0}/text.png {0}/wide.png", "text.png is not a StyleGAN2 checkpoint"),
    ("{0}/run", "IMAGE"),
    ("{0}/run {0}/missing.png", "missing.png is not a file"),
    ("{0}/run {0}/other", "other is not a file"),
    ("{0}/run {0}/wide.png {0}/other/wide.png", "would both become wide.png"),
    ("{0}/run {0}/wide.png {0}/other/WIDE.png", "would both become WIDE.png"),
    ("{0}/run {0}/text.png --distance pixels", "text.png is not an image"),
    ("{0}/run {0}/wide.png {0}/cut.png --distance pixels", "cut.png cannot be read"),
    ("{0}/run {0}/glass.png --distance pixels", "glass.png is transparent in places"),
    ("{0}/run {0}/wide.png --steps 0", "--steps must be at least 1"),
    ("{0}/run {0}/wide.png --batch-size 0", "--batch-size must be at least 1"),
    ("{0}/run {0}/wide.png --seed -1", "--seed must lie in"),
    ("{0}/run {0}/wide.png --space z", "--space"),
    ("{0}/run {0}/wide.png --distance l1", "--distance"),
    ("{0}/run {0}/wide.png --distance pixels --vgg16 file", "--vgg16 goes with"),
    ("{0}/run {0}/wide.png --vgg16 {0}/text.png", "--distance pixels"),
]


@pytest.mark.parametrize(("flags", "says"), CASES)
def test_bad_input_is_one_line_and_nothing_is_written(flags, says, place, tmp_path, capsys):
    before = snapshot(place)
    with pytest.raises(SystemExit) as end:
        project.main([*flags.format(place).split(), "--out", str(tmp_path / "out")])
    assert end.value.code == 2
    error = capsys.readouterr().err
    assert says in error
    assert len(error.strip().splitlines()) == 1
    assert snapshot(place) == before
    assert not list(tmp_path.iterdir())


def test_no_file_is_replaced(place, tmp_path, capsys):
    taken = tmp_path / "images" / "wide.png"
    taken.parent.mkdir()
    taken.write_text("precious")
    with pytest.raises(SystemExit) as end:
        project.main([str(place / "run"), str(place / "wide.png"), "--out", str(tmp_path)])
    assert end.value.code == 2
    assert f"{taken} is there already" in capsys.readouterr().err
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [taken]
    assert taken.read_text() == "precious"


def test_transparent_pictures_are_laid_on_a_colour(tmp_path):
    image = Image.new("RGBA", (8, 8), (255, 0, 0, 0))
    image.paste((0, 0, 255, 255), (0, 0, 4, 8))
    image.save(tmp_path / "a.png")
    on_colour = Image.alpha_composite(Image.new("RGBA", (8, 8), "#204060"), image)
    np.testing.assert_array_equal(
        project._read(tmp_path / "a.png", 8, 3, "#204060"), np.asarray(on_colour.convert("RGB"))
    )
    np.testing.assert_array_equal(project._read(tmp_path / "a.png", 8, 4, None), np.asarray(image))
    for channels, background, says in (
        (3, None, "--background white"),
        (4, "white", "alpha"),
        (1, "nocolour", "nocolour"),
    ):
        with pytest.raises(ValueError, match=says):
            project._read(tmp_path / "a.png", 8, channels, background)
