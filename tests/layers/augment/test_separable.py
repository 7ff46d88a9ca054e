import numpy as np
import pytest
from keras import ops

from tests.layers.augment.given import random_images
from tfnss.layers.augment import separable


@pytest.mark.parametrize("each", [False, True])
def test_maps_rows_and_columns(each):
    """One map for all images, or one for each."""
    images = random_images(2, 5, 4, 3)
    rows, columns = random_images(2, 6, 5), random_images(2, 3, 4)
    if not each:
        rows, columns = rows[0], columns[0]
    expected = np.einsum("nih,njw,nhwc->nijc" if each else "ih,jw,nhwc->nijc", rows, columns, images)
    found = separable.apply(*map(ops.convert_to_tensor, (images, rows, columns)))
    np.testing.assert_allclose(ops.convert_to_numpy(found), expected, atol=1e-5)


@pytest.mark.parametrize("size", [2, 5, 6])
def test_reflection_is_about_the_outermost_pixels(size):
    expected = np.pad(np.arange(size), 17, mode="reflect")
    np.testing.assert_array_equal(separable.reflect(np.arange(-17, size + 17), size), expected)
