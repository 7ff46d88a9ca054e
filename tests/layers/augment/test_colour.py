import math

import numpy as np
import pytest
from keras import ops

from tests.layers.augment.given import given, random_images, tensors
from tfnss.layers.augment import colour


@pytest.mark.parametrize("channels", [1, 3])
def test_colours(channels):
    """Each operation by itself: on greys hue and saturation do nothing, a luma flip negates."""
    images = random_images(1, 4, 4, channels)

    def recoloured(**values):
        matrix = colour.matrix(tensors(given(1, **values)))
        return ops.convert_to_numpy(colour.recolour(ops.convert_to_tensor(images), matrix))

    luma = images.mean(axis=3, keepdims=True)
    np.testing.assert_array_equal(recoloured(), images)
    np.testing.assert_allclose(recoloured(brightness=0.3), images + 0.3, atol=1e-6)
    np.testing.assert_allclose(recoloured(contrast=2), 2 * images, atol=1e-6)
    np.testing.assert_allclose(recoloured(luma_flip=1), images - 2 * luma, atol=1e-6)
    np.testing.assert_allclose(recoloured(saturation=3), luma + 3 * (images - luma), atol=1e-6)
    np.testing.assert_allclose(recoloured(hue=2 * math.pi / 3), np.roll(images, 1, axis=3), atol=1e-6)


def test_alpha_stays():
    images = random_images(3, 4, 4, 4)
    matrix = colour.matrix(tensors(given(3, brightness=0.3, contrast=2, luma_flip=1, hue=1, saturation=3)))
    whole, colours = (
        ops.convert_to_numpy(colour.recolour(ops.convert_to_tensor(x), matrix)) for x in (images, images[..., :3])
    )
    np.testing.assert_array_equal(whole[..., 3], images[..., 3])
    np.testing.assert_array_equal(whole[..., :3], colours)


def test_hue_and_saturation_do_nothing_to_grey():
    """ADA's authors leave them out for one channel."""
    images = random_images(2, 4, 4, 1)
    matrices = [
        colour.matrix(tensors(given(2, brightness=0.2, luma_flip=1, **x))) for x in ({}, {"hue": 2, "saturation": 5})
    ]
    plain, coloured = (ops.convert_to_numpy(colour.recolour(ops.convert_to_tensor(images), m)) for m in matrices)
    np.testing.assert_allclose(coloured, plain, atol=1e-6)
