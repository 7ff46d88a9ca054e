"""Singular values of a generator's Jacobian at random places (StyleGAN2, figure 17; the dimension of RNI's lemma 1)."""

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf
from rich.progress import Progress

from tfnss import random
from tfnss.generators import has_styles, in_float32, labels_in_turn, latent_width, number_of_classes
from tfnss.metrics.image_sets import Sampler
from tfnss.random.stateless import EqualRows, noise_source, sampling_latents

SPACES = ("w", "z")
TOLERANCES = (1e-1, 1e-2, 1e-3)
_ROWS = 2**15  # of the Jacobian that are float64 at a time


@dataclass(frozen=True)
class JacobianSpectra:
    """The singular values of Jacobians at several places.

    Args:
        singular_values: float64 `[places, dimensions]`, falling along the second axis.
    """

    singular_values: np.ndarray

    @property
    def relative(self) -> np.ndarray:
        """The values of each place over its largest, `[places, dimensions]`; 0 where an image does not change at all."""
        largest = self.singular_values[:, :1]
        return self.singular_values / np.where(largest > 0, largest, 1)

    @property
    def mean(self) -> np.ndarray:
        """Mean of the relative values over the places, `[dimensions]`."""
        return self.relative.mean(axis=0)

    @property
    def std(self) -> np.ndarray:
        """Standard deviation of the relative values over the places, `[dimensions]`; 0 for one place."""
        return self.relative.std(axis=0, ddof=min(1, len(self.singular_values) - 1))

    def ranks(self, tolerances: Sequence[float] = TOLERANCES) -> np.ndarray:
        """Numerical ranks, int64 `[places, tolerances]`: how many relative values are above each tolerance.

        A network of rounded weights has full rank by the letter: a rank without its tolerance says nothing.
        """
        return (self.relative[:, None] > np.asarray(tolerances)[:, None]).sum(axis=-1)

    @property
    def effective_ranks(self) -> np.ndarray:
        """exp(-sum p ln p) of p = s² / sum s², `[places]`: from 1 for one direction up to all of them; 0 for none."""
        squares = np.square(self.relative)
        totals = squares.sum(axis=1, keepdims=True)
        shares = squares / np.where(totals > 0, totals, 1)
        logarithms = np.log(np.where(shares > 0, shares, 1.0))
        return np.where(totals[:, 0] > 0, np.exp(-(shares * logarithms).sum(axis=1)), 0)


def jacobian_spectra(
    generator: Any,
    count: int = 16,
    space: str = "w",
    size: int | None = None,
    seed: int = 0,
    batch_size: int = 8,
    memory_gb: float = 3.5,
    progress: bool = False,
) -> JacobianSpectra:
    """Exact singular values of the derivative of a generator's image at random places of W or Z.

    The columns of the Jacobian come by forward-mode differentiation, a batch at a time, each for about 2.6 images' time. The
    values are the roots of the eigenvalues of its Gram matrix, which is added up in float64. In W one style goes to all
    slots, without truncation; the noise maps are the same for all places. A network of half precision is computed in
    float32, so that the smallest values are not its rounding.

    Args:
        generator: A `tfnss.GAN` (its average is used), or a TensorFlow generator; for `space="w"` with styles (the
            attributes `mapping`, `synthesis` and `slots`). A conditional one is given its classes in turn.
        count: Number of places.
        space: `w`, or `z` for the latents, which every generator has.
        size: Height in pixels to which images are averaged down first, in square blocks that divide their height and width.
            None leaves them as they are.
        seed: Seed of the places and the noise, in [0, 2**31).
        batch_size: Columns at a time.
        memory_gb: Memory for columns; some 0.3 GB more are needed beside them and the network. A Jacobian that does not fit
            into it (in W that of 1024x1024 pixels has 6.4 GB) is worked through in p blocks, for (p + 1) / 2 times the time.
        progress: Whether to show a progress bar with the time left.

    Raises:
        ValueError: For values outside these, a generator without styles for `space="w"`, or one whose images are not finite.

    Reference: Karras et al., Analyzing and Improving the Image Quality of StyleGAN, CVPR 2020, appendix C, which states
    neither the number of places nor how noise is treated.
    """
    network = in_float32(getattr(generator, "generator_ema", generator))
    check(network, count, space, seed, batch_size)
    if not memory_gb > 0:
        raise ValueError(f"`memory_gb` must be above 0. Received: memory_gb={memory_gb}")
    places, labels = places_of(network, count, space, seed)
    dimensions = places.shape[1]
    columns, pixels = _columns(network, places, labels, space, size, seed)
    blocks = _blocks(dimensions, pixels, memory_gb)
    values = []
    with Progress(disable=not progress) as bar:
        passes = sum(dimensions - block.start for block in blocks)
        task = bar.add_task("singular values", total=count * passes)
        for place in zip(places, labels, strict=True):

            def batches(start: int, stop: int, place: Any = place) -> Iterator[tuple[slice, np.ndarray]]:
                for part, directions in axes(start, stop, batch_size, dimensions):
                    yield part, columns(*place, directions).numpy()[: part.stop - part.start]
                    bar.advance(task, part.stop - part.start)

            values.append(singular_values(_gram(batches, blocks, dimensions, pixels)))
    return JacobianSpectra(np.array(values))


def _columns(
    network: Any, places: Any, labels: Any, space: str, size: int | None, seed: int
) -> tuple[Callable[..., Any], int]:
    """A function of a place, its label and directions `[batch, dimensions]` that gives derivatives `[batch, pixels]`."""

    def images(points: Any, label: Any) -> Any:
        with random.scope(EqualRows(noise_source(seed, 0))):
            if space == "w":
                return network.synthesis(in_all_slots(network, points), training=False)
            return network(points, *conditions(label, points), training=False)

    image = images(places[:1], labels[0])
    if not np.isfinite(image).all():
        raise ValueError("the generator's images hold NaN or infinity: it has diverged")
    block = 1 if size is None else _block(size, *image.shape[1:3])

    @tf.function(autograph=False)
    def columns(place: Any, label: Any, directions: Any) -> Any:
        points = tf.repeat(place[None], directions.shape[0], axis=0)
        with tf.autodiff.ForwardAccumulator(points, directions) as accumulator:
            image = tf.cast(images(points, label), tf.float32)
            if block > 1:
                image = tf.nn.avg_pool2d(image, block, block, "VALID")
        return tf.reshape(accumulator.jvp(image, tf.UnconnectedGradients.ZERO), (directions.shape[0], -1))

    return columns, math.prod(image.shape[1:]) // block**2


def _block(size: int, height: int, width: int) -> int:
    """The side of the blocks of pixels whose averages make images of this height."""
    common = math.gcd(height, width)
    found = {height // block: block for block in range(1, common + 1) if common % block == 0}
    if size not in found:
        sizes = ", ".join(map(str, found))
        raise ValueError(f"`size` must be one of {sizes} for images of {height}x{width} pixels. Received: size={size}")
    return found[size]


def _blocks(dimensions: int, pixels: int, memory_gb: float) -> list[slice]:
    """Columns that are held together, as many as there is memory for."""
    fitting = int(memory_gb * 1e9 // (4 * pixels))
    if fitting < 1:
        raise ValueError(f"`memory_gb` must hold a column of {4 * pixels / 1e9:.2g} GB. Received: {memory_gb}")
    number = math.ceil(dimensions / fitting)
    bounds = np.linspace(0, dimensions, number + 1).astype(int).tolist()
    return [slice(first, last) for first, last in itertools.pairwise(bounds)]


def _gram(batches: Callable, blocks: Sequence[slice], dimensions: int, pixels: int) -> np.ndarray:
    """JᵀJ, float64 `[dimensions, dimensions]`, of columns that come in batches `(slice, [batch, pixels])`."""
    gram = np.zeros((dimensions, dimensions))
    held = np.empty((max(block.stop - block.start for block in blocks), pixels), np.float32)
    for block in blocks:
        own = held[: block.stop - block.start]
        for part, columns in batches(block.start, block.stop):
            own[part.start - block.start : part.stop - block.start] = columns
        gram[block, block] = products(own, own)
        for part, columns in batches(block.stop, dimensions):
            gram[block, part] = products(own, columns)
            gram[part, block] = gram[block, part].T
    return gram


def products(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Scalar products of rows in float64, a part of the rows at a time."""
    total = np.zeros((len(first), len(second)))
    for start in range(0, first.shape[1], _ROWS):
        part = slice(start, start + _ROWS)
        total += first[:, part].astype(np.float64) @ second[:, part].astype(np.float64).T
    return total


# -- what all derivatives at random places share ---


def places_of(network: Any, count: int, space: str, seed: int) -> tuple[Any, Any]:
    """Random places `[count, dimensions]` of W or Z, and their one-hot labels `[count, classes]`."""
    latents, classes = sampling_latents(count, latent_width(network), seed), number_of_classes(network)
    labels = labels_in_turn(0, count, classes) if classes else tf.zeros((count, 0))
    if space == "w":
        latents = tf.constant(Sampler(network, seed=seed, part="mapping")(latents, 0), tf.float32)
    return latents, labels


def conditions(label: Any, points: Any) -> list[Any]:
    """What a generator takes beside latents `[batch, dimensions]` of one class: its label for each, where there are any."""
    return [tf.repeat(label[None], points.shape[0], axis=0)] if label.shape[0] else []


def in_all_slots(network: Any, points: Any) -> Any:
    """Styles `[batch, slots, dimensions]` of points `[batch, dimensions]` of W."""
    return tf.repeat(points[:, None], network.slots, axis=1)


def axes(start: int, stop: int, batch_size: int, dimensions: int) -> Iterator[tuple[slice, Any]]:
    """Unit vectors `[batch, dimensions]` along the axes from one to another, and which these are.

    Always a whole batch, which needs no other graph; directions beyond the last are 0.
    """
    for first in range(start, stop, batch_size):
        part = slice(first, min(first + batch_size, stop))
        directions = np.zeros((batch_size, dimensions), np.float32)
        directions[range(part.stop - first), range(first, part.stop)] = 1
        yield part, tf.constant(directions)


def singular_values(gram: np.ndarray) -> np.ndarray:
    """Those of J, falling, from JᵀJ."""
    return np.sqrt(np.maximum(np.linalg.eigvalsh(gram)[::-1], 0))


def check(network: Any, count: int, space: str, seed: int, batch_size: int) -> None:
    """Raises a ValueError for values out of range."""
    if space not in SPACES:
        raise ValueError(f"`space` must be one of {', '.join(SPACES)}. Received: space={space}")
    if space == "w" and not has_styles(network):
        raise ValueError("a Jacobian in W needs a generator with styles (`mapping` and `synthesis`); take that in Z")
    if count < 1 or batch_size < 1:
        raise ValueError(
            f"`count` and `batch_size` must be at least 1. Received: count={count}, batch_size={batch_size}"
        )
    if not 0 <= seed < 2**31:
        raise ValueError(f"`seed` must lie in [0, 2**31). Received: seed={seed}")
