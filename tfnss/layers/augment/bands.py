"""Gains of four frequency bands, an octave each (StyleGAN2-ADA, appendix B)."""

import functools
from typing import Any

import numpy as np
from keras import ops

from tfnss.layers.augment import separable
from tfnss.layers.augment.parameters import BANDS

# Low-pass filter of the wavelet sym2 (Daubechies' with two vanishing moments).
_SYM2 = np.array([-0.12940952255092145, 0.22414386804185735, 0.836516303737469, 0.48296291314469025])
# Share of the bands, lowest first, in the power of natural images (spectrum 1 / f).
_POWER = (np.array([10, 1, 1, 1]) / 13).astype("float32")


def gains(factors: Any) -> Any:
    """Gains [batch, 4] from factors [batch, 4], each of which keeps the expected power of an image by itself."""
    return factors / ops.prod(ops.sqrt(1 + ops.multiply(_POWER, factors**2 - 1)), axis=1, keepdims=True)


def amplify(images: Any, band_gains: Any) -> Any:
    """Images [batch, height, width, channels] with the gains [batch, 4] of their bands, along both axes.

    Images are continued by reflection, as often as it takes.
    """
    height, width = images.shape[1:3]
    return separable.apply(images, _combined(band_gains, height), _combined(band_gains, width))


def _combined(band_gains: Any, size: int) -> Any:
    """The matrices [batch, size, size] of the images' filters."""
    matrices = ops.matmul(band_gains, np.reshape(_band_matrices(size), (BANDS, -1)))
    return ops.reshape(matrices, (-1, size, size))


@functools.cache
def _band_matrices(size: int) -> np.ndarray:
    """The correlation with each band's filter along an axis of reflected pixels [4, size, size]."""
    bank = filter_bank()
    matrices = np.zeros((BANDS, size, size))
    pixels = np.arange(size)
    for band, tap in np.ndindex(*bank.shape):
        reflected = separable.reflect(pixels + tap - bank.shape[1] // 2, size)
        matrices[band, pixels, reflected] += bank[band, tap]  # no pixel twice: each row has one
    return matrices.astype("float32")


@functools.cache
def filter_bank() -> np.ndarray:
    """The bands' filters [4, 43], lowest band first. They are symmetric and add up to an impulse."""
    low = np.convolve(_SYM2, _SYM2[::-1]) / 2
    mirrored = _SYM2 * (-1) ** np.arange(len(_SYM2))
    high = np.convolve(mirrored, mirrored[::-1]) / 2
    bank = np.eye(BANDS, 1)
    for band in range(1, BANDS):
        spread = np.zeros((BANDS, 2 * bank.shape[1] - 1))
        spread[:, ::2] = bank
        bank = np.stack([np.convolve(row, low) for row in spread])
        margin = (bank.shape[1] - len(high)) // 2
        bank[band, margin : margin + len(high)] += high
    return bank
