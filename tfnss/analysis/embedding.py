"""Embedding of images in the styles of a generator, with its noise fixed (Image2StyleGAN)."""

import inspect
import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf
from rich.progress import Progress

from tfnss import xla
from tfnss.analysis.inversion import (
    AdamState,
    adam_step,
    as_targets,
    averaged_down,
    check_search,
    statistics_of_styles,
)
from tfnss.generators import has_styles, in_float32
from tfnss.uint8 import to_uint8

_LEARNING_RATE = 0.01


class Embedding(NamedTuple):
    """Styles whose images come near to given ones.

    Attributes:
        styles: float32 `[count, slots, style_dim]`; all slots equal for `space="w"`.
        losses: float32 `[count, steps + 1]`, before each step and at the end.
        images: What the generator makes of the styles and its constant noise, uint8 `[count, height, width, channels]`.
        from_mean: float32 `[count, slots]`, the distance of each style from the mean of W.
    """

    styles: np.ndarray
    losses: np.ndarray
    images: np.ndarray
    from_mean: np.ndarray


def embed(
    generator: Any,
    images: Any,
    features: Callable[[Any], Sequence[Any]] | None,
    steps: int = 5000,
    space: str = "w+",
    batch_size: int = 4,
    seed: int = 0,
    jit_compile: bool | str = "auto",
    progress: bool = False,
) -> Embedding:
    """Searches styles whose images are near to given ones, the noise being the generator's constant maps.

    Adam (learning rate 0.01) begins at the mean of 10,000 styles and minimises the mean squared difference of pixels in
    [0, 1], and of each of the features, all with weight 1. An image's embedding depends neither on the other images nor,
    but for rounding, on the batch size. A network of half precision is computed in float32, as in `project`.

    Args:
        generator: A `tfnss.GAN` (its average is used), or a generator with styles whose `synthesis` takes
            `noise="constant"`.
        images: `[count, height, width, channels]` of the generator's size, uint8 or floats in [-1, 1].
        features: Differentiable features of a batch of images in [-1, 1], arrays `[batch, ...]`, such as
            `tfnss.metrics.networks.vgg16_features()`, which are those of the paper; None for pixels alone. Sides over 256
            pixels are averaged down before it.
        steps: Number of steps.
        space: `w+` for a style in each slot, as the paper has it; `w` for one in all of them.
        batch_size: Images at a time.
        seed: Seed of the samples of W, whose mean is the start; in [0, 2**31).
        jit_compile: Whether XLA compiles a step; "auto" for where there is a GPU or TPU.
        progress: Whether to show a progress bar with the time left.

    Raises:
        ValueError: For values outside these, a generator without styles and one whose images are not finite.

    Reference: Abdal, Qin and Wonka, Image2StyleGAN: How to Embed Images Into the StyleGAN Latent Space?, ICCV 2019. It says
    nothing of the scale of pixels and features, which here is that of [0, 1] and of `vgg16_features`.
    """
    network = in_float32(getattr(generator, "generator_ema", generator))
    _check(network)
    check_search(steps, seed, space, batch_size)
    search = _Search(network, features, space, seed)
    targets = as_targets(images, search.image_shape)
    step = tf.function(search.step, jit_compile=xla.chosen(jit_compile), autograph=False)
    found = []
    with Progress(disable=not progress) as bar:
        task = bar.add_task("embedding", total=steps * math.ceil(len(targets) / batch_size))
        for start in range(0, len(targets), batch_size):
            target = tf.constant(targets[start : start + batch_size])
            state, losses, wanted = search.start(len(target)), [], search.features(target)
            for index in range(steps):
                state, before = step(tf.constant(index), state, target, wanted)
                losses.append(before)
                bar.advance(task)
            found.append(search.result(state, losses, target, wanted))
    return Embedding(*(np.concatenate(parts) for parts in zip(*found, strict=True)))


class _Search:
    """What all images share: the start, and the function of one step."""

    def __init__(self, network: Any, features: Callable[[Any], Sequence[Any]] | None, space: str, seed: int) -> None:
        self._network, self._features = network, features
        self._mean, _ = statistics_of_styles(network, seed)
        self._styles = tf.tile(self._mean[None, None], (1, network.slots if space == "w+" else 1, 1))
        image = self._images(self._styles)
        if not np.isfinite(image).all():
            raise ValueError("the generator's average image holds NaN or infinity: it has diverged")
        self.image_shape = tuple(image.shape[1:])

    def start(self, count: int) -> AdamState:
        """The state before the first step, equal for all images."""
        values = [tf.repeat(self._styles, count, axis=0)]
        return AdamState(values, [tf.zeros_like(values[0])], [tf.zeros_like(values[0])])

    def features(self, images: Any) -> list[Any]:
        """Of images in [-1, 1]; none where pixels alone count."""
        return [] if self._features is None else list(self._features(averaged_down(images)))

    def step(self, index: Any, state: AdamState, target: Any, wanted: Sequence[Any]) -> tuple[AdamState, Any]:
        """The state after a step, and the losses before it."""
        (styles,) = state.values
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(styles)
            losses = self._losses(self._images(styles), target, wanted)
            loss = tf.reduce_sum(losses)
        return adam_step(state, [tape.gradient(loss, styles)], index, _LEARNING_RATE), losses

    def result(self, state: AdamState, losses: Sequence[Any], target: Any, wanted: Sequence[Any]) -> Embedding:
        """What the state after the last step shows, with the losses before each step."""
        styles = self._in_all_slots(state.values[0])
        images = self._images(styles)
        return Embedding(
            styles.numpy(),
            tf.stack([*losses, self._losses(images, target, wanted)], axis=1).numpy(),
            to_uint8(images).numpy(),
            tf.norm(styles - self._mean, axis=-1).numpy(),
        )

    def _images(self, styles: Any) -> Any:
        return self._network.synthesis(self._in_all_slots(styles), noise="constant", training=False)

    def _in_all_slots(self, styles: Any) -> Any:
        return tf.repeat(styles, self._network.slots // styles.shape[1], axis=1)

    def _losses(self, images: Any, target: Any, wanted: Sequence[Any]) -> Any:
        pixels = _mean_square((images - target) / 2)  # of [0, 1]
        found = self.features(images)
        return pixels + sum(_mean_square(one - other) for one, other in zip(found, wanted, strict=True))


def _mean_square(values: Any) -> Any:
    """`[batch]`, over everything else."""
    return tf.reduce_mean(tf.square(tf.cast(values, tf.float32)), axis=list(range(1, len(values.shape))))


def _check(network: Any) -> None:
    if not has_styles(network):
        raise ValueError("an embedding needs a generator with styles (`mapping`, `styles` and `synthesis`)")
    call = getattr(network.synthesis, "call", network.synthesis)
    if "noise" not in inspect.signature(call).parameters:
        raise ValueError('an embedding needs a generator whose `synthesis` takes noise="constant"')
