import numpy as np
import pytest

from tests.layers.derivatives import check_second_derivatives
from tests.layers.test_resample import downsampled, evaluate, filtered, padded, random_images, upsampled, zeros_between
from tfnss.layers.resampled_convolution import resampled_conv2d


def correlated(images, kernel):
    """A VALID convolution as networks have it, by definition."""
    size = kernel.shape[0]
    height, width = images.shape[1] - size + 1, images.shape[2] - size + 1
    return sum(images[:, i : i + height, j : j + width] @ kernel[i, j] for i in range(size) for j in range(size))


def resampled(images, kernel, resample):
    """Zero insertion, padding, filter and stride, one after the other."""
    taps, half = (1, 3, 3, 1), (kernel.shape[0] - 1) // 2
    if resample is None:
        return correlated(padded(images, (half, half), (half, half)), kernel)
    if kernel.shape[0] == 1:
        if resample == "up":
            return upsampled(correlated(images, kernel), taps)
        return correlated(downsampled(images, taps), kernel)
    if resample == "up":
        enlarged = correlated(padded(zeros_between(images), (2, 1), (2, 1)), kernel)
        return filtered(padded(enlarged, (1, 1), (1, 1)), taps, gain=4)
    return correlated(filtered(padded(images, (2, 2), (2, 2)), taps), kernel)[:, ::2, ::2]


@pytest.mark.parametrize("resample", [None, "up", "down"])
@pytest.mark.parametrize("size", [1, 3])
def test_convolutions_equal_the_definition(resample, size):
    images, kernel = random_images(2, 6, 8, 3), random_images(size, size, 3, 4)
    found = evaluate(lambda x, w: resampled_conv2d(x, w, resample), images, kernel)
    np.testing.assert_allclose(found, resampled(images, kernel, resample), atol=1e-4)


@pytest.mark.parametrize("resample", ["up", "down"])
def test_second_derivatives_of_convolutions(resample):
    images, kernel = random_images(1, 4, 6, 2), random_images(3, 3, 2, 2)
    check_second_derivatives(lambda x, w: resampled_conv2d(x, w, resample), images, kernel)


def test_rejects_bad_arguments():
    images = random_images(1, 4, 4, 1)
    with pytest.raises(ValueError, match="resample"):
        resampled_conv2d(images, np.ones((3, 3, 1, 1)), "sideways")
    with pytest.raises(ValueError, match="kernel_size"):
        resampled_conv2d(images, np.ones((5, 5, 1, 1)), "up")
    with pytest.raises(ValueError, match="taps"):
        resampled_conv2d(images, np.ones((3, 3, 1, 1)), "up", (1, 2, 1))


def doubled(images):
    """Nearest neighbours."""
    return images.repeat(2, 1).repeat(2, 2)


def four_windows(kernel):
    """The 4x4 kernel of StyleGAN's fused resampling: the sum of a 3x3 one at the four places within."""
    wide = np.zeros((4, 4, *kernel.shape[2:]))
    for y in (0, 1):
        for x in (0, 1):
            wide[y : y + 3, x : x + 3] += kernel
    return wide


def placed(images, kernel):
    """A transposed convolution of stride 2: each pixel places the kernel; of the result, the middle as SAME has it."""
    n, height, width, _ = images.shape
    enlarged = np.zeros((n, 2 * height + 2, 2 * width + 2, kernel.shape[3]))
    for y in range(height):
        for x in range(width):
            for i in range(4):
                for j in range(4):
                    enlarged[:, 2 * y + i, 2 * x + j] += images[:, y, x] @ kernel[i, j]
    return enlarged[:, 1:-1, 1:-1]


def test_box_taps_double_pixels_before_the_convolution():
    """StyleGAN's two forms: its fused one applies the kernel rotated by 180 degrees."""
    images, kernel = random_images(2, 4, 6, 3), random_images(3, 3, 3, 4)
    found = evaluate(lambda x, w: resampled_conv2d(x, w, "up", (1, 1)), images, kernel)
    np.testing.assert_allclose(found, correlated(padded(doubled(images), (1, 1), (1, 1)), kernel), atol=1e-4)
    np.testing.assert_allclose(found, placed(images, four_windows(kernel[::-1, ::-1])), atol=1e-4)


def test_box_taps_average_after_the_convolution():
    """StyleGAN's two forms: here they are the same."""
    images, kernel = random_images(2, 4, 6, 3), random_images(3, 3, 3, 4)
    found = evaluate(lambda x, w: resampled_conv2d(x, w, "down", (1, 1)), images, kernel)
    whole = correlated(padded(images, (1, 1), (1, 1)), kernel)
    np.testing.assert_allclose(found, whole.reshape(2, 2, 2, 3, 2, 4).mean((2, 4)), atol=1e-4)
    fused = correlated(padded(images, (1, 1), (1, 1)), four_windows(kernel) / 4)[:, ::2, ::2]
    np.testing.assert_allclose(found, fused, atol=1e-4)


@pytest.mark.parametrize("resample", ["up", "down"])
def test_second_derivatives_with_box_taps(resample):
    images, kernel = random_images(1, 4, 6, 2), random_images(3, 3, 2, 2)
    check_second_derivatives(lambda x, w: resampled_conv2d(x, w, resample, (1, 1)), images, kernel)
