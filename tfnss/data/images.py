"""Images for training, served in an order that is a function of the seed and the position alone."""

import contextlib
import copy
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from tfnss.data.classes import of_class_names
from tfnss.data.halved import HalvedReader
from tfnss.data.reading import ArrayReader, SourceReader
from tfnss.data.sources import Source
from tfnss.uint8 import from_uint8


class Images:
    """Images for training: shuffled anew each epoch, endless, and readable from any position at no cost.

    Args:
        images: An array `[count, height, width, channels]`, uint8 or floats in [-1, 1]; or a `Source`, which is read by
            several threads, ahead of the training.
        batch_size: Images in the global batch.
        seed: Seed of the order, and of what is mirrored.
        name: What errors and pictures call these images; by default the source's name.
        labels: Their classes, integers >= 0 `[count]`; None for the source's, or none.
        mirror: Whether `dataset` mirrors images left to right: of every image's epochs 2n and 2n + 1 one, which follows from
            the seed and the image's index.
        cache_gb: Memory for a source's pixels, in gigabytes: if those of all images fit, they are kept as they are first
            read; else they are read each time.
        value_range: That of an array of floats: (-1, 1), or (0, 1), which is brought to it: `take` and `dataset` give
            [-1, 1].
        class_names: Names of the classes; None for the source's, or for "0", "1", ...

    Attributes:
        passed_over: Of a source of files, the names of those that are no images, and the reasons.

    Raises:
        ValueError: For an array or labels of another kind, floats out of their range, fewer images than a batch, or fewer
            names than classes.

    Example:

    ```python
    images = Images(np.load("images.npy"), batch_size=32)
    gan.fit(images, epochs=10)
    for batch in images.dataset().take(1):  # float32 [32, height, width, channels] in [-1, 1]
        ...
    ```
    """

    def __init__(
        self,
        images: np.ndarray | Source,
        batch_size: int,
        seed: int = 0,
        name: str | None = None,
        labels: np.ndarray | None = None,
        mirror: bool = False,
        cache_gb: float = 8.0,
        value_range: tuple[float, float] = (-1, 1),
        class_names: Sequence[str] | None = None,
    ) -> None:
        self.name: str = str(name or getattr(images, "name", "images"))
        if tuple(value_range) not in ((-1, 1), (0, 1)):
            raise ValueError(f"`value_range` must be (-1, 1) or (0, 1). Received: value_range={value_range}")
        if not isinstance(images, np.ndarray) and not hasattr(images, "read"):
            raise ValueError(f"{self.name} must be a NumPy array or a `Source`. Received: {type(images).__name__}")
        self.labels = _as_int64(getattr(images, "labels", None) if labels is None else labels)
        if class_names is None and labels is None and self.labels is not None:
            class_names = getattr(images, "class_names", None)
        self.batch_size, self.seed, self.mirror, self._cache_gb = batch_size, seed, mirror, cache_gb
        self.passed_over: list[tuple[str, str]] = getattr(images, "passed_over", [])
        self._source = None if isinstance(images, np.ndarray) else images
        self._reader: Any = (
            ArrayReader(images, self.name, unit=tuple(value_range) == (0, 1))
            if isinstance(images, np.ndarray)
            else SourceReader(images, cache_gb)
        )
        self._failure: Exception | None = None
        self._check()
        self._class_names = self._named(class_names)

    def _check(self) -> None:
        count, name, batch_size, labels = len(self), self.name, self.batch_size, self.labels
        if batch_size < 1:
            raise ValueError(f"the batch size must be at least 1. Received: batch_size={batch_size}")
        if count < batch_size:
            raise ValueError(f"{name}: {count} images are fewer than one batch of {batch_size}; use a smaller batch")
        if labels is not None and (labels.shape != (count,) or labels.dtype.kind not in "iu" or labels.min() < 0):
            raise ValueError(
                f"{name}: expected labels [{count}] of integers >= 0, one per image. "
                f"Received: shape {labels.shape}, {labels.dtype}"
            )

    def _named(self, class_names: Sequence[str] | None) -> list[str] | None:
        if class_names is None:
            return None
        if self.labels is None:
            raise ValueError(f"{self.name} has no labels, so it takes no class names; give `labels` too")
        return of_class_names(
            class_names if isinstance(class_names, str) else list(class_names), self.labels, self.name
        )

    def __len__(self) -> int:
        return len(self._reader)

    @property
    def class_names(self) -> list[str] | None:
        """Names of the classes, at least up to that of the highest label; None without labels."""
        if self.labels is None or self._class_names is not None:
            return self._class_names
        return [str(label) for label in range(int(self.labels.max()) + 1)]

    @property
    def class_counts(self) -> np.ndarray | None:
        """Number of images of each class, int64 `[classes]`, one for each of `class_names`; None without labels."""
        if self.labels is None:
            return None
        return np.bincount(self.labels, minlength=len(self._class_names or ())).astype(np.int64)

    @property
    def upscaled(self) -> int:
        """How many images of files or records were enlarged to the resolution, as far as they were read or checked: all of
        them after `tfnss.data.load`. 0 for arrays and data sets by name, of which it is not known."""
        return int(getattr(self._source, "upscaled", 0))

    @property
    def steps_per_epoch(self) -> int:
        """Whole batches in one pass over the images."""
        return len(self) // self.batch_size

    @property
    def fingerprint(self) -> str | None:
        """Tells these pixels from all others; None where a source does not."""
        return self._reader.fingerprint

    @property
    def array(self) -> np.ndarray | None:
        """All images, if they are in memory; else None."""
        return self._reader.array

    def take(self, indices: Any) -> np.ndarray:
        """The images of these indices, as they are: not mirrored, uint8 or the floats of the array, in [-1, 1].

        Raises:
            ValueError: For an image of a source that cannot be used. The message names it.
            OSError: For one that the machine does not give.
        """
        return self._reader.take(np.asarray(indices, np.int64))

    def read_all(self) -> bool:
        """Reads all images that are not in memory yet, if memory for them is allowed; gives whether they are in memory.

        Raises:
            ValueError: For the first image that cannot be used. The message names it.
            OSError: For one that the machine does not give.
        """
        self._reader.read_all()
        return self.array is not None

    def reseeded(self, seed: int) -> "Images":
        """The same images in the order of another seed; what is in memory is shared."""
        other = copy.copy(self)
        other.seed = seed
        return other

    def at(self, batch_size: int, halvings: int) -> "Images":
        """The same images in batches of another size, and smaller: their sides are halved so many times.

        Pixels are the means over squares of 2^halvings pixels, of uint8 rounded to the nearest, halves to the even number.
        They are kept where those of all images fit in the memory that is allowed.

        Raises:
            ValueError: For sides that cannot be halved so often, and for fewer images than a batch.
        """
        other = copy.copy(self)
        other.batch_size = batch_size
        if halvings:
            other._reader = HalvedReader(self._reader, halvings, self.name, self._cache_gb)
        other._check()
        return other

    def dataset(self, images_seen: int = 0) -> tf.data.Dataset:
        """Endless float32 batches in [-1, 1], from the position after `images_seen` images; with labels, pairs."""
        positions = tf.data.Dataset.range(images_seen, np.iinfo(np.int64).max, self.batch_size)
        return positions.map(self._batch, num_parallel_calls=tf.data.AUTOTUNE).prefetch(tf.data.AUTOTUNE)

    @contextlib.contextmanager
    def own_errors(self) -> Iterator[None]:
        """In the block, an error of TensorFlow's that comes of an image that cannot be used is raised as its own."""
        self._failure = None
        try:
            yield
        except tf.errors.OpError:
            if self._failure is None:
                raise
            raise self._failure from None

    def _batch(self, position: Any) -> Any:
        epochs, indices = self._order(position + tf.range(self.batch_size, dtype=tf.int64))
        arguments = [indices, self._mirrored(epochs, indices)] if self.mirror else [indices]
        batch = tf.numpy_function(self._read, arguments, self._reader.dtype, stateful=False)
        batch = tf.ensure_shape(batch, [self.batch_size, *self._reader.shape])
        images = from_uint8(batch) if batch.dtype == tf.uint8 else tf.cast(batch, tf.float32)
        return images if self.labels is None else (images, tf.gather(tf.constant(self.labels, tf.int64), indices))

    def _read(self, indices: np.ndarray, mirrored: np.ndarray | None = None) -> np.ndarray:
        try:
            images = self.take(indices)
        except Exception as error:
            self._failure = error
            raise
        if mirrored is not None:
            images[mirrored] = images[mirrored][:, :, ::-1]  # in NumPy: TensorFlow's reversal takes ten times as long
        return images

    def _order(self, positions: Any) -> tuple[Any, Any]:
        """The epoch, and the index of the image, at each position: one permutation per epoch."""
        epochs = positions // len(self)
        return epochs, self._shuffled(positions % len(self), epochs, epochs)

    def _mirrored(self, epochs: Any, indices: Any) -> Any:
        """Whether each image is mirrored: half of them in one epoch, the other half in the next."""
        pairs = epochs // 2
        return (self._shuffled(indices, pairs, -1 - pairs) + epochs) % 2 == 1

    def _shuffled(self, indices: Any, *seeds: Any) -> Any:
        seed = tf.stack([tf.fill(tf.shape(indices), tf.constant(self.seed, tf.int64)), *seeds], axis=1)
        # The raw op: `tf.random.experimental.index_shuffle` does not take a seed per index.
        last = tf.constant(len(self) - 1, tf.int64)
        return tf.raw_ops.RandomIndexShuffle(index=indices, seed=seed, max_index=last)


def _as_int64(labels: Any) -> np.ndarray | None:
    """Labels of any integers; others stay as they are, to be refused."""
    if labels is None:
        return None
    labels = np.asarray(labels)
    return labels.astype(np.int64) if labels.dtype.kind in "iu" else labels
