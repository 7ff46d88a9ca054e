"""What is drawn for each image, and its distribution (StyleGAN2-ADA, appendix B).

An image's parameters follow from its own row of two tables of random numbers. The layout of a row is the same in every
pipeline, so an operation that two pipelines share does the same in both.
"""

import math
from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from keras import ops

BANDS = 4

# One gate each, in the order of the operations; the bands have a gate apiece.
_OPERATIONS = (
    *("flip", "quarter_turns", "shift"),
    *("scale", "first_rotation", "stretch", "second_rotation", "offset"),
    *("brightness", "contrast", "luma_flip", "hue", "saturation"),
    *("bands",) * BANDS,
    *("noise", "cutout"),
)
_ROTATIONS = ("first_rotation", "second_rotation")

_UNIFORM_VALUES = 10
UNIFORMS = len(_OPERATIONS) + _UNIFORM_VALUES
NORMALS = 8 + BANDS


class Parameters(NamedTuple):
    """Float32 tensors [batch], with the value at which an operation does nothing."""

    flip: Any  # 1: flipped; 0
    quarter_turns: Any  # 0, 1, 2 or 3; 0
    shift_x: Any  # to the right, as a fraction of the width, to be rounded to pixels; 0
    shift_y: Any  # down, as a fraction of the height; 0
    scale: Any  # factor; 1
    first_rotation: Any  # radians; 0
    stretch: Any  # factor of the width, divisor of the height; 1
    second_rotation: Any  # radians; 0
    offset_x: Any  # to the right, as a fraction of the width; 0
    offset_y: Any  # down, as a fraction of the height; 0
    brightness: Any  # added; 0
    contrast: Any  # factor; 1
    luma_flip: Any  # 1: flipped; 0
    hue: Any  # radians; 0
    saturation: Any  # factor; 1
    bands: Any  # [batch, 4] factors; 1
    noise: Any  # standard deviation; 0
    cutout: Any  # size, as a fraction of the image's; 0
    cutout_x: Any  # centre, as a fraction of the width
    cutout_y: Any  # centre, as a fraction of the height


def from_draws(
    uniform: Any,
    normal: Any,
    probability: Any,
    operations: Collection[str],
    shares: Mapping[str, float] = MappingProxyType({}),
) -> Parameters:
    """The parameters of each image.

    Args:
        uniform: Numbers `[batch, UNIFORMS]`, uniform in [0, 1).
        normal: Standard normal numbers `[batch, NORMALS]`.
        probability: Scalar tensor >= 0.
        operations: The operations that may happen.
        shares: Of operations that happen with a share of the probability, that share.
    """
    columns = ops.unstack(uniform, num=UNIFORMS, axis=1)
    flip, quarter, shift_x, shift_y, first, second, luma, hue, cutout_x, cutout_y = columns[-_UNIFORM_VALUES:]
    scale, stretch, offset_x, offset_y, brightness, contrast, saturation, noise, *bands = ops.unstack(
        normal, num=NORMALS, axis=1
    )
    gates: dict[str, list] = {name: [] for name in _OPERATIONS}
    for name, column in zip(_OPERATIONS, columns, strict=False):
        own = _gate_probability(name, probability * shares.get(name, 1.0))
        gates[name].append(column < own if name in operations else column < 0)

    def gated(name: str, value: Any, otherwise: float, index: int = 0) -> Any:
        return ops.where(gates[name][index], value, otherwise)

    return Parameters(
        flip=gated("flip", ops.floor(2 * flip), 0.0),
        quarter_turns=gated("quarter_turns", ops.floor(4 * quarter), 0.0),
        shift_x=gated("shift", _between(-0.125, 0.125, shift_x), 0.0),
        shift_y=gated("shift", _between(-0.125, 0.125, shift_y), 0.0),
        scale=gated("scale", _power_of_two(0.2 * scale), 1.0),
        first_rotation=gated("first_rotation", _between(-math.pi, math.pi, first), 0.0),
        stretch=gated("stretch", _power_of_two(0.2 * stretch), 1.0),
        second_rotation=gated("second_rotation", _between(-math.pi, math.pi, second), 0.0),
        offset_x=gated("offset", 0.125 * offset_x, 0.0),
        offset_y=gated("offset", 0.125 * offset_y, 0.0),
        brightness=gated("brightness", 0.2 * brightness, 0.0),
        contrast=gated("contrast", _power_of_two(0.5 * contrast), 1.0),
        luma_flip=gated("luma_flip", ops.floor(2 * luma), 0.0),
        hue=gated("hue", _between(-math.pi, math.pi, hue), 0.0),
        saturation=gated("saturation", _power_of_two(saturation), 1.0),
        bands=ops.stack([gated("bands", _power_of_two(x), 1.0, i) for i, x in enumerate(bands)], axis=1),
        noise=gated("noise", 0.1 * ops.abs(noise), 0.0),
        cutout=gated("cutout", 0.5 * ops.ones_like(cutout_x), 0.0),
        cutout_x=cutout_x,
        cutout_y=cutout_y,
    )


def _gate_probability(operation: str, probability: Any) -> Any:
    """There are two rotations, of which at least one shall happen with the given probability."""
    if operation in _ROTATIONS:
        return 1 - ops.sqrt(ops.clip(1 - probability, 0.0, 1.0))
    return probability


def _between(low: float, high: float, uniform: Any) -> Any:
    return low + (high - low) * uniform


def _power_of_two(exponent: Any) -> Any:
    return ops.exp(math.log(2) * exponent)
