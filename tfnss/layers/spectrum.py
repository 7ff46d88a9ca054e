"""Spectra of images: their power, its azimuthal average, and the spectral vector that SSD-GAN classifies."""

import functools
from typing import Any

import numpy as np
from keras import ops

from tfnss.colours import rgb

_LUMA = (0.2989, 0.5870, 0.1140)
_MIN_SIDE = 8
_FLAT = 1e-3  # the span of a log spectrum that is rounding alone


def grey(images: Any) -> Any:
    """Float32 `[batch, height, width]`: the luma of RGB images, of RGBA ones on white, or the one channel there is."""
    images = ops.cast(images, "float32")
    if images.shape[-1] == 1:
        return ops.squeeze(images, -1)
    return ops.sum(rgb(images) * ops.convert_to_tensor(_LUMA, "float32"), axis=-1)


def power_spectrum(images: Any) -> Any:
    """Power of each frequency of the grey images, zero frequency first.

    Args:
        images: `[batch, height, width, 1, 3 or 4]`.

    Returns:
        float32 `[batch, height, width]`: |F|² / (height * width)², so that the sum is the mean square of the pixels.
    """
    real, imaginary = _transform(grey(images))
    pixels = real.shape[1] * real.shape[2]
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
    rings = radii(*spectra.shape[1:]).reshape(-1)
    counts = np.bincount(rings)
    pixels = ops.transpose(ops.reshape(spectra, (-1, len(rings))))  # segments are taken along the first axis
    sums = ops.segment_sum(pixels, ops.convert_to_tensor(rings), num_segments=len(counts))
    return ops.transpose(sums / ops.convert_to_tensor(counts[:, None], sums.dtype))


def azimuthal_spectrum(images: Any) -> Any:
    """The spectral vector phi(x) of SSD-GAN: the shape of the logarithmic spectrum over the radii.

    The logarithm of the amplitude |F| of the grey image is averaged over each radius (see `azimuthal_average`), and scaled
    per image to [0, 1]. Radius 0, the mean, and the two largest, of a few frequencies each, are left out. Logarithm, scaling
    and omissions are the official code's: equation 4 shows the plain mean of |F|. Differentiable. A flat spectrum, which
    the code would divide by 0, gives zeros without a gradient.

    Args:
        images: `[batch, height, width, 1, 3 or 4]` with static height and width of at least 8, square or not.

    Returns:
        float32 `[batch, spectrum_length(height, width)]`.

    Raises:
        ValueError: For smaller images, or such of unknown size.

    Reference: Chen et al. 2021, SSD-GAN: Measuring the Realness in the Spatial and Spectral Domains, equations 2 to 4.
    """
    length = spectrum_length(*images.shape[1:3])
    images = grey(images)
    images = images - ops.mean(images, axis=(1, 2), keepdims=True)  # left out below, and its rounding with it
    real, imaginary = (part + 1e-8 for part in _transform(images))
    amplitudes = ops.sqrt(ops.square(real) + ops.square(imaginary) + 1e-10) + 1e-10
    profiles = azimuthal_average(ops.log(amplitudes))[:, 1 : length + 1]
    low = ops.min(profiles, axis=1, keepdims=True)
    span = ops.max(profiles, axis=1, keepdims=True) - low
    return ops.where(span > _FLAT, (profiles - low) / (span + 1e-8), 0.0)


def spectrum_length(height: int | None, width: int | None) -> int:
    """Number of radii that `azimuthal_spectrum` gives; floor(side / sqrt(2)) - 2 for square images of an even side.

    Raises:
        ValueError: For unknown sizes, or a side of less than 8 pixels.
    """
    if height is None or width is None or min(height, width) < _MIN_SIDE:
        raise ValueError(
            f"spectra need images with static sides of at least {_MIN_SIDE} pixels. "
            f"Received: height={height}, width={width}"
        )
    return int(radii(height, width).max()) - 2


@functools.lru_cache(maxsize=8)
def radii(height: int, width: int) -> np.ndarray:
    """int32 `[height, width]`: the radius of each frequency in whole cycles per shorter side, zero frequency first."""
    rows, columns = (np.minimum(np.arange(n), n - np.arange(n)) for n in (height, width))
    squares = ((rows[:, None] * width) ** 2 + (columns * height) ** 2) // max(height, width) ** 2
    return np.sqrt(squares).astype(np.int32)


def _transform(images: Any) -> tuple[Any, Any]:
    """Real and imaginary part of the discrete Fourier transform of grey images, `[batch, height, width]` each."""
    return ops.fft2((images, ops.zeros_like(images)))
