"""Images of lower resolutions."""

import numpy as np
import pytest

from tfnss.data import Images
from tfnss.data.halved import halved


@pytest.mark.parametrize("halvings", [1, 2, 3])
def test_means_are_exact_and_rounded_half_to_even(halvings):
    images = np.random.default_rng(0).integers(0, 256, (5, 16, 8, 3), dtype=np.uint8)
    side = 2**halvings
    found = halved(images, halvings)
    assert found.dtype == np.uint8
    for place in np.ndindex(*found.shape):
        count, row, column, channel = place
        square = images[count, row * side : row * side + side, column * side : column * side + side, channel]
        assert found[place] == round(int(square.sum()) / side**2)  # Python's rounding is half to even


def test_halves_go_to_the_even_number():
    assert halved(np.array([[1, 2], [1, 2]], np.uint8).reshape(1, 2, 2, 1), 1).item() == 2
    assert halved(np.array([[2, 3], [2, 3]], np.uint8).reshape(1, 2, 2, 1), 1).item() == 2


@pytest.mark.parametrize("cache_gb", [8.0, 0.0])
@pytest.mark.parametrize("kind", [np.uint8, np.float32])
def test_images_at_a_lower_resolution(kind, cache_gb):
    """The same images in the same order from any position, mirrored as the large ones are, in batches of another size."""
    array = np.random.default_rng(0).integers(0, 256, (11, 8, 8, 3), dtype=np.uint8)
    array = array if kind == np.uint8 else (array / 127.5 - 1).astype(kind)
    labels = np.arange(11)
    images = Images(array, 4, labels=labels, mirror=True, cache_gb=cache_gb)
    small = images.at(2, 1)
    large, classes = next(iter(images.dataset(12)))
    for start in (0, 2):
        batch, own = next(iter(small.dataset(12 + start)))
        np.testing.assert_array_equal(own, classes[start : start + 2])
        means = large.numpy()[start : start + 2].reshape(2, 4, 2, 4, 2, 3).mean((2, 4))
        np.testing.assert_allclose(batch, means, atol=1 / 127.5 if kind == np.uint8 else 1e-6)
    assert images.batch_size == 4
    np.testing.assert_array_equal(small.take(np.arange(11)), halved(array, 1))


def test_sides_and_counts_that_do_not_fit():
    images = Images(np.zeros((4, 12, 8, 3), np.uint8), 4, name="these")
    with pytest.raises(ValueError, match="these: images of 12x8 cannot be halved 3 times"):
        images.at(4, 3)
    with pytest.raises(ValueError, match="these: 4 images are fewer than one batch of 8"):
        images.at(8, 1)
