"""Convolutions that keep, double or halve an image (StyleGAN2, section 4 and appendix B; StyleGAN with other taps)."""

import functools
from collections.abc import Sequence
from typing import Any

from keras import ops

from tfnss.layers.convolution import conv2d
from tfnss.layers.resample import TAPS, downsample2d, fir2d, upsample2d


def resampled_conv2d(images: Any, kernel: Any, resample: str | None = None, taps: Sequence[float] = TAPS) -> Any:
    """A convolution that keeps, doubles or halves height and width, filtered against aliasing.

    - None: zeros around, correlation with the kernel.
    - "up": zeros between the pixels, correlation with the kernel, then the filter. 1x1: the kernel, then `upsample2d`.
    - "down": the filter, then correlation with the kernel at stride 2. 1x1: `downsample2d`, then the kernel.

    With the taps (1, 1) "up" is the correlation of the image whose pixels are doubled (nearest neighbours), and "down" the
    2x2 means of the correlation: StyleGAN's resampling, at less work.

    Args:
        images: Floats `[batch, height, width, in]`; for resampling with static height and width.
        kernel: Floats `[size, size, in, out]`, of the images' dtype; the size is odd, and 1 or 3 for resampling.
        resample: None, "up" or "down".
        taps: The filter along one axis, of an even number of taps.

    Returns:
        `[batch, height', width', out]`, as high and wide as `resampled_size` says.

    Raises:
        ValueError: For another `resample`, size of the kernel or number of taps, and for resampling images of unknown size.
    """
    check_resample(resample, kernel.shape[0])
    half = len(check_taps(taps)) // 2
    if resample is None:
        return conv2d(images, kernel)
    convolve = functools.partial(ops.conv, padding="valid", data_format="channels_last")
    if kernel.shape[0] == 1:
        if resample == "up":
            return upsample2d(convolve(images, kernel), taps)
        return convolve(downsample2d(images, taps), kernel)
    if resample == "down":
        return convolve(fir2d(images, taps, ((half, half), (half, half))), kernel, strides=2)
    # The transposed convolution places the kernel itself at each pixel; a correlation places its mirror image.
    mirrored = ops.transpose(ops.flip(kernel, axis=(0, 1)), (0, 1, 3, 2))
    enlarged = ops.conv_transpose(images, mirrored, strides=2, padding="valid", data_format="channels_last")
    return fir2d(enlarged, taps, ((half - 1, half - 1), (half - 1, half - 1)), gain=4)


def resampled_size(size: int | None, resample: str | None) -> int | None:
    """Height or width after `resampled_conv2d`."""
    if size is None or resample is None:
        return size
    return 2 * size if resample == "up" else size // 2


def check_resample(resample: str | None, kernel_size: int, choices: tuple = (None, "up", "down")) -> str | None:
    """`resample`, if it is among the choices and goes with the size of the kernel.

    Raises:
        ValueError: If not.
    """
    if resample not in choices:
        raise ValueError(f"`resample` must be one of {choices}. Received: resample={resample!r}")
    if kernel_size < 1 or kernel_size % 2 == 0 or (resample and kernel_size > 3):
        raise ValueError(
            f"`kernel_size` must be odd and, for resampling, 1 or 3. "
            f"Received: kernel_size={kernel_size}, resample={resample!r}"
        )
    return resample


def check_taps(taps: Sequence[float]) -> tuple[float, ...]:
    """The taps, if there is an even number of them: the filter then keeps the place of the image. Their sum is not 0.

    Raises:
        ValueError: If not.
    """
    if len(taps) < 2 or len(taps) % 2 or sum(taps) == 0:
        raise ValueError(f"`taps` must be an even number of taps whose sum is not 0. Received: taps={taps}")
    return tuple(taps)
