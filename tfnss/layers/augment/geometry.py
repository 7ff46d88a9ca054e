"""Geometric operations: one affine map of the plane, carried out by one resampling (StyleGAN2-ADA, appendix B).

The image, continued by reflection, is upsampled twofold with the wavelet sym6, sampled bilinearly on a twofold grid and
downsampled. The published procedure continues the image by a margin shared by the batch, just large enough for its
largest map and at most the image's size less one pixel on each side; beyond it there are zeros. Here the continuation
always has that greatest margin. It is periodic, so one period is upsampled and read modulo the period: shapes are static
and an image's result depends on no other image.

Results equal the published ones, save where those read the filter's response to the zeros beyond a margin: within three
pixels of the greatest margin (very small or far shifted images), and at the outermost pixels of shrunken images if the
batch has no larger map, since its margin is measured for images that keep their size.
"""

import functools
import math
from typing import Any

import numpy as np
from keras import ops

from tfnss.layers.augment import separable
from tfnss.layers.augment.matrices import product
from tfnss.layers.augment.parameters import Parameters

# Low-pass filter of the wavelet sym6 (Daubechies' least asymmetric one with six vanishing moments).
_SYM6 = (
    *(0.015404109327027373, 0.0034907120842174702, -0.11799011114819057, -0.048311742585633),
    *(0.4910559419267466, 0.787641141030194, 0.3379294217276218, -0.07263752278646252),
    *(-0.021060292512300564, 0.04472490177066578, 0.0017677118642428036, -0.007800708325034148),
)
_TAPS = len(_SYM6)
_BORDER = _TAPS // 2 - 1  # samples of the twofold grid before the first pixel that its filter reaches


def inverse_matrix(parameters: Parameters, height: int, width: int) -> Any:
    """The map [batch, 3, 3] from a point of the result to the point of the image that is shown there.

    Points are homogeneous columns (x to the right, y down, 1), in pixels from the centre.
    """
    p = parameters
    return functools.reduce(
        product,
        (
            _scaling(1 - 2 * p.flip, ops.ones_like(p.flip)),
            _rotation(p.quarter_turns * (math.pi / 2)),
            _translation(-ops.round(p.shift_x * width), -ops.round(p.shift_y * height)),
            _scaling(1 / p.scale, 1 / p.scale),
            _rotation(p.first_rotation),
            _scaling(1 / p.stretch, p.stretch),
            _rotation(p.second_rotation),
            _translation(-p.offset_x * width, -p.offset_y * height),
        ),
    )


def resample(images: Any, inverse: Any) -> Any:
    """Images [batch, height, width, channels] under the maps whose inverses are given as `inverse_matrix` gives them."""
    height, width = images.shape[1:3]
    upsampled = separable.apply(images, _upsampling(height), _upsampling(width))
    samples = _bilinear(upsampled, *_sampling_points(inverse, height, width))
    return separable.apply(samples, _downsampling(height), _downsampling(width))


def _sampling_points(inverse: Any, height: int, width: int) -> tuple[Any, Any]:
    """Rows and columns in the upsampled image, pixel (i, j) of the image being at (2i, 2j) [batch, rows, columns]."""
    x, y = _grid(width)[None, None, :], _grid(height)[None, :, None]
    entry = [[inverse[:, i, j, None, None] for j in range(3)] for i in range(2)]
    column, row = (a * x + b * y + c for a, b, c in entry)
    return 2 * row + (height - 1), 2 * column + (width - 1)


def _grid(size: int) -> np.ndarray:
    """Coordinates along an axis of the samples that the downsampling needs, half a pixel apart."""
    return ((np.arange(2 * size + _TAPS - 2) - _BORDER - (size - 1)) / 2).astype("float32")


def _bilinear(upsampled: Any, row: Any, column: Any) -> Any:
    """Values [batch, rows, columns, channels] at real rows and columns of the periodic `upsampled`."""
    height, width, channels = upsampled.shape[1:]
    pixels = ops.reshape(upsampled, (-1, channels))
    first = ops.arange(ops.shape(row)[0], dtype="int32")[:, None, None] * (height * width)
    total = 0
    for row_index, row_weight in _neighbours(row, height):
        for column_index, column_weight in _neighbours(column, width):
            values = ops.take(pixels, first + row_index * width + column_index, axis=0)
            total += values * (row_weight * column_weight)[..., None]
    return total


def _neighbours(position: Any, period: int) -> list[tuple[Any, Any]]:
    """The two samples about `position`: index modulo the period, and weight, which is 0 beyond the greatest margin."""
    below = ops.floor(position)
    result = []
    for index, weight in ((below, 1 - (position - below)), (below + 1, position - below)):
        inside = ops.logical_and(index >= -period // 2, index < period + 2)
        result.append((ops.mod(ops.cast(index, "int32"), period), ops.where(inside, weight, 0.0)))
    return result


@functools.cache
def _upsampling(size: int) -> np.ndarray:
    """One period [4 (size - 1), size] of the reflected pixels, zeros between them, convolved with sym6 of gain 2."""
    matrix = np.zeros((4 * (size - 1), size))
    for tap, weight in enumerate(_SYM6):
        position = np.arange(len(matrix)) + _BORDER - tap
        rows = np.flatnonzero(position % 2 == 0)  # the others meet a zero
        matrix[rows, separable.reflect(position[rows] // 2, size)] += 2 * weight / sum(_SYM6)
    return matrix.astype("float32")


@functools.cache
def _downsampling(size: int) -> np.ndarray:
    """Every second sample of the correlation with sym6 [size, 2 size + 10]."""
    matrix = np.zeros((size, 2 * size + _TAPS - 2))
    for pixel in range(size):
        matrix[pixel, 2 * pixel : 2 * pixel + _TAPS] = np.array(_SYM6) / sum(_SYM6)
    return matrix.astype("float32")


def _scaling(x: Any, y: Any) -> Any:
    zero = ops.zeros_like(x)
    return _affine((x, zero, zero), (zero, y, zero))


def _rotation(angle: Any) -> Any:
    cos, sin, zero = ops.cos(angle), ops.sin(angle), ops.zeros_like(angle)
    return _affine((cos, -sin, zero), (sin, cos, zero))


def _translation(x: Any, y: Any) -> Any:
    zero, one = ops.zeros_like(x), ops.ones_like(x)
    return _affine((one, zero, x), (zero, one, y))


def _affine(first: tuple, second: tuple) -> Any:
    zero, one = ops.zeros_like(first[0]), ops.ones_like(first[0])
    return ops.stack([ops.stack(row, axis=-1) for row in (first, second, (zero, zero, one))], axis=-2)
