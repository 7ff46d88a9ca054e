"""Randomness that follows from a run's seed and clock.

Every stream is a function of (seed, images seen, phase, order of the request), and its rows belong to the *global*
batch: a replica keeps its own of them. So a resumed run, and a run on another number of replicas, sees the same numbers,
and no state has to be saved. TensorFlow's stateless float generators give other numbers under XLA than without it; its
Philox bits are the same, so the floats are made from those here (Box-Muller: also faster than TensorFlow's on a CPU).
"""

import math
from collections.abc import Sequence
from typing import Any

import tensorflow as tf

# Where the keys of different uses of one seed part.
_TRAINING, _SAMPLING = 0, 1


def fold(key: Any, number: Any) -> Any:
    """A new key, int32 [2], from a key and an integer."""
    return tf.random.fold_in(key, tf.cast(number, tf.int32), alg="philox")


def training_key(seed: int, images_seen: Any, phase: int) -> Any:
    """The key of one phase of the iteration that starts at `images_seen`, an int64 scalar."""
    key = fold(tf.stack([seed, _TRAINING]), images_seen % 2**31)
    return fold(fold(key, images_seen // 2**31), phase)


def sampling_latents(count: Any, latent_dim: int, seed: Any) -> Any:
    """Standard normal latents `[count, latent_dim]`; row i depends on `seed` and i alone."""
    return _Stream(tf.stack([seed, _SAMPLING])).normal((count, latent_dim))


class GlobalBatchSource:
    """A `tfnss.random.Source` for one replica.

    Args:
        key: int32 tensor [2].
        replica: Index of this replica, a number or scalar tensor.
        replicas: Number of replicas.
    """

    def __init__(self, key: Any, replica: Any = 0, replicas: int = 1) -> None:
        self._key, self._replica, self._replicas = key, replica, replicas
        self._streams = 0

    def stream(self) -> "_Stream":
        self._streams += 1
        return _Stream(fold(self._key, self._streams), self._replica, self._replicas)


class _Stream:
    """A `tfnss.random.Stream` whose rows are this replica's of the global batch's."""

    def __init__(self, key: Any, replica: Any = 0, replicas: int = 1) -> None:
        self._key, self._replica, self._replicas = key, replica, replicas

    def normal(self, shape: Sequence) -> Any:
        rows, values = shape[0], math.prod(shape[1:])
        pairs = -(-values // 2)
        uniform = self.uniform((rows, 2, pairs))
        radius = tf.sqrt(-2 * tf.math.log1p(-uniform[:, 0]))
        angle = 2 * math.pi * uniform[:, 1]
        normal = tf.concat([radius * tf.cos(angle), radius * tf.sin(angle)], axis=1)
        return tf.reshape(normal[:, :values], shape)

    def uniform(self, shape: Sequence) -> Any:
        if self._replicas == 1:
            bits = self._bits(shape)
        else:
            bits = self._bits((self._replicas, *shape))[self._replica]
        return tf.cast(tf.bitwise.right_shift(bits, tf.constant(8, tf.uint32)), tf.float32) * 2.0**-24

    def _bits(self, shape: Sequence) -> Any:
        return tf.random.stateless_uniform(shape, self._key, None, None, tf.uint32, alg="philox")
