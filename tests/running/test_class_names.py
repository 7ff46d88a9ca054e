"""Names of classes, from the folders to what is drawn and told of a run."""

import json
import shutil

import numpy as np
import pytest
from PIL import Image

from recipes.stylegan2_photos64 import RECIPE
from tests.data.places import encoded, noise, write_folder
from tfnss import plots
from tfnss.commands import entry
from tfnss.data import load
from tfnss.running.command_line import main as train
from tfnss.running.folder import warn_of_other_images
from tfnss.running.stored import class_names

pytestmark = pytest.mark.slow

FLAGS = ["--smoke", "--resolution", "8", "--batch-size", "8", "--kimg", "0.008", "--checkpoint-every", "0.008"]
NAMES = ["cat", "dog <old>"]


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Pictures in folders by class, and a run on them."""
    place = tmp_path_factory.mktemp("classes")
    pictures = {f"{NAMES[index % 3 == 0]}/{index}.png": encoded(noise(10, 10, index)) for index in range(12)}
    write_folder(place / "images", pictures)
    train(RECIPE, [*FLAGS, "--data", str(place / "images"), "--classes", "2", "--run-dir", str(place / "run")])
    return place


def draw(target, out, *flags):
    entry.main(["generate", str(target), "--out", str(out), *flags])


def read(path):
    with Image.open(path) as image:
        return np.asarray(image)


def test_a_run_tells_its_classes(place):
    saved = json.loads((place / "run" / "settings.json").read_text())
    assert (saved["images"]["class_names"], saved["images"]["class_counts"]) == (NAMES, [8, 4])
    card = json.loads((place / "run" / "saved_model" / "model_card.json").read_text())
    assert (card["class_names"], card["classes"]) == (NAMES, 2)
    page = (place / "run" / "report.html").read_text()
    for row in ("<td>0</td>\n<td>cat</td>\n<td>8</td>", "<td>1</td>\n<td>dog &lt;old&gt;</td>\n<td>4</td>"):
        assert row in page


def test_other_classes_of_the_same_images_are_told(place, recwarn):
    images = load(place / "images", 8, 4, labels=True)
    warn_of_other_images(place / "run", images)
    assert not recwarn.list
    images.labels = 1 - images.labels
    with pytest.warns(UserWarning, match="the classes of the images in .* have changed since the run began"):
        warn_of_other_images(place / "run", images)


def test_sample_grids_have_captions(place):
    heights = 8 + plots.CAPTION_HEIGHT
    for name in ("reals.png", "fakes_000000000.png"):
        grid = read(place / "run" / "samples" / name)
        assert grid.shape == (3 * heights, 4 * 8, 3)  # 12 of them
    captions = grid.reshape(3, heights, 4, 8, 3)[:, 8:]
    cat, dog = (plots.grid(np.zeros((1, 8, 8, 3), np.uint8), 1, [name])[8:] for name in NAMES)
    assert (cat != dog).any()
    for index in range(12):  # of class `index % 2`
        np.testing.assert_array_equal(captions[index // 4, :, index % 4], dog if index % 2 else cat)


def test_classes_are_drawn_by_name_or_number(place, tmp_path):
    shutil.copytree(place / "run", tmp_path / "run", ignore=shutil.ignore_patterns("saved_model"))
    draw(place / "run", tmp_path / "name", "--seeds", "0-3", "--class", "dog <old>")
    draw(place / "run" / "saved_model", tmp_path / "number", "--seeds", "0-3", "--class", "1")
    draw(tmp_path / "run", tmp_path / "checkpoint", "--seeds", "0-3", "--class", "dog <old>")
    draw(place / "run", tmp_path / "turn", "--seeds", "0-3")
    draw(place / "run", tmp_path / "several", "--seeds", "0-3", "--class", "dog <old>", "--class", "0")
    grids = {name: read(tmp_path / name / "grid.png").astype(int) for name in ("name", "number", "checkpoint", "turn")}
    np.testing.assert_array_equal(grids["name"], grids["number"])
    assert np.abs(grids["name"] - grids["checkpoint"]).max() <= 1
    for seed in range(4):
        images = {
            name: read(tmp_path / name / "images" / f"seed{seed:04d}.png") for name in ("turn", "several", "name")
        }
        assert (images["turn"] == images["name"]).all() == (seed % 2 == 1)  # in turn: cat, dog, ...
        assert (images["several"] == images["name"]).all() == (seed % 2 == 0)  # in turn: dog, cat, ...
    strip = grids["turn"][8 : 8 + plots.CAPTION_HEIGHT]
    for place_, name in enumerate(NAMES):
        expected = plots.grid(np.zeros((1, 8, 8, 3), np.uint8), 1, [name])[8:]
        np.testing.assert_array_equal(strip[:, 8 * place_ : 8 * place_ + 8], expected)


def test_early_runs_and_damaged_names_take_numbers(place, tmp_path, capsys):
    run = tmp_path / "run"
    shutil.copytree(place / "run", run)
    for file, change in (
        (run / "settings.json", lambda saved: saved["images"].pop("class_names")),
        (run / "saved_model" / "model_card.json", lambda card: card.update(class_names={"0": "cat"})),
    ):
        content = json.loads(file.read_text())
        change(content)
        file.write_text(json.dumps(content))
    assert class_names(run) is None
    draw(run, tmp_path / "out", "--seeds", "0", "--class", "1")
    assert read(tmp_path / "out" / "grid.png").shape == (8, 8, 3)
    entry.main(["report", str(run)])
    with pytest.raises(SystemExit):
        draw(run, tmp_path / "other", "--class", "cat")
    assert "run has classes 0 to 1. Received: --class cat" in capsys.readouterr().err


@pytest.mark.parametrize("target", ["run", "run/saved_model"])
@pytest.mark.parametrize("unknown", ["bird", "2", "-1", "Cat", ""])
def test_unknown_classes_are_one_line(target, unknown, place, tmp_path, capsys):
    with pytest.raises(SystemExit) as end:
        draw(place / target, tmp_path / "out", f"--class={unknown}")
    assert end.value.code == 2
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert f"{target} has classes 0 to 1 (cat, dog <old>). Received: --class {unknown}".strip() in line
    assert not (tmp_path / "out").exists()
