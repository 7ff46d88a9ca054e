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


@pytest.mark.parametrize(("channels", "mode"), [(1, "L"), (3, "RGB")])
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
    plots.save_variances([0, 1, 2], {"a": np.ones(3), "b": np.arange(3)}, tmp_path / "variance.png")
    spectrum = np.random.default_rng(0).uniform(0, 1, (8, 8))
    profile = np.arange(1, 6) / 8, np.arange(5.0)
    plots.save_spectra(spectrum, spectrum / 2, 0 * spectrum, {"reals": profile}, tmp_path / "spectra.png")
    for name in ("variance.png", "spectra.png"):
        with Image.open(tmp_path / name) as image:
            assert np.asarray(image).std() > 0
