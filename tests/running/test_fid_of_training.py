"""What the FID of training is measured against: `--fid-reals` and `--fid-reference`."""

import json
import shutil

import numpy as np
import pytest

from recipes.dcgan_photos import RECIPE
from tfnss import data
from tfnss.commands import evaluate
from tfnss.metrics import Evaluation, networks, results
from tfnss.running.command_line import main
from tfnss.running.stored import load_run, read_settings

FLAGS = ["--smoke", "--base-width", "4", "--kimg", "0.032", "--fid-every", "0.016", "--fid-images", "12"]
FLAGS += ["--features", "embedded", "--checkpoint-every", "0.016"]
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore:the covariance")]


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A run that is measured against all reals, and their statistics."""
    place = tmp_path_factory.mktemp("fid")
    main(RECIPE, [*FLAGS, "--fid-reals", "all", "--run-dir", str(place / "run")])
    evaluate.main([str(place / "run"), "--save-reference", str(place / "photos.npz"), "--out", str(place / "m.jsonl")])
    return place


def test_all_reals(place):
    records = results.read(place / "run" / "metrics.jsonl")
    assert [(record["real_images"], record["fake_images"]) for record in records] == [(2500, 12)] * 2
    network, gan = networks.load("embedded"), load_run(place / "run")
    expected = Evaluation(data.load("photos", 32), ("fid",), network, 12, None)(gan)
    assert records[-1]["fid"] == pytest.approx(expected["fid"], rel=1e-6)
    (record,) = results.read(place / "m.jsonl")  # by the run's own settings
    assert record["fid"] == pytest.approx(expected["fid"], rel=1e-6)
    assert record["real_images"] == 2500


def test_without_the_flag_they_are_as_many_as_the_fakes(place, tmp_path):
    main(RECIPE, [*FLAGS, "--run-dir", str(tmp_path / "run")])
    assert results.read(tmp_path / "run" / "metrics.jsonl")[-1]["real_images"] == 12
    assert read_settings(tmp_path / "run")["settings"]["fid_reals"] is None
    evaluate.main([str(tmp_path / "run"), "--images", "16"])
    assert results.read(tmp_path / "run" / "metrics.jsonl")[-1]["real_images"] == 16


@pytest.mark.slow
def test_a_reference_is_kept_by_a_resumed_run(place, tmp_path, monkeypatch, capsys):
    """It is found from anywhere, gives the same FID, and leaves the training as it is."""
    shutil.copy(place / "photos.npz", tmp_path)
    monkeypatch.chdir(tmp_path)
    flags = [*FLAGS, "--fid-reference", "photos.npz", "--run-dir", "run"]
    main(RECIPE, [*flags[:4], "0.016", *flags[5:]])
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    main(RECIPE, ["--resume", "../run", "--kimg", "0.032"])
    records, theirs = (results.read(path / "run" / "metrics.jsonl") for path in (tmp_path, place))
    assert [record["fid"] for record in records] == pytest.approx([record["fid"] for record in theirs])
    assert {record["reference"] for record in records} == {str(tmp_path / "photos.npz")}
    assert {record["real_images"] for record in records} == {2500}
    ours, others = load_run(tmp_path / "run"), load_run(place / "run")
    for one, other in zip(ours.weights, others.weights, strict=True):
        np.testing.assert_array_equal(one, other)
    evaluate.main(["../run"])  # against the run's own
    record = results.read(tmp_path / "run" / "metrics.jsonl")[-1]
    assert record["fid"] == pytest.approx(records[-1]["fid"])
    assert record["reference"] == str(tmp_path / "photos.npz")
    evaluate.main(["../run", "--reals", "20"])  # of the images again
    record = results.read(tmp_path / "run" / "metrics.jsonl")[-1]
    assert (record["reference"], record["real_images"]) == (None, 20)
    main(RECIPE, ["--resume", "../run", "--change", "--kimg", "0.048", "--fid-reference", "none"])
    assert results.read(tmp_path / "run" / "metrics.jsonl")[-1]["reference"] is None
    with pytest.raises(SystemExit):
        main(RECIPE, ["--resume", "../run", "--fid-reference", str(tmp_path / "photos.npz"), "--kimg", "0.064"])
    assert "contradicts the run's" in capsys.readouterr().err


def test_a_reference_of_another_size(place, tmp_path, capsys):
    """Before anything is written."""
    file = tmp_path / "large.npz"
    with np.load(place / "photos.npz") as arrays:
        about = json.loads(arrays["tfnss"].item()) | {"size": [64, 64]}
        np.savez(file, **{**arrays, "tfnss": np.array(json.dumps(about))})
    with pytest.raises(SystemExit) as end:
        main(RECIPE, [*FLAGS, "--fid-reference", str(file), "--run-dir", str(tmp_path / "run")])
    assert end.value.code == 2
    assert "large.npz is of images of 64x64, not 32x32" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()
