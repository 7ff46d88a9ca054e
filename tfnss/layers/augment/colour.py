"""Colour operations: one affine map of colours (StyleGAN2-ADA, appendix B)."""

import functools
import math
from typing import Any

import numpy as np
from keras import ops

from tfnss.layers.augment.matrices import product
from tfnss.layers.augment.parameters import Parameters

# Matrices of homogeneous colours (red, green, blue, 1).
_ONE = np.diag([0, 0, 0, 1]).astype("float32")
_COLOURS = np.diag([1, 1, 1, 0]).astype("float32")
_LUMA = np.pad(np.full((3, 3), 1 / 3), (0, 1)).astype("float32")  # the projection onto the greys
_CHROMA = _COLOURS - _LUMA
_TURN = np.pad(np.array([[0, -1, 1], [1, 0, -1], [-1, 1, 0]]) / math.sqrt(3), (0, 1)).astype(
    "float32"
)  # about the greys
_SHIFT = np.pad(np.ones((3, 1)), ((0, 1), (3, 0))).astype("float32")


def matrix(parameters: Parameters) -> Any:
    """The map [batch, 4, 4] of homogeneous colours."""
    brightness, contrast, luma_flip, hue, saturation = (
        x[:, None, None]
        for x in (
            parameters.brightness,
            parameters.contrast,
            parameters.luma_flip,
            parameters.hue,
            parameters.saturation,
        )
    )
    # As tensors: PyTorch has no sum of an array and a tensor.
    one, colours, luma, chroma, turn, shift = map(
        ops.convert_to_tensor, (_ONE, _COLOURS, _LUMA, _CHROMA, _TURN, _SHIFT)
    )
    return functools.reduce(
        lambda done, step: product(step, done),
        (
            colours + one + brightness * shift,
            contrast * colours + one,
            colours + one - 2 * luma_flip * luma,
            luma + ops.cos(hue) * chroma + ops.sin(hue) * turn + one,
            luma + saturation * chroma + one,
        ),
    )


def recolour(images: Any, colour_matrix: Any) -> Any:
    """Images [batch, height, width, 1, 3 or 4] under the map `colour_matrix`: grey ones as if they had three channels,
    a fourth one, alpha, as it is."""
    if images.shape[3] == 4:
        return ops.concatenate([recolour(images[..., :3], colour_matrix), images[..., 3:]], axis=3)
    height, width, channels = images.shape[1:]
    linear, constant = colour_matrix[:, :3, :3], colour_matrix[:, None, :3, 3]
    if channels == 1:
        linear = ops.sum(ops.mean(linear, axis=1), axis=1)[:, None, None]
        constant = ops.mean(constant, axis=2, keepdims=True)
    pixels = ops.reshape(images, (-1, height * width, channels))
    pixels = ops.matmul(pixels, ops.swapaxes(linear, 1, 2)) + constant
    return ops.reshape(pixels, (-1, height, width, channels))
