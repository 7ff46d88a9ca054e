"""Projection of images into W, the space of a generator's styles, together with its noise (StyleGAN2, appendix D)."""

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf
from rich.progress import Progress

from tfnss import random, xla
from tfnss.generators import has_styles, in_float32, labels_in_turn, latent_width, number_of_classes
from tfnss.metrics.path_length import MAX_SIZE
from tfnss.random.given import DrawnNoise, GivenNoise
from tfnss.random.stateless import noise_source, projection_source, sampling_latents
from tfnss.uint8 import from_uint8, to_uint8

SPACES = ("w", "w+")
_SAMPLES = 10_000  # of W, for its mean and its deviation
_LEARNING_RATE, _RAMP_UP, _RAMP_DOWN = 0.1, 0.05, 0.25  # the ramps as shares of the steps
_EXPLORATION, _EXPLORED = 0.05, 0.75
NOISE_WEIGHT = 1e5
_SMALLEST = 8  # side of the last level of the pyramid of a noise map
_BETA_1, _BETA_2, _EPSILON = 0.9, 0.999, 1e-8


class Projection(NamedTuple):
    """What a generator needs to show images, and how near it comes.

    Attributes:
        styles: float32 `[count, slots, style_dim]`, as `synthesis` takes them; all slots equal for `space="w"`.
        noise: A float32 map `[count, height, width, 1]` (or of as many channels as the layer draws) for each layer that
            draws noise.
        distances: float32 `[count, steps + 1]`: before each step, under that step's exploration, and last at the end.
        images: What the generator makes of the styles and the noise, uint8 `[count, height, width, channels]`.
    """

    styles: np.ndarray
    noise: list[np.ndarray]
    distances: np.ndarray
    images: np.ndarray


def project(
    generator: Any,
    images: Any,
    distance: Callable[[Any, Any], Any],
    steps: int = 1000,
    seed: int = 0,
    space: str = "w",
    batch_size: int = 4,
    jit_compile: bool | str = "auto",
    progress: bool = False,
    noise_weight: float = NOISE_WEIGHT,
) -> Projection:
    """Searches styles and noise whose images are near to given ones.

    Adam begins at the mean of 10,000 styles and the noise of the seed, and minimises the distance plus `noise_weight` times
    `noise_regularizer`. It explores W with normal noise that fades during the first three quarters of the steps, and
    brings each noise map back to mean 0 and variance 1 after each step. An image's projection depends neither on the
    other images nor, but for rounding, on the batch size. A network of half precision is computed in float32, as it cannot
    hold the gradients of large images.

    Args:
        generator: A `tfnss.GAN` (its average is used), or a generator with styles (the attributes `mapping`, `styles`,
            `synthesis` and `slots`) whose layers draw their noise from `tfnss.random`.
        images: `[count, height, width, channels]` of the generator's size, uint8 or floats in [-1, 1].
        distance: Differentiable distances `[batch]` of two batches of images in [-1, 1]: `lambda x, y: lpips((x, y))` of
            a `tfnss.metrics.LPIPS`, or `squared_difference`. Sides over 256 pixels are averaged down before it.
        steps: Number of steps.
        seed: Seed of the samples of W, the noise and the exploration, in [0, 2**31).
        space: `w` for one style in all slots, as the generator makes them; `w+` for one in each, which comes nearer, also
            to images that the generator cannot make.
        batch_size: Images at a time.
        jit_compile: Whether XLA compiles a step; "auto" for where there is a GPU or TPU.
        progress: Whether to show a progress bar with the time left.
        noise_weight: Weight of the noise's regulariser. Without it (0) the noise becomes a picture of the image (the paper's
            figure 18); its mean and variance are kept all the same.

    Raises:
        ValueError: For values outside these, a generator without styles or one whose images are not finite.

    Reference: Karras et al., Analyzing and Improving the Image Quality of StyleGAN, CVPR 2020. Its text doubles the maps
    of noise at each level of their pyramid; here, as in the official code, they are plain averages.
    """
    network = in_float32(getattr(generator, "generator_ema", generator))
    if not has_styles(network):
        raise ValueError("a projection needs a generator with styles (`mapping`, `styles` and `synthesis`)")
    check_search(steps, seed, space, batch_size)
    if not 0 <= noise_weight < math.inf:
        raise ValueError(f"`noise_weight` must be finite and at least 0. Received: noise_weight={noise_weight}")
    search = _Search(network, distance, steps, seed, space, noise_weight)
    targets = as_targets(images, search.image_shape)
    step = tf.function(search.step, jit_compile=xla.chosen(jit_compile), autograph=False)
    found = []
    with Progress(disable=not progress) as bar:
        task = bar.add_task("projecting", total=steps * math.ceil(len(targets) / batch_size))
        for start in range(0, len(targets), batch_size):
            target = tf.constant(targets[start : start + batch_size])
            state, distances = search.start(len(target)), []
            for index in range(steps):
                state, before = step(tf.constant(index), state, target)
                distances.append(before)
                bar.advance(task)
            found.append(search.result(state, distances, target))
    return Projection(
        np.concatenate([part.styles for part in found]),
        [np.concatenate(maps) for maps in zip(*(part.noise for part in found), strict=True)],
        np.concatenate([part.distances for part in found]),
        np.concatenate([part.images for part in found]),
    )


def synthesize(generator: Any, styles: Any, noise: Sequence[Any]) -> Any:
    """Images of styles with given noise maps, such as a `Projection`'s.

    Args:
        generator: As in `project`.
        styles: Floats `[batch, slots, style_dim]`.
        noise: A map `[batch, height, width, 1 or channels]` for each layer that draws noise, in the order of the layers.

    Returns:
        Floats `[batch, height, width, channels]`, nominally in [-1, 1].

    Raises:
        ValueError: For maps of another number or other shapes than the generator draws.
    """
    network = getattr(generator, "generator_ema", generator)
    source = GivenNoise(noise)
    with random.scope(source):
        images = network.synthesis(tf.convert_to_tensor(styles, tf.float32), training=False)
    source.check_used()
    return images


def squared_difference(first: Any, second: Any) -> Any:
    """Mean squared differences `[batch]` of two batches of images: a distance that needs no network."""
    return tf.reduce_mean(tf.math.squared_difference(first, second), axis=(1, 2, 3))


def learning_rate(t: Any) -> Any:
    """Of Adam at the share `t` of the steps: 0.1, with a linear ramp up from 0 and a cosine ramp down to it."""
    down = 0.5 - 0.5 * tf.cos(math.pi * tf.minimum(1.0, (1 - t) / _RAMP_DOWN))
    return _LEARNING_RATE * tf.minimum(1.0, t / _RAMP_UP) * down


def exploration(t: Any) -> Any:
    """Standard deviation of the noise on styles at the share `t` of the steps, in units of W's own deviation."""
    return _EXPLORATION * tf.square(tf.maximum(0.0, 1 - t / _EXPLORED))


def noise_regularizer(noise: Any) -> Any:
    """Squared autocorrelations of noise maps `[batch, height, width, channels]`, by image: 0 for ideal white noise.

    The sum over a pyramid of 2x2 averages, down to 8x8, of the squared mean products of neighbours along each axis; the
    maps wrap around.
    """
    total = 0.0
    while True:
        for axis in (1, 2):
            total += tf.square(tf.reduce_mean(noise * tf.roll(noise, 1, axis), axis=(1, 2)))
        if min(noise.shape[1:3]) <= _SMALLEST:
            return tf.reduce_sum(total, axis=-1)
        noise = tf.nn.avg_pool2d(noise, 2, 2, "VALID")


def normalized(noise: Any) -> Any:
    """Noise maps `[batch, height, width, channels]`, each brought to mean 0 and (population) variance 1."""
    noise -= tf.reduce_mean(noise, axis=(1, 2), keepdims=True)
    return noise * tf.math.rsqrt(tf.reduce_mean(tf.square(noise), axis=(1, 2), keepdims=True))


# -- the search ---


class AdamState(NamedTuple):
    """Where Adam is: what it changes (styles, then noise maps), and running means of gradients and of their squares."""

    values: list[Any]
    means: list[Any]
    squares: list[Any]


class _Search:
    """What all images share: the start, and the function of one step."""

    def __init__(
        self, network: Any, distance: Callable[[Any, Any], Any], steps: int, seed: int, space: str, noise_weight: float
    ) -> None:
        self._noise_weight = noise_weight
        self._network, self._distance, self._steps, self._seed = network, distance, steps, seed
        styles, self._deviation = statistics_of_styles(network, seed)
        self._styles = tf.tile(styles[None, None], (1, network.slots if space == "w+" else 1, 1))
        source = DrawnNoise(noise_source(seed, 0))
        with random.scope(source):
            image = network.synthesis(self._in_all_slots(self._styles), training=False)
        if not np.isfinite(image).all():
            raise ValueError("the generator's average image holds NaN or infinity: it has diverged")
        self._noise, self.image_shape = source.maps, tuple(image.shape[1:])

    def start(self, count: int) -> AdamState:
        """The state before the first step, equal for all images."""
        values = [tf.repeat(value, count, axis=0) for value in (self._styles, *self._noise)]
        return AdamState(values, [tf.zeros_like(v) for v in values], [tf.zeros_like(v) for v in values])

    def step(self, index: Any, state: AdamState, target: Any) -> tuple[AdamState, Any]:
        """The state after a step, and the distances before it."""
        t = tf.cast(index, tf.float32) / self._steps
        normal = projection_source(self._seed, index).stream().normal(self._styles.shape)
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(state.values)
            styles, *noise = state.values
            images = self._images(styles + self._deviation * exploration(t) * normal, noise)
            distances = self._distances(images, target)
            signal = sum(tf.reduce_sum(noise_regularizer(each)) for each in noise)
            loss = tf.reduce_sum(distances) + self._noise_weight * signal
        state = adam_step(state, tape.gradient(loss, state.values), index, learning_rate(t))
        styles, *noise = state.values
        return state._replace(values=[styles, *map(normalized, noise)]), distances

    def result(self, state: AdamState, distances: Sequence[Any], target: Any) -> Projection:
        """What the state after the last step shows, with the distances before each step."""
        styles, *noise = state.values
        images = self._images(styles, noise)
        return Projection(
            self._in_all_slots(styles).numpy(),
            [each.numpy() for each in noise],
            tf.stack([*distances, self._distances(images, target)], axis=1).numpy(),
            to_uint8(images).numpy(),
        )

    def _images(self, styles: Any, noise: Sequence[Any]) -> Any:
        return synthesize(self._network, self._in_all_slots(styles), noise)

    def _in_all_slots(self, styles: Any) -> Any:
        return tf.repeat(styles, self._network.slots // styles.shape[1], axis=1)

    def _distances(self, images: Any, target: Any) -> Any:
        distances = self._distance(averaged_down(images), averaged_down(target))
        if tuple(distances.shape) != (target.shape[0],):
            raise ValueError(f"`distance` must give a number for each image. Received: shape {tuple(distances.shape)}")
        return tf.cast(distances, tf.float32)


def statistics_of_styles(network: Any, seed: int) -> tuple[Any, Any]:
    """Mean `[style_dim]` and deviation of W, of 10,000 styles: the root of the mean squared distance from the mean."""
    network = getattr(network, "generator_ema", network)
    classes = number_of_classes(network)
    labels = [labels_in_turn(0, _SAMPLES, classes)] if classes else []
    styles = network.mapping(sampling_latents(_SAMPLES, latent_width(network), seed), *labels)
    mean = tf.reduce_mean(styles, axis=0)
    return mean, tf.sqrt(tf.reduce_mean(tf.reduce_sum(tf.math.squared_difference(styles, mean), axis=1)))


def adam_step(state: AdamState, gradients: Sequence[Any], index: Any, rate: Any) -> AdamState:
    """A step of Adam, the one of this index from 0 on."""
    means = [_BETA_1 * mean + (1 - _BETA_1) * g for mean, g in zip(state.means, gradients, strict=True)]
    squares = [_BETA_2 * square + (1 - _BETA_2) * g * g for square, g in zip(state.squares, gradients, strict=True)]
    count = tf.cast(index + 1, tf.float32)
    values = []
    for value, mean, square in zip(state.values, means, squares, strict=True):
        mean, square = mean / (1 - _BETA_1**count), square / (1 - _BETA_2**count)
        values.append(value - rate * mean / (tf.sqrt(square) + _EPSILON))
    return AdamState(values, means, squares)


def averaged_down(images: Any) -> Any:
    """Images as distances see them: large ones averaged over blocks, to sides of `MAX_SIZE` pixels or a little more."""
    block = min(images.shape[1:3]) // MAX_SIZE
    return images if block < 2 else tf.nn.avg_pool2d(images, block, block, "VALID")


def check_search(steps: int, seed: int, space: str, batch_size: int) -> None:
    """Raises a ValueError for values that no search of styles takes."""
    if space not in SPACES:
        raise ValueError(f"`space` must be one of {', '.join(SPACES)}. Received: space={space}")
    if steps < 1 or batch_size < 1:
        raise ValueError(
            f"`steps` and `batch_size` must be at least 1. Received: steps={steps}, batch_size={batch_size}"
        )
    if not 0 <= seed < 2**31:
        raise ValueError(f"`seed` must lie in [0, 2**31). Received: seed={seed}")


def as_targets(images: Any, shape: tuple[int, ...]) -> np.ndarray:
    """Images as floats."""
    images = np.asarray(images)
    if images.shape[1:] != shape or not len(images):
        sizes = ", ".join(map(str, shape))
        raise ValueError(f"`images` must be [count, {sizes}], the generator's size. Received: shape {images.shape}")
    if images.dtype == np.uint8:
        return np.asarray(from_uint8(images))
    if images.dtype.kind != "f" or not np.isfinite(images).all():
        raise ValueError(f"`images` must be uint8, or finite floats in [-1, 1]. Received: {images.dtype}")
    return images.astype(np.float32)
