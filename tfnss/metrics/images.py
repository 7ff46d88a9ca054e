"""Sets of images to compare: arrays, folders, and generators."""

import hashlib
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Protocol

import keras
import numpy as np
import tensorflow as tf

from tfnss import random
from tfnss.data import Images, folder, pixels
from tfnss.generators import labels_in_turn, latent_width, number_of_classes
from tfnss.images import to_uint8
from tfnss.random import stateless


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


class ArrayImages:
    """Images in memory, taken in an order that is random but fixed.

    Args:
        array: `[count, height, width, channels]`, uint8 or floats in [-1, 1].
        name: What results call it.

    Raises:
        ValueError: For another kind of array.
    """

    def __init__(self, array: np.ndarray, name: str = "array") -> None:
        self._array = Images(array, batch_size=1, name=name).array if len(array) else array
        self.name = name
        if not len(array):
            raise ValueError(f"{name} holds no images")

    def __len__(self) -> int:
        return len(self._array)

    @property
    def fingerprint(self) -> str:
        array = self._array
        return f"{array.shape} {array.dtype} {hashlib.sha256(np.ascontiguousarray(array).data).hexdigest()}"

    def batches(self, batch_size: int, count: int) -> Iterator[np.ndarray]:
        for indices in _batched(_order(len(self)), batch_size, count):
            yield _as_uint8(self._array[indices])


class FolderImages:
    """Image files below a folder, read as they are needed, in an order that is random but fixed.

    Args:
        path: The folder; hidden files are skipped.
        resolution: Size of the centred squares that images are cropped and resized to, as in training; None for images
            that are all of one size, as they are.

    Raises:
        ValueError: For a missing or empty folder, and while reading for a file that is no readable RGB image or, without
            `resolution`, of another size than the others. The message names it.
    """

    def __init__(self, path: str | os.PathLike, resolution: int | None = None) -> None:
        self._root, self._resolution = Path(path).expanduser(), resolution
        self._paths = folder.image_paths(self._root)
        self._first = self._paths[0]
        self.name = os.fspath(self._root)

    def __len__(self) -> int:
        return len(self._paths)

    @property
    def fingerprint(self) -> str:
        digest = hashlib.sha256()
        for path in self._paths:
            status = path.stat()
            digest.update(f"{path.relative_to(self._root)} {status.st_size} {status.st_mtime_ns}\n".encode())
        return f"{self._root.resolve()} {digest.hexdigest()} {self._resolution} {pixels.PREPROCESSING}"

    def batches(self, batch_size: int, count: int) -> Iterator[np.ndarray]:
        size = None if self._resolution else pixels.read(self._first).shape
        with ThreadPoolExecutor() as pool:
            for indices in _batched(_order(len(self)), batch_size, count):
                images = list(pool.map(lambda i: pixels.read(self._paths[i], self._resolution), indices))
                for index, image in zip(indices, images, strict=True):
                    if size is not None and image.shape != size:
                        raise ValueError(
                            f"images differ in size: {self._paths[index]} is {image.shape[1]}x{image.shape[0]}, "
                            f"{self._first} is {size[1]}x{size[0]}; bring them to one size"
                        )
                yield np.stack(images)


class GeneratedImages:
    """Samples of a generator, quantised to 8 bits, as `GAN.generate` gives them.

    Image i follows from `seed` and i; for a generator that draws noise also from the size of the batches.

    Args:
        generator: A `tfnss.GAN` (its average is used), a Keras model, or a function from latents `[batch, latent_dim]` to
            images `[batch, height, width, channels]`, floats in [-1, 1] or uint8.
        count: Number of images.
        latent_dim: Width of the latents; for a model it is known.
        seed: Seed of the latents, and of the noise that layers draw from `tfnss.random`.

    Raises:
        ValueError: For `count` < 1, or a function without `latent_dim`.
    """

    fingerprint = None

    def __init__(self, generator: Any, count: int, latent_dim: int | None = None, seed: int = 0) -> None:
        if count < 1:
            raise ValueError(f"at least 1 image is needed. Received: count={count}")
        self._sample = Sampler(generator, latent_dim, seed)
        self._count, self._seed = count, seed
        self.name = "samples"

    def __len__(self) -> int:
        return self._count

    def batches(self, batch_size: int, count: int) -> Iterator[np.ndarray]:
        batch_size += batch_size % 2  # blocks of latents begin at even places
        for start in range(0, count, batch_size):
            size = min(batch_size, count - start)
            latents = stateless.sampling_latents(size, self._sample.latent_dim, self._seed, start)
            yield _as_uint8(self._sample(latents, start))


class Sampler:
    """A generator in inference, whose noise follows from a seed and a clock.

    A conditional generator is given the classes in turn, from that of the clock modulo their number on.

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

        def sample(latents: Any, clock: Any) -> Any:
            labels = [labels_in_turn(clock, tf.shape(latents)[0], classes)] if classes else []
            with random.scope(stateless.noise_source(seed, clock)):
                return called(latents, *labels, **options)

        self._sample = tf.function(sample) if isinstance(network, keras.Layer) else sample

    def __call__(self, latents: Any, clock: int) -> np.ndarray:
        """Equal clocks give equal noise."""
        return np.asarray(self._sample(latents, tf.constant(clock, tf.int64)))


def as_image_set(images: Any, name: str = "array") -> ImageSet:
    """An image set of an array, `tfnss.data.Images`, or the path of a folder of images of one size."""
    if isinstance(images, Images):
        return ArrayImages(images.array, images.name)
    if isinstance(images, np.ndarray):
        return ArrayImages(images, name)
    if isinstance(images, (str, os.PathLike)):
        return FolderImages(images)
    return images


def _as_uint8(images: np.ndarray) -> np.ndarray:
    if images.dtype == np.uint8:
        return images
    if not np.isfinite(images).all():
        raise ValueError("images hold NaN or infinity: the generator has diverged")
    return np.asarray(to_uint8(tf.constant(images)))


def _order(count: int) -> np.ndarray:
    return np.random.default_rng(0).permutation(count)


def _batched(indices: np.ndarray, batch_size: int, count: int) -> Iterator[np.ndarray]:
    for start in range(0, min(count, len(indices)), batch_size):
        yield indices[start : min(start + batch_size, count)]
