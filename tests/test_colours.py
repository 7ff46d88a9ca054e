import numpy as np
import pytest
from keras import ops
from PIL import Image

from tfnss.colours import rgb


def given(channels, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (2, 5, 7, channels), dtype=np.uint8)


def test_transparent_images_are_laid_on_white_as_pillow_does():
    images = given(4)
    found = ops.convert_to_numpy(rgb(images.astype("float32"), 0.0, 255.0))
    for image, result in zip(images, found, strict=True):
        white = Image.new("RGBA", (7, 5), "white")
        expected = np.asarray(Image.alpha_composite(white, Image.fromarray(image)).convert("RGB"))
        assert np.abs(result - expected).max() <= 1


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_both_ranges_are_one_picture(channels):
    images = given(channels).astype("float32")
    bytes_, signed = (ops.convert_to_numpy(x) for x in (rgb(images, 0.0, 255.0), rgb(images / 127.5 - 1)))
    assert bytes_.shape == (2, 5, 7, 3)
    np.testing.assert_allclose(signed, bytes_ / 127.5 - 1, atol=1e-5)
    if channels != 4:
        np.testing.assert_array_equal(bytes_, np.broadcast_to(images, bytes_.shape))
