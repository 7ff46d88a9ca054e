"""DiffAugment: colour, translation and cutout (Zhao et al. 2020, section 3; numbers as in the authors' code).

An image's parameters follow from its own row of one table of random numbers, whose layout is the same for every choice of
policies.
"""

import itertools
from collections.abc import Collection
from typing import Any

import numpy as np
from keras import ops

from tfnss.layers.augment import separable

POLICIES = ("color", "translation", "cutout")

# Every choice of policies, in their order: "diffaugment" for all three, "diffaugment-color", "diffaugment-color-cutout", ...
PIPELINES = {
    "-".join(("diffaugment", *(() if chosen == POLICIES else chosen))): chosen
    for count in (3, 2, 1)
    for chosen in itertools.combinations(POLICIES, count)
}

UNIFORMS = len(POLICIES) + 7  # one gate each, and seven values


def augment(images: Any, uniform: Any, probability: Any, policies: Collection[str]) -> Any:
    """Images `[batch, height, width, channels]` under the policies, each of which an image meets or not.

    Args:
        images: Float32 images, nominally in [-1, 1], of static height, width and channels.
        uniform: Numbers `[batch, UNIFORMS]`, uniform in [0, 1).
        probability: Of each policy, a scalar tensor >= 0.
        policies: Which of `POLICIES` there are.
    """
    columns = ops.unstack(uniform, num=UNIFORMS, axis=1)
    happens = dict(zip(POLICIES, (column < probability for column in columns), strict=False))
    brightness, saturation, contrast, down, right, centre_y, centre_x = columns[len(POLICIES) :]
    if "color" in policies:
        images = _recolour(images, happens["color"], brightness, saturation, contrast)
    if "translation" in policies:
        images = _translate(images, happens["translation"], down, right)
    if "cutout" in policies:
        images = _cut_out(images, happens["cutout"], centre_y, centre_x)
    return images


def _recolour(images: Any, happens: Any, brightness: Any, saturation: Any, contrast: Any) -> Any:
    """Brightness + U(-0.5, 0.5); colours x U(0, 2) about a pixel's grey; all x U(0.5, 1.5) about the image's mean.

    A fourth channel, alpha, stays as it is.
    """
    if images.shape[3] == 4:
        recoloured = _recolour(images[..., :3], happens, brightness, saturation, contrast)
        return ops.concatenate([recoloured, images[..., 3:]], axis=3)

    def drawn(value: Any, otherwise: float) -> Any:
        return ops.where(happens, value, otherwise)[:, None, None, None]

    def stretched(images: Any, factor: Any, axes: Any) -> Any:
        return images * factor + ops.mean(images, axis=axes, keepdims=True) * (1 - factor)  # exact at 1

    images = images + drawn(brightness - 0.5, 0.0)
    images = stretched(images, drawn(2 * saturation, 1.0), 3)
    return stretched(images, drawn(contrast + 0.5, 1.0), (1, 2, 3))


def _translate(images: Any, happens: Any, down: Any, right: Any) -> Any:
    """Moves by whole pixels, up to an eighth of the side each way; zeros enter."""
    height, width = images.shape[1:3]
    rows, columns = _shift(height, happens, down), _shift(width, happens, right)
    return separable.apply(images, rows, columns)


def _shift(size: int, happens: Any, uniform: Any) -> Any:
    """The matrices [batch, size, size] that move along an axis: a product has fast derivatives of every order."""
    most = int(size / 8 + 0.5)
    steps = ops.minimum(ops.floor((2 * most + 1) * uniform) - most, float(most))
    steps = ops.where(happens, steps, 0.0)[:, None, None]
    pixels = np.arange(size, dtype="float32")
    return ops.cast(ops.equal(pixels[None, :, None] - pixels[None, None, :], steps), "float32")


def _cut_out(images: Any, happens: Any, centre_y: Any, centre_x: Any) -> Any:
    """Zeros in a rectangle of half the sides, whose centre may lie anywhere in the image."""
    height, width = images.shape[1:3]
    inside = ops.logical_and(_covered(height, centre_y)[:, :, None, None], _covered(width, centre_x)[:, None, :, None])
    return ops.where(ops.logical_and(inside, happens[:, None, None, None]), 0.0, images)


def _covered(size: int, uniform: Any) -> Any:
    """Which pixels [batch, size] of an axis lie in the rectangle."""
    side = int(size / 2 + 0.5)
    places = size + 1 - side % 2
    start = ops.minimum(ops.floor(places * uniform), places - 1.0)[:, None] - side // 2
    steps = ops.subtract(np.arange(size, dtype="float32"), start)
    return ops.logical_and(steps >= 0, steps < side)
