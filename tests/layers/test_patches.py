import numpy as np
import pytest

from tests.layers.derivatives import check_second_derivatives, once_on_torch
from tests.layers.test_convolution import dense
from tests.layers.test_resample import evaluate, random_images
from tfnss.layers.patches import patches_conv2d, patches_conv2d_transpose


@pytest.mark.parametrize("taps", [1, 2, 3])
def test_equals_the_definition(taps):
    images, kernel = random_images(2, 6, 7, 2), random_images(taps, taps, 2, 3)
    expected = dense(images, kernel)
    np.testing.assert_allclose(evaluate(patches_conv2d, images, kernel), expected, atol=1e-4)
    upstream = random_images(*expected.shape)
    back = evaluate(patches_conv2d_transpose, upstream, kernel)
    assert back.shape == images.shape
    np.testing.assert_allclose(np.sum(back * images), np.sum(upstream * expected), rtol=1e-4)


@pytest.mark.parametrize("function", [patches_conv2d, patches_conv2d_transpose])
@once_on_torch
def test_second_derivatives(function):
    check_second_derivatives(function, random_images(1, 3, 3, 2), random_images(2, 2, 2, 2))
