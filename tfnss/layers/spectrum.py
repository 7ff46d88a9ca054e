"""Power spectra of images and their azimuthal average."""

import functools
from typing import Any

import numpy as np
from keras import ops

_LUMA = (0.2989, 0.5870, 0.1140)


def grey(images: Any) -> Any:
    """Float32 `[batch, height, width]`: the luma of RGB images, or the one channel there is."""
    images = ops.cast(images, "float32")
    if images.shape[-1] == 1:
        return ops.squeeze(images, -1)
    return ops.sum(images * ops.convert_to_tensor(_LUMA, "float32"), axis=-1)


def power_spectrum(images: Any) -> Any:
    """Power of each frequency of the grey images, zero frequency first.

    Args:
        images: `[batch, height, width, 1 or 3]`.

    Returns:
        float32 `[batch, height, width]`: |F|² / (height * width)², so that the sum is the mean square of the pixels.
    """
    images = grey(images)
    pixels = images.shape[1] * images.shape[2]
    real, imaginary = ops.fft2((images, ops.zeros_like(images)))
    return (ops.square(real) + ops.square(imaginary)) / pixels**2


def azimuthal_average(spectra: Any) -> Any:
    """Mean over the frequencies of each radius.

    Radius r holds the frequencies from r to r + 1 cycles per image side (the shorter one); from half of the side on, only
    the spectrum's corners are left.

    Args:
        spectra: `[batch, height, width]`, zero frequency first.

    Returns:
        `[batch, radii]`.
    """
    height, width = spectra.shape[1:]
    weights = ops.convert_to_tensor(_averaging_matrix(height, width))
    return ops.matmul(ops.reshape(spectra, (-1, height * width)), weights)


@functools.lru_cache(maxsize=8)
def _averaging_matrix(height: int, width: int) -> np.ndarray:
    """float32 `[height * width, radii]`."""
    side = min(height, width)
    rows, columns = (np.fft.fftfreq(n, 1 / n) * (side / n) for n in (height, width))
    radii = np.floor(np.hypot(rows[:, None], columns)).astype(int).reshape(-1)
    members = radii[:, None] == np.arange(radii.max() + 1)
    return (members / members.sum(axis=0)).astype(np.float32)
