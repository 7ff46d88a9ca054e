"""Grey and transparent images, from the folder to what is drawn and measured of a run."""

import json

import numpy as np
import pytest
from PIL import Image, ImageDraw

from recipes.dcgan_photos import RECIPE
from tfnss import data
from tfnss.commands import entry
from tfnss.metrics import results
from tfnss.running.command_line import main as train

pytestmark = pytest.mark.slow

FLAGS = ["--smoke", "--resolution", "32", "--base-width", "4", "--kimg", "0.016", "--checkpoint-every", "0.016"]


def read(path):
    with Image.open(path) as image:
        return image.mode, np.asarray(image)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Grey digits of 28x28, as of MNIST, and transparent pictures; and a run on each."""
    place = tmp_path_factory.mktemp("channels")
    for name, mode in (("1", "L"), ("4", "RGBA")):
        (place / name).mkdir()
        for index in range(16):
            image = Image.new(mode, (28, 28))
            colour = 255 if mode == "L" else (255, 10 * index, 0, 255)
            ImageDraw.Draw(image).text((3 + index % 3, 2), str(index % 10), colour, font_size=22)
            image.save(place / name / f"{index:02d}.png")
        arguments = ["--data", str(place / name), "--channels", name, "--run-dir", str(place / f"run{name}")]
        train(RECIPE, [*FLAGS, *arguments])
    return place


@pytest.mark.filterwarnings("ignore:the covariance")
@pytest.mark.parametrize(("channels", "mode"), [(1, "L"), (4, "RGBA")])
def test_a_run_from_its_images_to_its_measurement(channels, mode, place, tmp_path, capsys):
    run, folder = place / f"run{channels}", place / str(channels)
    assert json.loads((run / "settings.json").read_text())["settings"]["channels"] == channels
    assert json.loads((run / "saved_model" / "model_card.json").read_text())["channels"] == channels

    found, reals = read(run / "samples" / "reals.png")
    with Image.open(folder / "00.png") as image:
        expected = np.asarray(image.resize((32, 32), Image.Resampling.LANCZOS))
    cells = reals.reshape(4, 32, 4, 32, -1).swapaxes(1, 2).reshape(16, 32, 32, -1)
    assert found == mode
    assert any((cell == expected.reshape(cell.shape)).all() for cell in cells)

    entry.main(["generate", str(run), "--seeds", "0-7", "--out", str(tmp_path / "out")])
    assert {read(path)[0] for path in (tmp_path / "out").rglob("*.png")} == {mode}

    flags = ["--metrics", "fid,spectrum", "--features", "embedded", "--images", "8"]
    samples = [str(tmp_path / "out" / "images"), "--data", str(folder)]
    entry.main(["evaluate", *samples, *flags, "--out", str(tmp_path / "a.jsonl")])
    entry.main(["evaluate", str(run), *flags, "--out", str(tmp_path / "b.jsonl")])
    (of_folder,), (of_run,) = (results.read(tmp_path / f"{name}.jsonl") for name in "ab")
    for name in ("fid", "spectral_distance_db"):  # of other samples of a generator that has learned nothing yet
        assert of_folder[name] == pytest.approx(of_run[name], rel=0.05)
    entry.main(["report", str(run)])


def test_transparent_images_on_a_colour_are_those_of_pillow(place):
    found = data.load(place / "4", 28, 1, background="#204060").take([5])[0]
    with Image.open(place / "4" / "05.png") as image:
        on_colour = Image.alpha_composite(Image.new("RGBA", image.size, "#204060"), image).convert("RGB")
    np.testing.assert_array_equal(found, np.asarray(on_colour))


# Arguments ({} is the place), and what the line must say.
CASES = [
    ("evaluate {}/run1 --channels 3 --metrics spectrum", "--channels goes with a folder of images"),
    ("evaluate {}/4 --data {}/1 --background white --channels 4 --metrics spectrum", "keep their alpha"),
    (
        "evaluate {}/1 --data {}/4 --metrics spectrum",
        "is transparent in places; lay it on a colour (--background white",
    ),
    ("evaluate {}/1 --data {}/1 --channels 2 --metrics spectrum", "argument --channels: invalid choice: 2"),
    ("evaluate {}/1 --data {}/1 --background nocolour --metrics spectrum", "Received: background=nocolour"),
    ("evaluate {}/run1 --data {}/4 --metrics spectrum --out {}/new.jsonl", "is transparent in places"),
    ("train dcgan_photos --resume {}/run1 --channels 3", "--channels 3 contradicts the run's 1"),
    ("train dcgan_photos --resume {}/run1 --channels 3 --change", "--channels 3 cannot change from the run's 1"),
    ("generate {}/run1 --class 3 --out {}/new", "run1 has no classes. Received: --class 3"),
    ("generate {}/run1 --class cat --out {}/new", "run1 has no classes. Received: --class cat"),
]


@pytest.mark.parametrize(("arguments", "says"), CASES)
def test_what_does_not_fit_is_one_line(arguments, says, place, capsys):
    before = sorted(path for path in place.rglob("*"))
    with pytest.raises(SystemExit) as end:
        entry.main(arguments.replace("{}", str(place)).split())
    assert end.value.code == 2
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert says in line
    assert sorted(path for path in place.rglob("*")) == before


@pytest.mark.filterwarnings("ignore:the images")
def test_a_resumed_run_goes_on_with_a_background(place):
    run = place / "run1"
    train(RECIPE, ["--resume", str(run), "--background", "white", "--change"])
    assert json.loads((run / "settings.json").read_text())["settings"]["background"] == "white"


@pytest.mark.filterwarnings("ignore")
def test_mnist_by_name_is_grey():
    tfds = pytest.importorskip("tensorflow_datasets")
    with tfds.testing.mock_data(num_examples=4):
        grey = data.load("mnist", 32, 1, labels=True, channels=1)
        colours = data.load("mnist", 32, 1)
    assert grey.array.shape == (4, 32, 32, 1)
    assert grey.class_names == [str(digit) for digit in range(10)]
    np.testing.assert_array_equal(grey.array.repeat(3, axis=3), colours.array)
