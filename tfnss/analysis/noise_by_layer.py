"""What a generator's noise changes, with the noise of more and more layers (RNI, figure 1; StyleGAN, figures 4 and 5)."""

from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf
from rich.progress import Progress

from tfnss import random
from tfnss.generators import labels_in_turn, latent_width, number_of_classes
from tfnss.random.given import DrawnNoise, PartialNoise
from tfnss.random.stateless import EqualRows, noise_source, sampling_latents
from tfnss.uint8 import to_uint8

ORDERS = ("coarse", "fine")


class NoiseByLayer(NamedTuple):
    """An image with the noise of more and more layers, and how much it varies with the noise.

    Attributes:
        sizes: The height of the features whose noise each column adds; 0 for the first column, which has no noise.
        images: uint8 `[columns, height, width, channels]`, of the first noise.
        deviations: float64 `[columns, height, width]`: the standard deviation over the noise of the mean over channels, in
            units of 8-bit images.
    """

    sizes: list[int]
    images: np.ndarray
    deviations: np.ndarray


def noise_by_layer(
    generator: Any,
    image: int = 0,
    count: int = 100,
    first: str = "coarse",
    seed: int = 0,
    batch_size: int = 8,
    truncation: float = 1.0,
    progress: bool = False,
) -> NoiseByLayer:
    """Draws an image again and again, with the noise of no layer, then of those of one size more in each column.

    A layer whose noise is off gets zeros in its place: Riemannian noise goes on scaling its features. A layer's noise is the
    same in all columns that have it.

    Args:
        generator: A `tfnss.GAN` (its average is used), or a TensorFlow generator whose layers draw their noise from
            `tfnss.random`.
        image: The seed of the image, as `tfnss generate --seeds` takes it; of the first class if there are any.
        count: Number of noises, at least 2.
        first: Whether the columns begin with the `coarse` layers, of the smallest features, or the `fine` ones.
        seed: Seed of the noise, in [0, 2**31).
        batch_size: Images at a time. Layers draw other noise for another batch size.
        truncation: Distance of the styles from their average, as a share; for a generator with styles.
        progress: Whether to show a progress bar.

    Raises:
        ValueError: For values outside these, and a generator that draws no noise.

    Reference: Feng, Zhao and Zha 2021, Understanding Noise Injection in GANs, figure 1, which does not say which layers its
    columns add.
    """
    _check(image, count, first, seed, batch_size)
    network = getattr(generator, "generator_ema", generator)
    sizes = _sizes_of_noise(network, seed)
    if not sizes:
        raise ValueError("the generator draws no noise, which its images could vary with")
    steps = sorted(set(sizes), reverse=first == "fine")
    images, deviations = [], []
    with Progress(disable=not progress) as bar:
        task = bar.add_task("noise by layer", total=count * (1 + len(steps)))
        for column in range(1 + len(steps)):
            layers = {index for index, size in enumerate(sizes) if size in steps[:column]}
            draw = _drawing(network, layers, image, seed, truncation)
            total, squares = 0.0, 0.0
            for start in range(0, count, batch_size):
                batch = draw(min(batch_size, count - start), tf.constant(start, tf.int64)).numpy()
                if start == 0:
                    images.append(batch[0])
                    centre = batch[:1].mean(
                        axis=-1, dtype=np.float64
                    )  # near the mean: squares of small numbers are exact
                grey = batch.mean(axis=-1, dtype=np.float64) - centre
                total, squares = total + grey.sum(axis=0), squares + np.square(grey).sum(axis=0)
                bar.advance(task, len(batch))
            variance = (squares - np.square(total) / count) / (count - 1)
            deviations.append(127.5 * np.sqrt(np.maximum(variance, 0)))
    found = np.stack(images)
    if not (np.isfinite(found).all() and np.isfinite(deviations).all()):
        raise ValueError("the generator's images hold NaN or infinity: it has diverged")
    return NoiseByLayer([0, *steps], np.asarray(to_uint8(tf.constant(found))), np.stack(deviations))


def _drawing(network: Any, layers: set[int], image: int, seed: int, truncation: float) -> Any:
    """A function of a number and a clock that gives so many of the image with different noise of these layers."""
    point = _point(network, image)
    options = {} if truncation == 1 else {"truncation": truncation}

    def draw(count: int, clock: Any) -> Any:
        with random.scope(PartialNoise(noise_source(seed, clock), layers)):
            return network(*(tf.repeat(each, count, axis=0) for each in point), **options, training=False)

    return tf.function(draw, autograph=False)


def _sizes_of_noise(network: Any, seed: int) -> list[int]:
    """The height of each map of noise, in the order in which layers ask for them."""
    source = DrawnNoise(EqualRows(noise_source(seed, 0)))
    with random.scope(source):
        network(*_point(network, 0), training=False)
    return [int(each.shape[1]) for each in source.maps]


def _point(network: Any, image: int) -> list[Any]:
    """The latent and, where there are classes, the label of an image."""
    classes = number_of_classes(network)
    return [sampling_latents(1, latent_width(network), image), *([labels_in_turn(0, 1, classes)] if classes else [])]


def _check(image: int, count: int, first: str, seed: int, batch_size: int) -> None:
    if count < 2 or batch_size < 1:
        raise ValueError(
            f"`count` must be at least 2, `batch_size` 1. Received: count={count}, batch_size={batch_size}"
        )
    if first not in ORDERS:
        raise ValueError(f"`first` must be one of {', '.join(ORDERS)}. Received: first={first}")
    if not (0 <= seed < 2**31 and 0 <= image < 2**31):
        raise ValueError(f"`image` and `seed` must lie in [0, 2**31). Received: image={image}, seed={seed}")
