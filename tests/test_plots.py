import numpy as np
import pytest
from PIL import Image

from tfnss import plots


def test_grid_places_images_in_rows():
    images = np.arange(5, dtype=np.uint8)[:, None, None, None] * np.ones((1, 2, 3, 1), np.uint8)
    tiled = plots.grid(images)
    assert tiled.shape == (4, 9, 1)
    np.testing.assert_array_equal(tiled[::2, ::3, 0], [[0, 1, 2], [3, 4, 0]])
    assert plots.grid(images, columns=5).shape == (2, 15, 1)


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_captions_stand_under_the_images(channels):
    images = np.random.default_rng(0).integers(0, 256, (3, 16, 40, channels), dtype=np.uint8)
    names = ["cat", "", "a name that is far too long"]
    cells = plots.grid(images, 3, names).reshape(16 + plots.CAPTION_HEIGHT, 3, 40, channels).swapaxes(0, 1)
    np.testing.assert_array_equal(cells[:, :16], images)
    strips = cells[:, 16:, :, :3]
    assert [strip.max() > 200 for strip in strips] == [True, False, True]
    assert not strips[1].any()
    if channels == 4:
        assert (cells[:, 16:, :, 3] == 255).all()
    alone = plots.grid(images[:1], 1, ["cat"])[16:]  # the same words look the same, others do not
    np.testing.assert_array_equal(alone, cells[0, 16:])
    assert (strips[0] != strips[2]).any()


@pytest.mark.parametrize(("channels", "mode"), [(1, "L"), (3, "RGB"), (4, "RGBA")])
def test_png_round_trip(tmp_path, channels, mode):
    image = np.random.default_rng(0).integers(0, 256, (4, 5, channels), dtype=np.uint8)
    plots.save_png(image, tmp_path / "a.png")
    with Image.open(tmp_path / "a.png") as read:
        assert read.mode == mode
        np.testing.assert_array_equal(np.asarray(read).reshape(image.shape), image)


@pytest.mark.parametrize("extra", [{}, {"time": 3.0}, {"time": 3.0, "fid": 5.0}])
def test_curves(tmp_path, extra):
    predictions = [f"{kind}_prediction_p{p}" for kind in ("real", "fake") for p in (5, 25, 50, 75, 95)]
    rows = [{name: float(k) / 4 for name in ("kimg", "d_loss", "g_loss", *predictions)} for k in range(4)]
    rows[1] |= extra  # a column may start late
    plots.save_curves(rows, tmp_path / "curves.png")
    with Image.open(tmp_path / "curves.png") as image:
        assert image.width == pytest.approx(4.5 * 120 * (2 + len(extra)), abs=2)
        assert np.asarray(image).std() > 0


def test_variances_and_spectra(tmp_path):
    plots.save_variances([0, 1, 2], {"data": {"a": np.ones(3), "b": np.arange(3)}}, tmp_path / "variance.png")
    spectrum = np.random.default_rng(0).uniform(0, 1, (8, 8))
    profile = np.arange(1, 6) / 8, np.arange(5.0)
    plots.save_spectra(spectrum, spectrum / 2, 0 * spectrum, {"reals": profile}, tmp_path / "spectra.png")
    for name in ("variance.png", "spectra.png"):
        with Image.open(tmp_path / name) as image:
            assert np.asarray(image).std() > 0


def pixels_of(path):
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))


def test_lines_and_levels(tmp_path):
    curves = {"a": ([1, 2, 4], [0.0, 1.0, 0.5]), "b": ([1, 3], [1.0, 0.0])}
    plots.save_lines(curves, "x", "y", tmp_path / "curves.png")
    plots.save_lines(curves, "x", "y", tmp_path / "levels.png", {"c": 0.25, "d": 0.75})
    one, two = (pixels_of(tmp_path / f"{name}.png") for name in ("curves", "levels"))
    assert one.shape == two.shape
    colours = [(one == colour).all(axis=-1).sum() for colour in ((31, 119, 180), (255, 127, 14))]
    assert min(colours) > 100
    dashed = [((picture[:, 100:400] < 60).all(axis=-1).sum(axis=1) > 60).sum() for picture in (one, two)]
    assert dashed[1] >= dashed[0] + 2  # rows of pixels


@pytest.mark.parametrize("channels", [1, 3])
def test_rows_of_images_in_order(tmp_path, channels):
    shades = {"dark": 30, "light": 200, "short": 120}
    rows = {name: np.full((2, 8, 8, channels), shade, np.uint8) for name, shade in shades.items()}
    rows["short"] = rows["short"][:1]
    plots.save_rows(rows, tmp_path / "rows.png")
    pixels = pixels_of(tmp_path / "rows.png")
    counts = [(pixels == shade).all(axis=-1).sum(axis=1) for shade in shades.values()]
    tops = [int(np.argmax(count)) for count in counts]
    assert tops == sorted(tops)
    widths = [count.max() for count in counts]
    assert widths[0] == widths[1] == pytest.approx(2 * widths[2], abs=3)
    assert widths[0] > 100


def test_bars_areas_maps_and_panels(tmp_path):
    """Parts lie above each other, in one colour each, whichever bars have them."""
    bars = {
        "RGB layers": {"a": {"4²": 0.25, "8²": 0.75}},
        "octaves": {"a": {"8²": 0.5}, "reals": {"4²": 0.5, "8²": 0.5}},
    }
    plots.save_shares(bars, "share", tmp_path / "bars.svg")
    text = (tmp_path / "bars.svg").read_text()
    assert all(f"<!-- {word} -->" in text for word in ("RGB layers", "octaves", "reals", "4²", "8²", "share"))
    plots.save_shares_over_time([1.0, 2.0], {"4²": [0.25, 0.5], "8²": [0.75, 0.5]}, "shares", tmp_path / "areas.png")
    maps = {"first": np.eye(8), "second": np.zeros((8, 8))}
    plots.save_maps(maps, {"first": ([0.1, 0.2], [1.0, 2.0])}, "differences", tmp_path / "maps.png")
    plots.save_maps({"flat": np.zeros((8, 8))}, {"flat": ([0.1], [0.0])}, "differences", tmp_path / "flat.png")
    plots.save_images_and_spectra({"row": [np.eye(8), np.eye(4)]}, ["whole", "half"], tmp_path / "spectra.png")
    plots.save_panels({"a": ({"x 2": ([1, 2], [3.0, 4.0])}, {"level": 1.0})}, "x", "y", tmp_path / "panels.png")
    for name in ("areas", "maps", "flat", "spectra", "panels"):
        with Image.open(tmp_path / f"{name}.png") as picture:
            assert np.asarray(picture.convert("L")).std() > 0
