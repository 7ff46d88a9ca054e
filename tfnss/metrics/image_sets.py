"""Sets of images to compare: arrays, folders, and generators."""

import math
import os
from collections.abc import Iterator
from typing import Any, Protocol

import keras
import numpy as np
import tensorflow as tf

from tfnss import random
from tfnss.data import Images
from tfnss.data.loading import open_source
from tfnss.generators import labels_in_turn, latent_width, number_of_classes, one_hot
from tfnss.random import stateless
from tfnss.resolution import Resolution
from tfnss.uint8 import as_uint8, check_floats

_ORDER_SEED = 0


class ImageSet(Protocol):
    """Images that can be read batch by batch, always the same ones in the same order.

    Attributes:
        name: What results call it.
        fingerprint: Tells its images from all others'; None if they should not be remembered.
    """

    name: str

    def __len__(self) -> int: ...

    @property
    def fingerprint(self) -> str | None: ...

    def batches(self, batch_size: int, count: int) -> Iterator[np.ndarray]:
        """`count` images in all, uint8 `[batch, height, width, channels]`."""


class FixedImages:
    """The images of `tfnss.data.Images` as they are, in an order that is random but fixed.

    Attributes:
        images: These.
    """

    def __init__(self, images: Images) -> None:
        self.images = images
        self.name = images.name

    def __len__(self) -> int:
        return len(self.images)

    @property
    def fingerprint(self) -> str | None:
        return self.images.fingerprint

    def batches(self, batch_size: int, count: int) -> Iterator[np.ndarray]:
        order = self._order(count)
        for start in range(0, len(order), batch_size):
            yield as_uint8(self.images.take(order[start : start + batch_size]), self.name)

    def labels(self, count: int) -> np.ndarray | None:
        """Those of the same images; None if they have none."""
        return None if self.images.labels is None else self.images.labels[self._order(count)]

    def _order(self, count: int) -> np.ndarray:
        return np.random.default_rng(_ORDER_SEED).permutation(len(self))[:count]


class ArrayImages(FixedImages):
    """Images in memory, taken in an order that is random but fixed.

    Args:
        array: `[count, height, width, channels]`, uint8 or floats in [-1, 1].
        name: What results call it.

    Raises:
        ValueError: For another kind of array.
    """

    def __init__(self, array: np.ndarray, name: str = "array") -> None:
        if not len(array):
            raise ValueError(f"{name} holds no images")
        super().__init__(Images(array, batch_size=1, name=name))


class FolderImages(FixedImages):
    """Image files below a folder or in a zip, or records, read as they are needed, in an order that is random but fixed.

    Args:
        path: The place; hidden files are skipped.
        resolution: Side of a square, or height and width, in pixels, that images are cropped and resized to, as in training;
            None for images that are all of one size, as they are.
        labels: Whether they have labels, as in training: samples of a conditional generator then follow their shares.
        channels: 1, 3 or 4, to which images are converted; None for those of the first image.
        background: Colour on which transparent images are laid, unless `channels` is 4; None to refuse them.

    Raises:
        ValueError: For a missing or empty place, and while reading for an image that cannot be read or converted (one that
            is transparent to RGB; one in colour among grey ones, unless `channels` says so) or, without `resolution`, of
            another size than the others. The message names it.
    """

    def __init__(
        self,
        path: str | os.PathLike,
        resolution: Resolution | None = None,
        labels: bool = False,
        channels: int | None = None,
        background: str | None = None,
    ) -> None:
        source = open_source(path, resolution, labels, channels, background)
        super().__init__(Images(source, batch_size=1, cache_gb=0))


class GeneratedImages:
    """Samples of a generator, quantised to 8 bits, as `GAN.generate` gives them.

    Image i follows from `seed` and i; for a generator that draws noise also from the size of the batches.

    Args:
        generator: A `tfnss.GAN` (its average is used), a Keras model, or a function from latents `[batch, latent_dim]` to
            images `[batch, height, width, channels]`, floats in [-1, 1] or uint8. Floats outside are clipped.
        count: Number of images.
        latent_dim: Width of the latents; for a model it is known.
        seed: Seed of the latents, and of the noise that layers draw from `tfnss.random`.
        labels: Labels of a set of images, integers, whose shares the classes of a conditional generator's images follow;
            None for the classes in turn.

    Raises:
        ValueError: For `count` < 1, a function without `latent_dim`, or labels that are not the generator's. In `batches`
            for other numbers, NaN or infinity, or a function none of whose floats is below 0.
    """

    fingerprint = None

    def __init__(
        self, generator: Any, count: int, latent_dim: int | None = None, seed: int = 0, labels: np.ndarray | None = None
    ) -> None:
        if count < 1:
            raise ValueError(f"at least 1 image is needed. Received: count={count}")
        self._sample = Sampler(generator, latent_dim, seed)
        self._count, self._seed = count, seed
        self.name = "samples"
        self._classes = None if labels is None or not self._sample.classes else _in_shares(labels, count)
        if self._classes is not None:
            one_hot(self._classes, self._sample.classes)  # raises

    @property
    def classes(self) -> str | None:
        """How the classes of the images are chosen, in words; None where there are none."""
        if not self._sample.classes:
            return None
        return "in turn" if self._classes is None else "in the shares of the reals"

    def __len__(self) -> int:
        return self._count

    def batches(self, batch_size: int, count: int) -> Iterator[np.ndarray]:
        batch_size += batch_size % 2  # blocks of latents begin at even places
        lowest, highest = math.inf, -math.inf
        for start in range(0, count, batch_size):
            size = min(batch_size, count - start)
            latents = stateless.sampling_latents(size, self._sample.latent_dim, self._seed, start)
            classes = None if self._classes is None else self._classes[start : start + size]
            images = self._sample(latents, start, classes)
            if images.dtype != np.uint8:
                lowest, highest = min(lowest, float(images.min())), max(highest, float(images.max()))
            yield as_uint8(images, self.name, clip=True)
        if self._sample.of_function and 0 <= lowest < math.inf:  # a model may have collapsed to that
            check_floats(lowest, highest, self.name)


class Sampler:
    """A generator in inference, whose noise follows from a seed and a clock.

    A conditional generator is given the classes in turn, from that of the clock modulo their number on, unless others are
    asked for.

    Args:
        generator: As in `GeneratedImages`.
        latent_dim: Width of the latents; for a model it is known.
        seed: Seed of the noise that layers draw from `tfnss.random`.
        part: Attribute of the generator to call instead of it, such as the mapping network.
    """

    def __init__(self, generator: Any, latent_dim: int | None = None, seed: int = 0, part: str | None = None) -> None:
        network = getattr(generator, "generator_ema", generator)
        if latent_dim is None:
            latent_dim = latent_width(network)
        if latent_dim is None:
            raise ValueError("a generator that is a plain function needs `latent_dim`, the width of its latents")
        self.latent_dim = latent_dim
        classes = 0 if part == "synthesis" else number_of_classes(network)
        called = getattr(network, part) if part else network
        options = {"training": False} if isinstance(network, keras.Layer) else {}

        self.classes = classes
        self.of_function = not isinstance(network, keras.Layer)

        def sample(latents: Any, clock: Any, *labels: Any) -> Any:
            with random.scope(stateless.noise_source(seed, clock)):
                return called(latents, *labels, **options)

        self._sample = sample if self.of_function else tf.function(sample)

    def __call__(self, latents: Any, clock: int, labels: np.ndarray | None = None) -> np.ndarray:
        """Equal clocks give equal noise; labels are integers, one for each of the latents."""
        conditions = []
        if self.classes:
            turn = labels_in_turn(clock, len(latents), self.classes)
            conditions = [turn if labels is None else one_hot(labels, self.classes)]
        return np.asarray(self._sample(latents, tf.constant(clock, tf.int64), *conditions))


def _in_shares(labels: np.ndarray, count: int) -> np.ndarray:
    """So many labels in the shares that they have in `labels`, to one image, in an order that is random but fixed."""
    random_order = np.random.default_rng(_ORDER_SEED)
    classes, numbers = np.unique(np.asarray(labels, np.int64), return_counts=True)
    wanted, rests = np.divmod(numbers.astype(np.int64) * count, len(labels))
    order = random_order.permutation(len(classes))  # of those whose rests are equal
    largest = order[np.argsort(-rests[order], kind="stable")]
    wanted[largest[: count - wanted.sum()]] += 1
    return random_order.permutation(np.repeat(classes, wanted))


def as_image_set(images: Any, name: str = "array") -> ImageSet:
    """An image set of an array, `tfnss.data.Images`, or the path of images of one size: a folder, zip or records.

    Raises:
        ValueError: For anything else that has no `batches`.
    """
    if isinstance(images, Images):
        return FixedImages(images)
    if isinstance(images, np.ndarray) or tf.is_tensor(images):
        return ArrayImages(np.asarray(images), name)
    if isinstance(images, (str, os.PathLike)):
        return FolderImages(images)
    if not hasattr(images, "batches"):
        raise ValueError(
            f"{name} must be an array, `tfnss.data.Images`, a path or an `ImageSet`. Received: {type(images)}"
        )
    return images
