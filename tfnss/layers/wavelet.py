"""The orthonormal Haar wavelet transform: images at half the size that lose nothing."""

from typing import Any

import keras
from keras import ops


def haar2d(images: Any) -> Any:
    """One level of the two-dimensional Haar transform; it keeps the sum of squares.

    With the pixels a (above left), b (below left), c (above right), d (below right) of each 2x2 square, the bands are

        LL = (a + b + c + d) / 2,    HL = (-a - b + c + d) / 2,    LH = (-a + b - c + d) / 2,    HH = (a - b - c + d) / 2.

    Args:
        images: Floats `[batch, height, width, channels]` with static, even height and width.

    Returns:
        `[batch, height / 2, width / 2, 4 channels]`: all channels of LL, then of HL, LH and HH.

    Raises:
        ValueError: For images of another rank, or of odd or unknown height or width.

    Reference: Liu et al. 2018, Multi-level Wavelet-CNN for Image Restoration; in discriminators: Chen et al. 2021, SSD-GAN.
    """
    _check_even(images.shape)
    low, high = _sum_and_difference(images, axis=1)
    bands = [*_sum_and_difference(low, axis=2), *_sum_and_difference(high, axis=2)]
    return ops.concatenate(bands, axis=-1) * 0.5


def inverse_haar2d(bands: Any) -> Any:
    """The images whose `haar2d` is given.

    Args:
        bands: Floats `[batch, height, width, 4 channels]` with static height and width.

    Returns:
        `[batch, 2 height, 2 width, channels]`.

    Raises:
        ValueError: For bands of another rank, a number of channels that is no multiple of 4, or an unknown size.
    """
    _check_bands(bands.shape)
    ll, hl, lh, hh = ops.split(bands, 4, axis=-1)
    return _interleaved(_interleaved(ll, hl, axis=2), _interleaved(lh, hh, axis=2), axis=1) * 0.5


@keras.saving.register_keras_serializable("tfnss")
class HaarDownsample(keras.layers.Layer):
    """Halves height and width and keeps all information, in four times the channels; see `haar2d`.

    Call arguments:
        images: Floats `[batch, height, width, channels]` with static, even height and width.

    Returns:
        `[batch, height / 2, width / 2, 4 channels]`.

    Raises:
        ValueError: For images of another rank, or of odd or unknown height or width.

    Reference: Chen et al. 2021, SSD-GAN: Measuring the Realness in the Spatial and Spectral Domains.
    """

    def call(self, images: Any) -> Any:
        return haar2d(images)

    def compute_output_shape(self, images_shape: tuple) -> tuple:
        _check_even(images_shape)
        batch, height, width, channels = images_shape
        return batch, height // 2, width // 2, 4 * channels


@keras.saving.register_keras_serializable("tfnss")
class HaarUpsample(keras.layers.Layer):
    """The inverse of `HaarDownsample`; see `inverse_haar2d`.

    Call arguments:
        bands: Floats `[batch, height, width, 4 channels]` with static height and width.

    Returns:
        `[batch, 2 height, 2 width, channels]`.

    Raises:
        ValueError: For bands of another rank, a number of channels that is no multiple of 4, or an unknown size.

    Reference: Liu et al. 2018, Multi-level Wavelet-CNN for Image Restoration.
    """

    def call(self, bands: Any) -> Any:
        return inverse_haar2d(bands)

    def compute_output_shape(self, bands_shape: tuple) -> tuple:
        _check_bands(bands_shape)
        batch, height, width, channels = bands_shape
        return batch, 2 * height, 2 * width, channels // 4


def _check_even(shape: tuple) -> None:
    if len(shape) != 4 or None in shape[1:3] or shape[1] % 2 or shape[2] % 2:
        raise ValueError(
            "`images` must be [batch, height, width, channels] with static, even height and width. "
            f"Received: shape={tuple(shape)}"
        )


def _check_bands(shape: tuple) -> None:
    if len(shape) != 4 or None in shape[1:3] or shape[3] % 4:
        raise ValueError(
            "`bands` must be [batch, height, width, 4 channels] with static height and width. "
            f"Received: shape={tuple(shape)}"
        )


def _sum_and_difference(x: Any, axis: int) -> tuple[Any, Any]:
    """Second plus first, and second minus first, of each pair along an axis."""
    shape = x.shape
    pairs = ops.reshape(x, (-1, *shape[1:axis], shape[axis] // 2, 2, *shape[axis + 1 :]))
    first, second = ops.unstack(pairs, 2, axis=axis + 1)  # its gradient is cheap, unlike that of strided slices
    return second + first, second - first


def _interleaved(total: Any, difference: Any, axis: int) -> Any:
    """Twice the pairs, along an axis, that have these sums and differences."""
    shape = total.shape
    pairs = ops.stack([total - difference, total + difference], axis=axis + 1)
    return ops.reshape(pairs, (-1, *shape[1:axis], 2 * shape[axis], *shape[axis + 1 :]))
