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


@pytest.mark.parametrize("time", [{}, {"time": 3.0}])
def test_curves(tmp_path, time):
    names = ("kimg", "d_loss", "g_loss", "real_prediction", "fake_prediction")
    rows = [{name: float(k) / 4 for name in names} | time for k in range(4)]
    plots.save_curves(rows, tmp_path / "curves.png")
    with Image.open(tmp_path / "curves.png") as image:
        assert image.width > image.height * 2
        assert np.asarray(image).std() > 0
