"""Average spectra of sets of images (SSD-GAN, figure 6)."""

import functools
import itertools
from collections.abc import Iterable
from typing import Any

import numpy as np

from tfnss.layers.spectrum import grey, radii
from tfnss.uint8 import as_uint8, from_uint8

_KAISER = 8.0


def mean_amplitudes(batches: Iterable[np.ndarray], window: bool = False) -> np.ndarray:
    """The average of the amplitudes |F| of each frequency over images.

    Args:
        batches: Images `[batch, height, width, 1, 3 or 4]`, uint8 or floats in [-1, 1], which are rounded to 8 bits; all of
            one size. Grey values are transformed.
        window: Whether images, less their means, are faded out towards their borders by a Kaiser window (beta 8, of unit
            energy): without it the jump from one border to the opposite one shows as a cross in all spectra.

    Returns:
        float64 `[height, width]`, zero frequency in the centre. The transform is unitary, so that white noise of standard
        deviation s has sqrt(pi) / 2 * s everywhere, but at the few frequencies that are real.

    Raises:
        ValueError: For no images, images that differ in size, or other numbers.
    """
    total: Any = 0.0
    count = 0
    images = itertools.chain.from_iterable(as_uint8(batch, "images") for batch in batches)
    for image in images:  # one at a time: the transforms of a batch are large
        values = np.asarray(grey(from_uint8(image[np.newaxis])), np.float64)[0]
        if count and total.shape != values.shape:
            raise ValueError(f"images differ in size: {values.shape} after {total.shape}; bring them to one size")
        if window:
            values = (values - values.mean()) * _window(*values.shape)
        total = total + np.abs(np.fft.fft2(values, norm="ortho"))
        count += 1
    if not count:
        raise ValueError("there are no images whose spectra could be averaged")
    return np.fft.fftshift(total / count)


@functools.lru_cache(maxsize=1)
def _window(height: int, width: int) -> np.ndarray:
    window = np.outer(np.kaiser(height, _KAISER), np.kaiser(width, _KAISER))
    return window / np.sqrt(np.mean(window**2))


def azimuthal_mean(amplitudes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Frequencies in cycles per pixel, and the mean of what is given at each: `[radii]` each, without the zero frequency.

    Args:
        amplitudes: `[height, width]`, zero frequency in the centre.
    """
    rings = radii(*amplitudes.shape).reshape(-1)
    values = np.bincount(rings, np.fft.ifftshift(amplitudes).reshape(-1)) / np.bincount(rings)
    return np.arange(1, len(values)) / min(amplitudes.shape), values[1:]
