"""A convolution before the means of 2x2 pixels, as one at stride 2: at four ninths of the products, for 3x3 taps."""

import itertools
from typing import Any

from keras import ops

from tfnss.layers.convolution import conv2d

FACTOR = 2


def pooled_conv2d(images: Any, kernel: Any) -> Any:
    """Convolves with "same" padding and takes the means of 2x2 results, which are never made.

    Args:
        images: Floats `[batch, height, width, in]`, of even height and width.
        kernel: Floats `[size, size, in, out]`, of an odd size. It may be finer than the images: it is summed first.

    Returns:
        `[batch, height / 2, width / 2, out]`.
    """
    images = ops.convert_to_tensor(images)
    wide = summed_neighbours(kernel) / FACTOR**2
    return conv2d(images, ops.cast(wide, images.dtype), FACTOR, "same")


def summed_neighbours(kernel: Any, turned: bool = False) -> Any:
    """`[size + 1, size + 1, ...]`: the kernel after each 2x2 pixels were added up; with `turned`, by half a turn."""
    order = slice(None, None, -1 if turned else 1)  # not `ops.flip`, which XLA compiles badly for CPUs
    for axis in (0, 1):
        taps = ops.unstack(kernel, axis=axis)[order]
        sums = [one + next_ for one, next_ in itertools.pairwise(taps)]
        kernel = ops.stack([taps[0], *sums, taps[-1]], axis=axis)
    return kernel
