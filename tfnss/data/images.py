"""Images in memory, served in an order that is a function of the seed and the position alone."""

from typing import Any

import numpy as np
import tensorflow as tf

from tfnss.images import from_uint8


class Images:
    """Images for training: shuffled anew each epoch, endless, and readable from any position at no cost.

    Args:
        array: `[count, height, width, channels]`, uint8 or floats in [-1, 1].
        batch_size: Images in the global batch.
        seed: Seed of the order.
        name: What errors and pictures call these images.
        labels: Their classes, integers >= 0 `[count]`; None for images without.

    Raises:
        ValueError: For an array or labels of another kind, or fewer images than a batch.

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
        array: np.ndarray,
        batch_size: int,
        seed: int = 0,
        name: str = "images",
        labels: np.ndarray | None = None,
    ) -> None:
        if array.ndim != 4 or array.dtype.kind not in "uf" or (array.dtype.kind == "u" and array.dtype != np.uint8):
            raise ValueError(
                f"{name}: expected an array [count, height, width, channels] of uint8 or floats in [-1, 1]. "
                f"Received: shape {array.shape}, {array.dtype}"
            )
        if batch_size < 1:
            raise ValueError(f"the batch size must be at least 1. Received: batch_size={batch_size}")
        if len(array) < batch_size:
            raise ValueError(
                f"{name}: {len(array)} images are fewer than one batch of {batch_size}; use a smaller batch"
            )
        if labels is not None and (labels.shape != (len(array),) or labels.dtype.kind not in "iu" or labels.min() < 0):
            raise ValueError(
                f"{name}: expected labels [{len(array)}] of integers >= 0, one per image. "
                f"Received: shape {labels.shape}, {labels.dtype}"
            )
        self.array, self.labels = array, labels
        self.batch_size = batch_size
        self.seed = seed
        self.name = name

    def __len__(self) -> int:
        return len(self.array)

    @property
    def steps_per_epoch(self) -> int:
        """Whole batches in one pass over the images."""
        return len(self) // self.batch_size

    def dataset(self, images_seen: int = 0) -> tf.data.Dataset:
        """Endless float32 batches in [-1, 1], from the position after `images_seen` images; with labels, pairs."""
        positions = tf.data.Dataset.range(images_seen, np.iinfo(np.int64).max, self.batch_size)
        return positions.map(self._batch, num_parallel_calls=tf.data.AUTOTUNE).prefetch(tf.data.AUTOTUNE)

    def _batch(self, position: Any) -> Any:
        indices = self._order(position + tf.range(self.batch_size, dtype=tf.int64))
        batch = tf.numpy_function(self.array.__getitem__, [indices], self.array.dtype, stateful=False)
        batch = tf.ensure_shape(batch, [self.batch_size, *self.array.shape[1:]])
        images = from_uint8(batch) if batch.dtype == tf.uint8 else tf.cast(batch, tf.float32)
        return images if self.labels is None else (images, tf.gather(tf.constant(self.labels, tf.int64), indices))

    def _order(self, positions: Any) -> Any:
        """The index of the image at each position: one permutation per epoch."""
        count = tf.constant(len(self), tf.int64)
        epochs = positions // count
        seeds = tf.stack([tf.fill(tf.shape(epochs), tf.constant(self.seed, tf.int64)), epochs, epochs], axis=1)
        # The raw op: `tf.random.experimental.index_shuffle` does not take a seed per index.
        return tf.raw_ops.RandomIndexShuffle(index=positions % count, seed=seeds, max_index=count - 1)
