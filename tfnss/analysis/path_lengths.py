"""The perceptual path length of single images (StyleGAN2, figures 4 and 5)."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf
from rich.progress import track

from tfnss import random
from tfnss.generators import has_styles, in_float32
from tfnss.metrics.image_sets import Sampler
from tfnss.metrics.path_length import check_finite, shown
from tfnss.random.stateless import EqualRows, neighbour_latents, noise_source, sampling_latents
from tfnss.uint8 import to_uint8


class PathLengths(NamedTuple):
    """Path lengths of images.

    Attributes:
        lengths: float64 `[count]`, of the image of each place.
        errors: float64 `[count]`, the standard error of each: that of a mean over so many neighbours; 0 for a single one.
    """

    lengths: np.ndarray
    errors: np.ndarray

    def lowest(self, share: float = 0.1) -> np.ndarray:
        """The places of the shortest so many, at least one, from the shortest on."""
        return np.argsort(self.lengths, kind="stable")[: max(1, round(share * len(self.lengths)))]

    def highest(self, share: float = 0.1) -> np.ndarray:
        """The places of the longest so many, at least one, from the longest on."""
        return np.argsort(-self.lengths, kind="stable")[: max(1, round(share * len(self.lengths)))]


def path_lengths(
    generator: Any,
    distance: Callable[[Any, Any], Any],
    count: int = 2000,
    neighbours: int = 16,
    epsilon: float = 1e-4,
    crop: bool = False,
    seed: int = 0,
    batch_size: int = 16,
    progress: bool = False,
) -> PathLengths:
    """How fast each image changes around its place in W: the mean over neighbours v of d(g(w), g(w + ε (v - w))) / ε².

    The neighbours are styles of other latents, fresh ones for each place. The mean over all places is that of
    `tfnss.metrics.perceptual_path_length` with `space="w"` and `sampling="end"`, but for the tails that this leaves out.
    Styles are not truncated; the image and its neighbours have the same noise. A network of half precision is computed in
    float32, as the step is below its rounding.

    Args:
        generator: A `tfnss.GAN` (its average is used), or a TensorFlow generator with styles (the attributes `mapping`,
            `styles` and `synthesis`), giving floats in [-1, 1]. A conditional one is given its classes in turn.
        distance: Distances `[batch]` of two batches of images in [-1, 1].
        count: Number of images. Image i is that of row i of the latents of the seed.
        neighbours: Neighbours of each.
        epsilon: Step ε.
        crop: Whether images are cropped to StyleGAN's face region, as in `perceptual_path_length`.
        seed: Seed of the latents and the noise, in [0, 2**31).
        batch_size: Images at a time.
        progress: Whether to show a progress line.

    Raises:
        ValueError: For values outside these, a generator without styles, or one whose images are not finite.

    Reference: Karras et al., Analyzing and Improving the Image Quality of StyleGAN, CVPR 2020, section 3. It gives neither
    the number of images nor that of neighbours.
    """
    for name, value in {"count": count, "neighbours": neighbours, "batch_size": batch_size}.items():
        if value < 1:
            raise ValueError(f"`{name}` must be at least 1. Received: {name}={value}")
    if not epsilon > 0:
        raise ValueError(f"`epsilon` must be above 0. Received: epsilon={epsilon}")
    images = _Images(generator, seed)
    lengths, errors = np.zeros(count), np.zeros(count)
    for place in track(range(count), "path lengths", disable=not progress):
        style = images.styles([place])
        around = images.styles_around(place, neighbours)
        moved = (style + (around - style) * epsilon).astype(np.float32)
        own, found = shown(images(style, place), crop), []
        for start in range(0, neighbours, batch_size):
            other = shown(images(moved[start : start + batch_size], place), crop)
            found.append(np.asarray(distance(np.repeat(own, len(other), axis=0), other), np.float64) / epsilon**2)
        values = np.concatenate(found)
        check_finite(values)
        lengths[place] = values.mean()
        errors[place] = values.std(ddof=min(1, neighbours - 1)) / np.sqrt(neighbours)
    return PathLengths(lengths, errors)


def images_at(generator: Any, places: Sequence[int], seed: int = 0) -> np.ndarray:
    """The images of places of `path_lengths` with the same seed, uint8 `[places, height, width, channels]`."""
    images = _Images(generator, seed)
    found = [images(images.styles([place]), place) for place in places]
    return np.asarray(to_uint8(tf.constant(np.concatenate(found))))


class _Images:
    """Styles of places, and images of styles with the noise of a place."""

    def __init__(self, generator: Any, seed: int) -> None:
        network = in_float32(getattr(generator, "generator_ema", generator))
        if not has_styles(network):
            raise ValueError("path lengths in W need a generator with styles (`mapping`, `styles` and `synthesis`)")
        if not 0 <= seed < 2**31:
            raise ValueError(f"`seed` must lie in [0, 2**31). Received: seed={seed}")
        self._seed = seed
        self._styles = Sampler(network, seed=seed, part="styles")

        def images(styles: Any, place: Any) -> Any:
            with random.scope(EqualRows(noise_source(seed, place))):
                return network.synthesis(styles, training=False)

        self._images = tf.function(images, autograph=False, reduce_retracing=True)

    def styles(self, places: Sequence[int]) -> np.ndarray:
        """float64 `[places, slots, style_dim]`."""
        found = []
        for place in places:
            first = place - place % 2  # where rows may begin
            latents = sampling_latents(2, self._styles.latent_dim, self._seed, first)[place - first :][:1]
            found.append(self._styles(latents, place))
        return np.concatenate(found).astype(np.float64)

    def styles_around(self, place: int, count: int) -> np.ndarray:
        """float64 `[count, slots, style_dim]`; of the class of the place."""
        latents = neighbour_latents(count, self._styles.latent_dim, self._seed, place)
        classes = self._styles.classes
        labels = np.full(count, place % classes) if classes else None
        return self._styles(latents, place, labels).astype(np.float64)

    def __call__(self, styles: np.ndarray, place: int) -> np.ndarray:
        """Floats `[styles, height, width, channels]`."""
        return self._images(tf.constant(styles, tf.float32), tf.constant(place, tf.int64)).numpy()
