"""Separable FIR filters that resample images (StyleGAN2, section 4 and appendix B), twice differentiable and fast.

A filter is a sum of shifted copies, computed on polyphase components: no strides, which have slow gradients in
TensorFlow's graph mode, and no depthwise convolutions, which XLA compiles badly for the CPU. The transpose of one such
operation is another, so each states its gradient itself, and by recursion those of all orders.
"""

import contextlib
import contextvars
import functools
import operator
from collections.abc import Iterator, Sequence
from typing import Any

import keras
from keras import ops

_TAPS = (1, 3, 3, 1)

_plain: contextvars.ContextVar[bool] = contextvars.ContextVar("tfnss_plain_gradients", default=False)


@contextlib.contextmanager
def plain_gradients() -> Iterator[None]:
    """Within the block, filters leave their gradient to the backend: the same values, slower in TensorFlow's graphs.

    For tracing what is exported: a SavedModel cannot store custom gradients and warns when it is loaded.
    """
    token = _plain.set(True)
    try:
        yield
    finally:
        _plain.reset(token)


def upsample2d(images: Any, taps: Sequence[float] = _TAPS) -> Any:
    """Doubles height and width: a zero after each pixel, zeros around, then the filter with gain 4.

    With the default taps this is half-pixel bilinear interpolation, except that beyond the border lies zero.

    Args:
        images: Floats `[batch, height, width, channels]` with static height and width.
        taps: The filter along one axis; normalised to sum 1. Asymmetric ones are correlated, not convolved.

    Returns:
        `[batch, 2 height, 2 width, channels]`.

    Raises:
        ValueError: For images of another rank or unknown size, and for taps that sum to 0.
    """
    taps = _normalised(taps, gain=2)  # along each axis, for the zeros between
    padding = ((len(taps) + 1) // 2, (len(taps) - 2) // 2)
    return _separable(images, taps, (padding, padding), up=2)


def downsample2d(images: Any, taps: Sequence[float] = _TAPS) -> Any:
    """Halves height and width: zeros around, the filter, then every second pixel.

    Args:
        images: Floats `[batch, height, width, channels]` with static height and width.
        taps: The filter along one axis; normalised to sum 1. Asymmetric ones are correlated, not convolved.

    Returns:
        `[batch, height // 2, width // 2, channels]`.

    Raises:
        ValueError: For images of another rank or unknown size, and for taps that sum to 0.
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
    _check_static(images)
    taps = _normalised(_TAPS, gain=2)
    for axis in (1, 2):
        edges = _slice(images, axis, 0, 1), _slice(images, axis, images.shape[axis] - 1, 1)
        extended = ops.concatenate([edges[0], images, edges[1]], axis=axis)
        images = _upfirdn(extended, taps, axis, up=2, down=1, before=0, after=-1)
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
        ValueError: For images of another rank or unknown size, and for taps that sum to 0.
    """
    return _separable(images, _normalised(taps, gain=gain**0.5), padding)


def resampled_conv2d(images: Any, kernel: Any, resample: str | None = None) -> Any:
    """A convolution that keeps, doubles or halves height and width, filtered by (1, 3, 3, 1) against aliasing.

    - None: zeros around, correlation with the kernel.
    - "up": zeros between the pixels, correlation with the kernel, then the filter. 1x1: the kernel, then `upsample2d`.
    - "down": the filter, then correlation with the kernel at stride 2. 1x1: `downsample2d`, then the kernel.

    Args:
        images: Floats `[batch, height, width, in]` with static height and width.
        kernel: Floats `[size, size, in, out]`, of the images' dtype; the size is odd, and 1 or 3 for resampling.
        resample: None, "up" or "down".

    Returns:
        `[batch, height', width', out]`.

    Raises:
        ValueError: For another `resample` or size of the kernel.
    """
    check_resample(resample, kernel.shape[0])
    if resample is None:
        return ops.conv(images, kernel, padding="same", data_format="channels_last")
    convolve = functools.partial(ops.conv, padding="valid", data_format="channels_last")
    if kernel.shape[0] == 1:
        if resample == "up":
            return upsample2d(convolve(images, kernel))
        return convolve(downsample2d(images), kernel)
    if resample == "down":
        return convolve(fir2d(images, _TAPS, ((2, 2), (2, 2))), kernel, strides=2)
    # The transposed convolution places the kernel itself at each pixel; a correlation places its mirror image.
    mirrored = ops.transpose(ops.flip(kernel, axis=(0, 1)), (0, 1, 3, 2))
    enlarged = ops.conv_transpose(images, mirrored, strides=2, padding="valid", data_format="channels_last")
    return fir2d(enlarged, _TAPS, ((1, 1), (1, 1)), gain=4)


def resampled_size(size: int | None, resample: str | None) -> int | None:
    """Height or width after `resampled_conv2d`."""
    if size is None or resample is None:
        return size
    return 2 * size if resample == "up" else size // 2


def check_resample(resample: str | None, kernel_size: int, choices: tuple = (None, "up", "down")) -> str | None:
    """`resample`, if it is among the choices and goes with the size of the kernel."""
    if resample not in choices:
        raise ValueError(f"`resample` must be one of {choices}. Received: resample={resample!r}")
    if kernel_size < 1 or kernel_size % 2 == 0 or (resample and kernel_size > 3):
        raise ValueError(
            f"`kernel_size` must be odd and, for resampling, 1 or 3. "
            f"Received: kernel_size={kernel_size}, resample={resample!r}"
        )
    return resample


class _Resampling2D(keras.layers.Layer):
    """What the two layers share: the taps."""

    def __init__(self, taps: Sequence[float] = _TAPS, **kwargs: Any) -> None:
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

    Raises:
        ValueError: For taps that sum to 0, and for images of another rank or unknown size.

    Reference: Karras et al. 2020, Analyzing and Improving the Image Quality of StyleGAN.
    """

    def call(self, images: Any) -> Any:
        return upsample2d(images, self.taps)

    def compute_output_shape(self, images_shape: tuple) -> tuple:
        batch, height, width, channels = images_shape
        return batch, 2 * height, 2 * width, channels


@keras.saving.register_keras_serializable("tfnss")
class FIRDownsampling2D(_Resampling2D):
    """Halves height and width with a separable filter; see `downsample2d`.

    Args:
        taps: The filter along one axis; normalised to sum 1.

    Call arguments:
        images: Floats `[batch, height, width, channels]` with static height and width.

    Raises:
        ValueError: For taps that sum to 0, and for images of another rank or unknown size.

    Reference: Karras et al. 2020, Analyzing and Improving the Image Quality of StyleGAN.
    """

    def call(self, images: Any) -> Any:
        return downsample2d(images, self.taps)

    def compute_output_shape(self, images_shape: tuple) -> tuple:
        batch, height, width, channels = images_shape
        return batch, height // 2, width // 2, channels


@keras.saving.register_keras_serializable("tfnss")
class BilinearUpsampling2D(keras.layers.Layer):
    """Doubles height and width by half-pixel bilinear interpolation; see `bilinear_upsample2d`.

    Call arguments:
        images: Floats `[batch, height, width, channels]` with static height and width.

    Raises:
        ValueError: For images of another rank or unknown size.
    """

    def call(self, images: Any) -> Any:
        return bilinear_upsample2d(images)

    def compute_output_shape(self, images_shape: tuple) -> tuple:
        batch, height, width, channels = images_shape
        return batch, 2 * height, 2 * width, channels


def _normalised(taps: Sequence[float], gain: float = 1.0) -> tuple[float, ...]:
    total = float(sum(taps))
    if len(taps) < 2 or total == 0:
        raise ValueError(f"`taps` must be at least 2 numbers whose sum is not 0. Received: taps={taps}")
    return tuple(float(tap) * gain / total for tap in taps)


def _separable(images: Any, taps: tuple[float, ...], padding: tuple, up: int = 1, down: int = 1) -> Any:
    _check_static(images)
    for axis, pads in zip((1, 2), padding, strict=True):
        images = _upfirdn(images, taps, axis, up, down, *pads)
    return images


def _check_static(images: Any) -> None:
    if len(images.shape) != 4 or None in images.shape[1:3]:
        raise ValueError(
            "`images` must be [batch, height, width, channels] with static height and width. "
            f"Received: shape={images.shape}"
        )


def _upfirdn(x: Any, taps: tuple[float, ...], axis: int, up: int, down: int, before: int, after: int) -> Any:
    """Along one axis: up - 1 zeros after each entry, zeros at both ends, the filter, then every `down`-th entry."""
    size = x.shape[axis]
    length = (size * up + before + after - len(taps)) // down + 1
    if _plain.get():
        return _filtered(x, taps, axis, up, down, before, length)

    @ops.custom_gradient
    def differentiable(x: Any) -> tuple:
        def gradient(*arguments: Any, upstream: Any = None) -> Any:  # by position or, on JAX, by name
            upstream = arguments[0] if upstream is None else upstream
            ends = len(taps) - 1 - before, size * up - length * down + before - up + 1
            return _upfirdn(upstream, taps[::-1], axis, down, up, *ends)

        return _filtered(x, taps, axis, up, down, before, length), gradient

    return differentiable(x)


def _filtered(x: Any, taps: tuple[float, ...], axis: int, up: int, down: int, before: int, length: int) -> Any:
    """`length` entries y[p] = sum_k taps[k] z[down p + k - before], where z is x with up - 1 zeros after each entry."""
    if up == 1:
        return _downsampled(x, taps, axis, down, -before, length)
    count = -(-length // up)
    phases = []
    for phase in range(up):
        first = (before - phase) % up  # the taps between the `up`-th ones meet zeros
        start = (first + phase - before) // up
        phases.append(_downsampled(x, taps[first::up], axis, 1, start, count))
    return _slice(_interleaved(phases, axis), axis, 0, length)


def _downsampled(x: Any, taps: tuple[float, ...], axis: int, down: int, start: int, length: int) -> Any:
    """`length` entries y[p] = sum_k taps[k] x[down p + k + start], where x is zero outside itself."""
    count = length - 1 + -(-len(taps) // down)
    phases = _deinterleaved(_window(x, axis, start, down * count), axis, down)
    terms = [_slice(phases[k % down], axis, k // down, length) * tap for k, tap in enumerate(taps)]
    return functools.reduce(operator.add, terms)


def _window(x: Any, axis: int, start: int, length: int) -> Any:
    """x[start : start + length], with zeros where that lies outside x."""
    size = x.shape[axis]
    before, after = max(-start, 0), max(start + length - size, 0)
    x = _slice(x, axis, start + before, length - before - after)
    if before == after == 0:
        return x
    return ops.pad(x, [(before, after) if i == axis else (0, 0) for i in range(len(x.shape))])


def _slice(x: Any, axis: int, start: int, length: int) -> Any:
    if start == 0 and length == x.shape[axis]:
        return x
    return x[(slice(None),) * axis + (slice(start, start + length),)]


def _interleaved(phases: list, axis: int) -> Any:
    """The entries of each phase in turn."""
    shape = phases[0].shape
    stacked = ops.stack(phases, axis=axis + 1)
    return ops.reshape(stacked, (-1, *shape[1:axis], len(phases) * shape[axis], *shape[axis + 1 :]))


def _deinterleaved(x: Any, axis: int, count: int) -> list:
    """Every `count`-th entry, from the first, the second, ..."""
    if count == 1:
        return [x]
    shape = x.shape
    x = ops.reshape(x, (-1, *shape[1:axis], shape[axis] // count, count, *shape[axis + 1 :]))
    return [x[(slice(None),) * (axis + 1) + (phase,)] for phase in range(count)]
