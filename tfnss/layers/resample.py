"""Resampling of images with separable FIR filters (StyleGAN2, section 4 and appendix B)."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from tfnss.layers.polyphase import part, upfirdn

TAPS = (1, 3, 3, 1)


def upsample2d(images: Any, taps: Sequence[float] = TAPS) -> Any:
    """Doubles height and width: a zero after each pixel, zeros around, then the filter with gain 4.

    With the default taps this is half-pixel bilinear interpolation, except that beyond the border lies zero.

    Args:
        images: Floats `[batch, height, width, channels]` with static height and width.
        taps: The filter along one axis; normalised to sum 1. Asymmetric ones are correlated, not convolved.

    Returns:
        `[batch, 2 height, 2 width, channels]`.

    Raises:
        ValueError: For images of another rank or unknown size, and for fewer than 2 taps or such that sum to 0.
    """
    taps = _normalised(taps, gain=2)  # along each axis, for the zeros between
    padding = ((len(taps) + 1) // 2, (len(taps) - 2) // 2)
    return _separable(images, taps, (padding, padding), up=2)


def downsample2d(images: Any, taps: Sequence[float] = TAPS) -> Any:
    """Halves height and width: zeros around, the filter, then every second pixel.

    Args:
        images: Floats `[batch, height, width, channels]` with static height and width.
        taps: The filter along one axis; normalised to sum 1. Asymmetric ones are correlated, not convolved.

    Returns:
        `[batch, height // 2, width // 2, channels]`.

    Raises:
        ValueError: For images of another rank or unknown size, and for fewer than 2 taps or such that sum to 0.
    """
    taps = _normalised(taps)
    padding = ((len(taps) - 1) // 2, (len(taps) - 2) // 2)
    return _separable(images, taps, (padding, padding), down=2)


def bilinear_upsample2d(images: Any) -> Any:
    """Doubles height and width by half-pixel bilinear interpolation, beyond the border with the border's pixels.

    The same as `keras.layers.UpSampling2D(interpolation="bilinear")`, whose second derivatives TensorFlow gets wrong.

    Args:
        images: Floats `[batch, height, width, channels]` with static height and width.

    Returns:
        `[batch, 2 height, 2 width, channels]`.

    Raises:
        ValueError: For images of another rank or unknown size.
    """
    _check_static(images.shape)
    taps = _normalised(TAPS, gain=2)
    for axis in (1, 2):
        edges = part(images, axis, 0, 1), part(images, axis, images.shape[axis] - 1, 1)
        extended = ops.concatenate([edges[0], images, edges[1]], axis=axis)
        images = upfirdn(extended, taps, {axis: (0, -1)}, up=2)
    return images


def fir2d(
    images: Any, taps: Sequence[float], padding: tuple[tuple[int, int], tuple[int, int]], gain: float = 1.0
) -> Any:
    """Filters without resampling: zeros around, then the filter where it lies within.

    Args:
        images: Floats `[batch, height, width, channels]` with static height and width.
        taps: The filter along one axis; normalised to sum 1. Asymmetric ones are correlated, not convolved.
        padding: Zeros `((top, bottom), (left, right))`; negative numbers crop.
        gain: Factor of the result, > 0.

    Returns:
        `[batch, height + top + bottom - len(taps) + 1, width + left + right - len(taps) + 1, channels]`.

    Raises:
        ValueError: For images of another rank or unknown size, and for fewer than 2 taps or such that sum to 0.
    """
    return _separable(images, _normalised(taps, gain=gain**0.5), padding)


class _Resampling2D(keras.layers.Layer):
    """What the two layers share: the taps."""

    def __init__(self, taps: Sequence[float] = TAPS, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        _normalised(taps)
        self.taps = tuple(taps)
        self.built = True

    def get_config(self) -> dict:
        return {**super().get_config(), "taps": self.taps}


@keras.saving.register_keras_serializable("tfnss")
class FIRUpsampling2D(_Resampling2D):
    """Doubles height and width with a separable filter; see `upsample2d`.

    Args:
        taps: The filter along one axis; normalised to sum 1.

    Call arguments:
        images: Floats `[batch, height, width, channels]` with static height and width.

    Returns:
        `[batch, 2 height, 2 width, channels]`.

    Raises:
        ValueError: For fewer than 2 taps or such that sum to 0, and for images of another rank or unknown size.

    Reference: Karras et al. 2020, Analyzing and Improving the Image Quality of StyleGAN.
    """

    def call(self, images: Any) -> Any:
        return upsample2d(images, self.taps)

    def compute_output_shape(self, images_shape: tuple) -> tuple:
        batch, height, width, channels = _check_static(images_shape)
        return batch, 2 * height, 2 * width, channels


@keras.saving.register_keras_serializable("tfnss")
class FIRDownsampling2D(_Resampling2D):
    """Halves height and width with a separable filter; see `downsample2d`.

    Args:
        taps: The filter along one axis; normalised to sum 1.

    Call arguments:
        images: Floats `[batch, height, width, channels]` with static height and width.

    Returns:
        `[batch, height // 2, width // 2, channels]`.

    Raises:
        ValueError: For fewer than 2 taps or such that sum to 0, and for images of another rank or unknown size.

    Reference: Karras et al. 2020, Analyzing and Improving the Image Quality of StyleGAN.
    """

    def call(self, images: Any) -> Any:
        return downsample2d(images, self.taps)

    def compute_output_shape(self, images_shape: tuple) -> tuple:
        batch, height, width, channels = _check_static(images_shape)
        return batch, height // 2, width // 2, channels


@keras.saving.register_keras_serializable("tfnss")
class BilinearUpsampling2D(keras.layers.Layer):
    """Doubles height and width by half-pixel bilinear interpolation; see `bilinear_upsample2d`.

    Call arguments:
        images: Floats `[batch, height, width, channels]` with static height and width.

    Returns:
        `[batch, 2 height, 2 width, channels]`.

    Raises:
        ValueError: For images of another rank or unknown size.
    """

    def call(self, images: Any) -> Any:
        return bilinear_upsample2d(images)

    def compute_output_shape(self, images_shape: tuple) -> tuple:
        batch, height, width, channels = _check_static(images_shape)
        return batch, 2 * height, 2 * width, channels


def _normalised(taps: Sequence[float], gain: float = 1.0) -> tuple[float, ...]:
    total = float(sum(taps))
    if len(taps) < 2 or total == 0:
        raise ValueError(f"`taps` must be at least 2 numbers whose sum is not 0. Received: taps={taps}")
    return tuple(float(tap) * gain / total for tap in taps)


def _separable(images: Any, taps: tuple[float, ...], padding: tuple, up: int = 1, down: int = 1) -> Any:
    _check_static(images.shape)
    return upfirdn(images, taps, dict(zip((1, 2), padding, strict=True)), up, down)


def _check_static(shape: tuple) -> tuple:
    if len(shape) != 4 or None in shape[1:3]:
        raise ValueError(
            f"`images` must be [batch, height, width, channels] with static height and width. Received: shape={shape}"
        )
    return shape
