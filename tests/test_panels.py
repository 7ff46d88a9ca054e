import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from PIL import Image

from tfnss import panels


@pytest.fixture
def axes():
    return Figure().subplots()


def images(count, height, width, channels, value):
    return np.full((count, height, width, channels), value, np.uint8)


def test_rows_of_images_of_every_kind(tmp_path):
    """Images keep their colours, and what is left over of a row is white."""
    rows = {
        "three": np.concatenate([images(2, 8, 8, 3, 0), images(1, 8, 8, 3, 128)]),
        "grey": images(1, 16, 16, 1, 0),
        "transparent": images(2, 8, 16, 4, 255),
    }
    panels.save_composed({"a": panels.lines({"x": ([0, 1], [1, 2])}, "a", "b")}, rows, tmp_path / "a.png", columns=2)
    with Image.open(tmp_path / "a.png") as picture:
        colours = picture.convert("RGB").getcolors(10**6)
    counts = {colour: count for count, colour in colours}
    assert counts[128, 128, 128] > 1000
    assert counts[0, 0, 0] > 2 * counts[128, 128, 128]


def test_tiles_have_white_between_them():
    found = panels._tiled(images(3, 8, 8, 1, 0), 2)
    assert found.shape == (18, 18, 1)
    expected = np.full((18, 18), 255)
    for y, x in ((0, 0), (0, 9), (9, 0)):
        expected[y : y + 8, x : x + 8] = 0
    np.testing.assert_array_equal(found[..., 0], expected)


@pytest.mark.parametrize("suffix", [".png", ".svg", ".pdf"])
def test_panels_alone(suffix, tmp_path):
    panels.save_composed({"": panels.bands({"x": (np.ones(3), np.zeros(3))}, "a", "b")}, {}, tmp_path / f"a{suffix}")
    assert (tmp_path / f"a{suffix}").stat().st_size > 1000


def test_bands(axes):
    mean, std = np.array([1.0, 0.1, 0.0]), np.array([0.0, 0.2, 0.0])
    panels.bands({"x": (mean, std)}, "a", "b")(axes)
    np.testing.assert_array_equal(axes.lines[0].get_data(), [[1, 2, 3], [1, 0.1, np.nan]])
    assert axes.get_yscale() == "log"
    heights = np.concatenate([path.vertices[:, 1] for path in axes.collections[0].get_paths()])
    assert heights.min() == pytest.approx(0.01)  # below the mean less the deviation, which has no logarithm
    assert heights.max() == pytest.approx(1)


def test_histograms(axes):
    """On one axis; what lies beyond it counts in the last bar."""
    values = {"a": np.array([0.1, 0.1, 0.9]), "b": np.array([0.5, 1.0, 1000.0])}
    panels.histograms(values, "x", bins=2, percentile=50, marks={"a": (0.2,)})(axes)
    heights = [[bar.get_height() for bar in bars] for bars in axes.containers]
    assert heights == [[2, 1], [0, 3]]
    assert axes.lines[0].get_xdata()[0] == 0.2


def test_lines(axes):
    panels.lines({"x": (["8", "16"], [1, 2])}, "a", "b", {"level": 1.5}, logarithmic=True)(axes)
    assert [line.get_label() for line in axes.lines] == ["x", "level"]
    assert axes.get_yscale() == "log"


def test_bands_of_nothing(axes):
    panels.bands({"x": (np.zeros(3), np.zeros(3))}, "a", "b")(axes)
    assert np.isnan(axes.lines[0].get_ydata()).all()
    assert axes.get_yscale() == "linear"


def looks(axes):
    return [(to_hex(line.get_color()), line.get_linestyle()) for line in axes.lines]


def test_a_colour_for_each_model_and_a_line_for_each_kind():
    first, second = to_hex("C0"), to_hex("C1")
    curves = {f"{model}, {kind}": ([0, 1], [0.0, 1.0]) for model in ("a", "b") for kind in ("on", "off")}
    panels.lines(curves, "x", "y")(axes := Figure().subplots())
    assert looks(axes) == [(first, "-"), (first, "--"), (second, "-"), (second, "--")]
    panels.lines({"a": ([0], [1]), "b": ([0], [1])}, "x", "y")(axes := Figure().subplots())
    assert looks(axes) == [(first, "-"), (second, "-")]
