"""A `keras.utils.PyDataset` as batches from the place where the clock stands."""

import itertools
import weakref
from collections.abc import Iterator

import keras
import numpy as np
import tensorflow as tf

from tfnss.data.reading import check_floats

# Those that were read in this process, by their identity: not all can be hashed.
_begun: "weakref.WeakValueDictionary[int, keras.utils.PyDataset]" = weakref.WeakValueDictionary()


class NumberedBatches:
    """The batches of a `keras.utils.PyDataset`, one after the other, over and over.

    They are read in order by one thread, whatever the dataset's `workers`. Its `on_epoch_begin` and `on_epoch_end` are
    called before and after each pass over its batches, and for the passes that are over when this process first reads
    it. So a resumed run reads on exactly if a batch depends on its number, and on these calls so far, alone (as where
    `on_epoch_end` shuffles with a seed). What `__getitem__` changes is not restored, nor what a pass that was stopped in
    this process has read ahead.

    Args:
        batches: The dataset. When this is made, its first batch and its last are read once.

    Attributes:
        count: Number of batches.
        batch_size: Images in each.

    Raises:
        ValueError: For a dataset without batches, of an unknown number of them, or with a last one that is smaller.
    """

    def __init__(self, batches: keras.utils.PyDataset) -> None:
        self._batches = batches
        self.count = batches.num_batches or 0
        if not self.count:
            raise ValueError("`fit` takes a PyDataset of a known number of batches, at least 1")
        first = [np.asarray(part) for part in self._parts(0)]
        self.batch_size = len(first[0])
        self._specs = tuple(tf.TensorSpec(array.shape, array.dtype) for array in first)
        self._ends = [images for images in (first[0], self._read(self.count - 1)[0]) if images.dtype.kind == "f"]

    def check_range(self) -> None:
        """Raises a ValueError where floats of the first batch and the last are not in [-1, 1]."""
        if self._ends:
            check_floats(float(np.min(self._ends)), float(np.max(self._ends)), "the dataset")

    def dataset(self, images_seen: int, steps: int | None = None) -> tf.data.Dataset:
        """So many batches, or endless ones, from the position of the clock."""
        start = images_seen // self.batch_size
        dataset = tf.data.Dataset.from_generator(lambda: self._in_order(start, steps), output_signature=self._specs)
        return dataset.prefetch(tf.data.AUTOTUNE)

    def _in_order(self, start: int, steps: int | None) -> Iterator[tuple]:
        for place in itertools.islice(
            itertools.count(start), steps
        ):  # no more than are asked for: the dataset may count
            self._begin(*divmod(place, self.count))
            arrays = self._read(place % self.count)
            if place % self.count == self.count - 1:
                self._batches.on_epoch_end()
            yield tuple(arrays)

    def _begin(self, passes: int, number: int) -> None:
        """Lets the dataset begin a pass, and first of all those that are over."""
        if id(self._batches) not in _begun:
            _begun[id(self._batches)] = self._batches
            for _ in range(passes):
                self._batches.on_epoch_begin()
                self._batches.on_epoch_end()
            self._batches.on_epoch_begin()
        elif number == 0:
            self._batches.on_epoch_begin()

    def _parts(self, number: int) -> tuple:
        batch = self._batches[number]
        return tuple(batch)[:2] if isinstance(batch, (tuple, list)) else (batch,)

    def _read(self, number: int) -> list[np.ndarray]:
        """Copies, which stay as they are when `on_epoch_end` shuffles what they are parts of."""
        parts = self._parts(number)
        arrays = [np.array(part, spec.dtype.as_numpy_dtype) for part, spec in zip(parts, self._specs, strict=True)]
        for array, spec in zip(arrays, self._specs, strict=True):
            if array.shape != tuple(spec.shape):
                raise ValueError(
                    f"batch {number} of the PyDataset has the shape {array.shape}, the first one {tuple(spec.shape)}: "
                    "leave out a last batch that is smaller"
                )
        return arrays
