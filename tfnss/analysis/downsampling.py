"""What high frequencies leave of themselves in smaller images (SSD-GAN, figure 3)."""

from collections.abc import Callable

import numpy as np
import scipy.ndimage

_SHARPENING = np.array([[0, -1, 0], [-1, 5, -1], [0, -1, 0]], float)

Downsampling = Callable[[np.ndarray], np.ndarray]


def sharpened(image: np.ndarray) -> np.ndarray:
    """A grey image `[height, width]` less its Laplacian, by the usual kernel of 3x3: 5, and -1 beside it."""
    return scipy.ndimage.convolve(np.asarray(image, float), _SHARPENING, mode="reflect")


def boosted(image: np.ndarray, factor: float = 4.0) -> np.ndarray:
    """A grey image `[height, width]` with the amplitudes of all frequencies from half of Nyquist's on multiplied.

    Those are the ones that an image of half the size has no room for.
    """
    return _filtered(image, lambda radii: np.where(radii >= 0.25, factor, 1.0))


def pooled(image: np.ndarray) -> np.ndarray:
    """A grey image `[height, width]` of even sides at half the size: averages of 2x2 pixels."""
    height, width = image.shape
    if height % 2 or width % 2:
        raise ValueError(f"an image of even sides is needed. Received: {height}x{width}")
    return np.asarray(image, float).reshape(height // 2, 2, width // 2, 2).mean(axis=(1, 3))


def blurred_and_pooled(image: np.ndarray, stddev: float = 1.0) -> np.ndarray:
    """The same after a Gaussian filter of this standard deviation in pixels."""
    return pooled(scipy.ndimage.gaussian_filter(np.asarray(image, float), stddev, mode="reflect"))


def relative_difference(image: np.ndarray, other: np.ndarray) -> float:
    """Root mean square of the difference of two images, over the second one's standard deviation."""
    return float(np.sqrt(np.mean((image - other) ** 2)) / _deviation(other))


def aliased_share(image: np.ndarray, downsample: Downsampling = pooled) -> float:
    """What of a smaller image stems from frequencies that it has no room for.

    It is the root mean square of the difference that these frequencies make to the smaller image, over its standard
    deviation; 0 for an image without frequencies from half of Nyquist's on.
    """
    small = downsample(image)
    return relative_difference(downsample(_filtered(image, lambda radii: (radii < 0.25).astype(float))), small)


def _filtered(image: np.ndarray, gain: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    rows, columns = (np.fft.fftfreq(side) for side in image.shape)
    return np.fft.ifft2(np.fft.fft2(image) * gain(np.hypot(rows[:, None], columns))).real


def _deviation(image: np.ndarray) -> float:
    deviation = float(np.std(image))
    if not deviation > 0:
        raise ValueError("the image is all of one colour, so that nothing can be compared with its contrast")
    return deviation
