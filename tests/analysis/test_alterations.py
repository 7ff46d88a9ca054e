import numpy as np
import pytest
from PIL import Image

from tfnss.analysis import halved_and_back, jpeg_compressed


def noise(channels, side=32):
    return np.random.default_rng(0).integers(0, 256, (2, side, side, channels), dtype=np.uint8)


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("alter", [jpeg_compressed, halved_and_back])
def test_one_colour_stays_and_noise_does_not(alter, channels):
    flat = np.full((1, 9, 16, channels), 128, np.uint8)
    flat[..., 3:] = 255  # Pillow multiplies colours by alpha
    np.testing.assert_array_equal(alter(flat), flat)
    images = noise(channels)
    before = images.copy()
    found = alter(images)
    np.testing.assert_array_equal(images, before)
    assert (found.shape, found.dtype) == (images.shape, np.uint8)
    assert (found != images).any()


def test_jpeg_is_that_of_a_file(tmp_path):
    images = noise(3)
    for index, found in enumerate(jpeg_compressed(images, 40)):
        Image.fromarray(images[index]).save(tmp_path / "image.jpg", quality=40)
        with Image.open(tmp_path / "image.jpg") as expected:
            np.testing.assert_array_equal(found, np.asarray(expected))


def test_alpha_stays_and_does_not_colour():
    images = noise(4)
    found = jpeg_compressed(images)
    np.testing.assert_array_equal(found[..., 3], images[..., 3])
    np.testing.assert_array_equal(found[..., :3], jpeg_compressed(np.ascontiguousarray(images[..., :3])))


def test_a_higher_quality_is_nearer():
    images = noise(1)
    low, high = (np.mean((jpeg_compressed(images, quality).astype(float) - images) ** 2) for quality in (20, 90))
    assert high < low / 2


def test_halving_takes_the_high_half_of_the_frequencies_and_leaves_the_low():
    steps = np.arange(64)
    waves = [np.cos(2 * np.pi * cycles * steps / 64) for cycles in (4, 26)]
    images = np.stack([np.broadcast_to(127.5 + 100 * wave, (64, 64)).round()[..., None] for wave in waves]).astype("u1")
    kept = halved_and_back(images)[:, 16:48, 16:48].std(axis=(1, 2)) / images[:, 16:48, 16:48].std(axis=(1, 2))
    assert kept[0, 0] == pytest.approx(1, abs=0.05)
    assert kept[1, 0] < 0.2
