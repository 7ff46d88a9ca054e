"""Rectangles, from the data to the export, through the commands; a width and a height stay what they are."""

import json

import numpy as np
import pytest
from PIL import Image

from tfnss.commands import entry
from tfnss.serving import exported, read_card

pytestmark = pytest.mark.filterwarnings("ignore:.*has rank", "ignore:the covariance")
RECIPES = {
    "dcgan_photos": ["--base-width", "4"],
    "ssd_sngan_cifar100": ["--width", "0.03125", "--method", "ssd"],
    "stylegan2_photos64": [
        "--channel-base",
        "64",
        "--channel-max",
        "4",
        "--latent-dim",
        "8",
        "--loss",
        "non_saturating",
    ],
}
PARTS = ["--ada", "--augment-probability", "0.5", "--nss"]
CASES = (
    pytest.param("dcgan_photos", 96, 64, marks=pytest.mark.slow),
    pytest.param("ssd_sngan_cifar100", 48, 32, marks=pytest.mark.exhaustive),
    pytest.param("stylegan2_photos64", 48, 32, marks=pytest.mark.exhaustive),
    pytest.param("stylegan2_photos64", 96, 64, marks=pytest.mark.exhaustive),
)


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    """Ten photographs wider than they are high, of several sizes."""
    random, place = np.random.default_rng(0), tmp_path_factory.mktemp("pictures")
    for index in range(10):
        pixels = random.integers(0, 256, (60 + index, 90, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(place / f"{index}.png")
    return place


def size(path):
    with Image.open(path) as image:
        return image.size


@pytest.mark.parametrize(("recipe", "width", "height"), CASES)
def test_from_the_data_to_the_export(recipe, width, height, pictures, tmp_path, capsys):
    records, run = tmp_path / "records", tmp_path / "run"
    entry.main(["prepare", str(pictures), str(records), "--resolution", f"{width}x{height}"])
    said = capsys.readouterr().out
    assert f"10 images of {width}x{height}" in said
    assert f"--resolution {width}x{height}" in said
    flags = ["--smoke", *RECIPES[recipe], "--data", str(records), "--resolution", f"{width}x{height}", *PARTS]
    entry.main(["train", recipe, *flags, "--batch-size", "4", "--kimg", "0.016", "--run-dir", str(run)])
    assert json.loads((run / "settings.json").read_text())["settings"]["resolution"] == [height, width]
    again = ["--resume", "--run-dir", str(run), "--resolution", f"{width}x{height}", "--kimg", "0.024"]
    entry.main(["train", recipe, *again])
    with pytest.raises(SystemExit):
        entry.main(["train", recipe, "--resume", "--run-dir", str(run), "--resolution", f"{height}x{width}"])
    says = f"--resolution {height}x{width} contradicts the run's {width}x{height}"
    assert says in capsys.readouterr().err.replace('"', "")
    entry.main(["generate", str(run), "--out", str(tmp_path / "made"), "--seeds", "0-2"])
    assert {size(path) for path in (tmp_path / "made").rglob("*.png")} >= {(width, height)}
    metrics = "fid,spectrum" if recipe == "dcgan_photos" else "fid"
    given = ["--features", "embedded", "--images", "8", "--reals", "10", "--metrics", metrics]
    entry.main(["evaluate", str(run), *given, "--nearest"])
    assert np.isfinite(json.loads((run / "metrics.jsonl").read_text().splitlines()[-1])["fid"])
    entry.main(["report", str(run)])
    assert f"{width}x{height}" in (run / "report.html").read_text()
    entry.main(["export", str(run), "--out", str(tmp_path / "model")])
    assert read_card(tmp_path / "model")["resolution"] == [height, width]
    model = exported.load(tmp_path / "model")
    assert model.image(model.code(0)).shape == (height, width, 3)
    if recipe == "stylegan2_photos64":
        project = ["--distance", "pixels", "--steps", "2", "--out", str(tmp_path / "projected")]
        entry.main(["project", str(run), str(pictures / "0.png"), *project])
        assert size(tmp_path / "projected" / "images" / "0.png") == (width, height)


def test_a_folder_of_rectangles_is_measured_against_any_images(pictures, tmp_path, capsys):
    """Real images are cropped and resized to the size of the fakes."""
    random = np.random.default_rng(1)
    fakes = tmp_path / "fakes"
    fakes.mkdir()
    for index in range(8):
        Image.fromarray(random.integers(0, 256, (32, 48, 3), dtype=np.uint8)).save(fakes / f"{index}.png")
    out = tmp_path / "results.jsonl"
    for data in (str(pictures), "photos"):
        given = ["--data", data, "--features", "embedded", "--metrics", "fid", "--out", str(out)]
        entry.main(["evaluate", str(fakes), *given])
    assert len(out.read_text().splitlines()) == 2
