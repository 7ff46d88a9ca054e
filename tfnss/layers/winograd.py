"""Convolutions with 2x2 and 3x3 kernels by Winograd's minimal filtering: 9 products for 16, and 16 for 36.

Two neighbouring outputs of a filter with r taps read r + 1 inputs and need no more products than that. With the matrices
below, along one axis, for inputs d and taps g,

    y = A ((G g) * (B d)),

and in two dimensions the same along both axes. The products at one place of all tiles and channels are a matrix product;
everything else is sums. The result is linear in d and in g, and the gradients by either are of the same form: the transpose
of taking tiles apart is putting them together.

Reference: Lavin and Gray, Fast Algorithms for Convolutional Neural Networks, CVPR 2016 (section 4); the minimal filters are
Winograd's.
"""

import math
from typing import Any

from keras import ops

from tfnss.layers.products import outer_products
from tfnss.layers.trilinear import derivative

_Matrix = tuple[tuple[float, ...], ...]

_STEP = 2  # outputs of a tile along one axis

# By taps. Those of two taps are sums and differences alone.
_INPUTS: dict[int, _Matrix] = {
    2: ((1, -1, 0), (0, 1, 0), (0, -1, 1)),
    3: ((1, 0, -1, 0), (0, 1, 1, 0), (0, -1, 1, 0), (0, 1, 0, -1)),
}
_TAPS: dict[int, _Matrix] = {
    2: ((1, 0), (1, 1), (0, 1)),
    3: ((1, 0, 0), (0.5, 0.5, 0.5), (0.5, -0.5, 0.5), (0, 0, 1)),
}
_OUTPUTS: dict[int, _Matrix] = {  # transposed
    2: ((1, 0), (1, 1), (0, 1)),
    3: ((1, 0), (1, 1), (1, -1), (0, -1)),
}

SIZES = tuple(_INPUTS)  # of the kernels


def winograd_conv2d(images: Any, kernel: Any, before: int, size: tuple[int, int]) -> Any:
    """The correlation y[p, q] = sum_ij kernel[i, j] x[p + i - before, q + j - before] at stride 1; x is zero outside itself.

    Args:
        images: Floats `[batch, height, width, in]`, static but for the batch.
        kernel: Floats `[r, r, in, out]`, r one of `SIZES`.
        before: Zeros above and left of the images.
        size: Height and width of the result; zeros follow the images as needed.

    Returns:
        Floats `[batch, *size, out]`.
    """
    return derivative(_FORM, 2, images, kernel, kernel.shape[0], before, tuple(images.shape[1:3]), tuple(size))


def winograd_conv2d_transpose(images: Any, kernel: Any, before: int, size: tuple[int, int]) -> Any:
    """The transpose of `winograd_conv2d`: of results `[batch, height, width, out]`, images `[batch, *size, in]`."""
    return derivative(_FORM, 0, kernel, images, kernel.shape[0], before, tuple(size), tuple(images.shape[1:3]))


def _images(kernel: Any, results: Any, r: int, before: int, size: tuple[int, int], counts: tuple[int, int]) -> Any:
    matrices = _both_axes(_TAPS[r], _taps(kernel))
    tiles = _apart(results, _OUTPUTS[r], 0, counts)
    products = [ops.matmul(tile, ops.transpose(matrix)) for tile, matrix in zip(tiles, matrices, strict=True)]
    return _together(products, _INPUTS[r], before, counts, size)


def _kernel(results: Any, images: Any, r: int, before: int, size: tuple[int, int], counts: tuple[int, int]) -> Any:
    tiles = _apart(images, _INPUTS[r], before, counts), _apart(results, _OUTPUTS[r], 0, counts)
    sums = [outer_products(a, b) for a, b in zip(*tiles, strict=True)]
    taps = _both_axes(_transposed(_TAPS[r]), _square(sums))
    return ops.reshape(ops.stack(taps), (r, r, images.shape[3], results.shape[3]))


def _results(images: Any, kernel: Any, r: int, before: int, size: tuple[int, int], counts: tuple[int, int]) -> Any:
    matrices = _both_axes(_TAPS[r], _taps(kernel))
    tiles = _apart(images, _INPUTS[r], before, counts)
    products = [ops.matmul(tile, matrix) for tile, matrix in zip(tiles, matrices, strict=True)]
    return _together(products, _OUTPUTS[r], 0, counts, counts)


# Of the sum of results times the convolution of images with the kernel: its derivatives by these three.
_FORM = (_images, _kernel, _results)


def _taps(kernel: Any) -> list[list]:
    return _square(ops.unstack(ops.reshape(kernel, (-1, *kernel.shape[2:])), kernel.shape[0] ** 2))


def _apart(x: Any, matrix: _Matrix, before: int, results: tuple[int, int]) -> list:
    """The tiles of x, at every second pixel, times the matrix along both axes: for each place `[batch * tiles, channels]`.

    As many tiles as `results`, the convolution's, need. x is zero outside itself.
    """
    window = len(matrix[0])
    (rows, columns), padding = _tiling(window, before, results, (x.shape[1], x.shape[2]))
    channels = x.shape[3]
    if any(sum(pair) for pair in padding):
        x = ops.pad(x, ((0, 0), *padding, (0, 0)))
    overlap = (window - 1) // _STEP
    x = ops.reshape(x, (-1, rows + overlap, _STEP, columns + overlap, _STEP, channels))
    corners = [
        [x[:, i // 2 : i // 2 + rows, i % 2, j // 2 : j // 2 + columns, j % 2] for j in range(window)]
        for i in range(window)
    ]
    return [ops.reshape(place, (-1, channels)) for place in _both_axes(matrix, corners)]


def _together(places: list, matrix: _Matrix, before: int, results: tuple[int, int], size: tuple[int, int]) -> Any:
    """The transpose of `_apart`: images of that size from tiles, which add up where they overlap."""
    window = len(matrix[0])
    (rows, columns), _ = _tiling(window, before, results, size)
    channels = places[0].shape[-1]
    places = [ops.reshape(place, (-1, rows, columns, channels)) for place in places]
    corners = _both_axes(_transposed(matrix), _square(places))
    overlap = (window - 1) // _STEP
    phases = []
    for phase in ((0, 0), (0, 1), (1, 0), (1, 1)):
        total = None
        for i in range(phase[0], window, _STEP):
            for j in range(phase[1], window, _STEP):
                around = [(k // 2, overlap - k // 2) for k in (i, j)]
                term = corners[i * window + j]
                term = ops.pad(term, ((0, 0), *around, (0, 0))) if overlap else term
                total = term if total is None else total + term
        phases.append(total)
    x = ops.stack([ops.stack(phases[:2], axis=3), ops.stack(phases[2:], axis=3)], axis=2)
    height, width = _STEP * (rows + overlap), _STEP * (columns + overlap)
    x = ops.reshape(x, (-1, height, width, channels))
    if (before, before, *size) == (0, 0, height, width):
        return x
    return x[:, before : before + size[0], before : before + size[1]]


def _tiling(
    window: int, before: int, results: tuple[int, int], size: tuple[int, int]
) -> tuple[tuple[int, int], tuple[tuple[int, int], tuple[int, int]]]:
    """Numbers of tiles along the axes, and the zeros around an image of that size that make it whole tiles."""
    rows, columns = (-(-result // _STEP) for result in results)
    overlap = (window - 1) // _STEP
    vertical, horizontal = (
        (before, max(_STEP * (tiles + overlap) - before - pixels, 0))
        for tiles, pixels in zip((rows, columns), size, strict=True)
    )
    return (rows, columns), (vertical, horizontal)


def _square(arrays: list) -> list[list]:
    side = math.isqrt(len(arrays))
    return [arrays[i * side : (i + 1) * side] for i in range(side)]


def _transposed(matrix: _Matrix) -> _Matrix:
    return tuple(zip(*matrix, strict=True))


def _both_axes(matrix: _Matrix, places: list[list]) -> list:
    """matrix @ places @ matrix^T, row by row, where places are a square of arrays."""
    halves = [[_combined(row, line) for row in matrix] for line in places]
    return [_combined(row, column) for row in matrix for column in zip(*halves, strict=True)]


def _combined(factors: tuple[float, ...], arrays: Any) -> Any:
    """The sum of factors times arrays, without products by 0, 1 and -1."""
    total = None
    for factor, array in zip(factors, arrays, strict=True):
        if factor == 0:
            continue
        if total is None:
            total = array if factor == 1 else array * factor
        elif factor in (1, -1):
            total = total + array if factor == 1 else total - array
        else:
            total = total + array * factor
    return total
