"""Randomness that follows from a run's seed and clock.

Every stream is a function of (seed, use, images seen, order of the request), and its rows belong to the *global* batch: a
replica keeps its own of them. So a resumed run, and a run on another number of replicas, sees the same numbers, and no
state has to be saved.

The numbers are those of the Philox generator (Salmon et al. 2011), whose key and 128-bit counter are laid out here: the
key holds the seed and the use, the counter's high word the clock and the stream. TensorFlow's stateless generators make
other floats from the same bits under XLA than without it, so the floats are made here too (Box-Muller).
"""

import math
import numbers
from collections.abc import Sequence
from typing import Any

import tensorflow as tf

# Uses of one seed, which part its numbers. A training phase has `_TRAINING` plus its index.
_SAMPLING, _TRAINING, _NOISE, _PAIRS, _STATISTICS, _PROJECTION, _NEIGHBOURS = 0, 1, *range(2**16, 2**16 + 5)
_STREAM_BITS = 16
_PHILOX = 1


class GlobalBatchSource:
    """A `tfnss.random.Source` for one replica.

    Args:
        seed: Number or scalar tensor in [0, 2**31).
        use: Number in [0, 2**31) that parts uses of one seed.
        clock: Number or integer tensor in [0, 2**48).
        replica: Index of this replica, a number or scalar tensor.
        replicas: Number of replicas.

    Raises:
        ValueError: For a number as seed outside its range; the value of a tensor is not looked at.
    """

    def __init__(self, seed: Any, use: int, clock: Any = 0, replica: Any = 0, replicas: int = 1) -> None:
        if isinstance(seed, numbers.Integral) and not 0 <= int(seed) < 2**31:
            raise ValueError(f"a seed is a number from 0 to {2**31 - 1}. Received: seed={seed}")
        self._key = _word(seed, 32) + _word(use)
        self._block = _word(clock, _STREAM_BITS)
        self._replica, self._replicas = replica, replicas
        self._streams = 0

    def stream(self) -> "_Stream":
        self._streams += 1
        return _Stream(self._key, self._block + _word(self._streams), self._replica, self._replicas)


def training_source(seed: int, phase: int, images_seen: Any, replica: Any, replicas: int) -> GlobalBatchSource:
    """The source of one phase of the iteration that starts at `images_seen`."""
    return GlobalBatchSource(seed, _TRAINING + phase, images_seen, replica, replicas)


def sampling_latents(count: Any, latent_dim: int, seed: Any, start: int = 0) -> Any:
    """Standard normal latents `[count, latent_dim]`: rows `start` and on of a sequence that depends on `seed` alone.

    `start` must be even.
    """
    return GlobalBatchSource(seed, _SAMPLING).stream().normal((count, latent_dim), start)


def latents_of_seeds(seeds: Sequence[int], latent_dim: int) -> Any:
    """Standard normal latents `[count, latent_dim]`: those of each seed alone, as if it were the only one."""
    return tf.concat([sampling_latents(1, latent_dim, seed) for seed in seeds], axis=0)


def latent_pairs(count: int, latent_dim: int, seed: int, start: int = 0) -> tuple[Any, Any]:
    """Standard normal latents `[count, 2, latent_dim]` and uniform numbers `[count]`, from row `start` on.

    `start` must be a multiple of 4.
    """
    source = GlobalBatchSource(seed, _PAIRS)
    return source.stream().normal((count, 2, latent_dim), start), source.stream().uniform((count,), start)


def neighbour_latents(count: int, latent_dim: int, seed: int, place: int) -> Any:
    """Standard normal latents `[count, latent_dim]`, fresh ones for each place."""
    return GlobalBatchSource(seed, _NEIGHBOURS, place).stream().normal((count, latent_dim))


def statistics_latents(count: int, latent_dim: int, seed: int, images_seen: Any) -> Any:
    """Standard normal latents `[count, latent_dim]` of the iteration that ends at `images_seen`, equal on every replica."""
    return GlobalBatchSource(seed, _STATISTICS, images_seen).stream().normal((count, latent_dim))


def noise_source(seed: int, clock: Any) -> GlobalBatchSource:
    """The source of what layers draw while images are sampled."""
    return GlobalBatchSource(seed, _NOISE, clock)


class EqualRows:
    """A `tfnss.random.Source` of another's numbers for one image, which all images of a batch get.

    Args:
        source: The other source.
    """

    def __init__(self, source: GlobalBatchSource) -> None:
        self._source = source

    def stream(self) -> "_EqualRows":
        return _EqualRows(self._source.stream())


class _EqualRows:
    def __init__(self, stream: "_Stream") -> None:
        self._stream = stream

    def normal(self, shape: Sequence) -> Any:
        return tf.broadcast_to(self._stream.normal((1, *shape[1:])), shape)

    def uniform(self, shape: Sequence) -> Any:
        return tf.broadcast_to(self._stream.uniform((1, *shape[1:])), shape)


def projection_source(seed: int, step: Any) -> GlobalBatchSource:
    """The source of one step of a projection."""
    return GlobalBatchSource(seed, _PROJECTION, step)


class _Stream:
    """A `tfnss.random.Stream` whose rows are this replica's of the global batch's."""

    def __init__(self, key: Any, block: Any, replica: Any, replicas: int) -> None:
        self._key, self._block = key, block
        self._replica, self._replicas = replica, replicas

    def normal(self, shape: Sequence, start: int = 0) -> Any:
        rows, values = shape[0], math.prod(shape[1:])
        pairs = -(-values // 2)
        uniform = self.uniform((rows, 2, pairs), start)
        radius = tf.sqrt(-2 * tf.math.log1p(-uniform[:, 0]))
        angle = 2 * math.pi * uniform[:, 1]
        normal = tf.concat([radius * tf.cos(angle), radius * tf.sin(angle)], axis=1)
        return tf.reshape(normal[:, :values], shape)

    def uniform(self, shape: Sequence, start: int = 0) -> Any:
        bits = tf.bitwise.right_shift(self.bits(shape, start), tf.constant(8, tf.uint32))
        return tf.cast(bits, tf.float32) * 2.0**-24

    def bits(self, shape: Sequence, start: int = 0) -> Any:
        """Random uint32 of `shape`, from row `start` on. A step of the counter makes four of them."""
        whole = shape if self._replicas == 1 else (self._replicas, *shape)
        skipped, rest = divmod(start * math.prod(shape[1:]), 4) if start else (0, 0)
        if rest:
            raise ValueError(f"rows from {start} on do not begin at a step of the counter")
        numbers = tf.raw_ops.StatelessRandomUniformFullIntV2(
            shape=tf.stack(whole),
            key=self._key[tf.newaxis],
            counter=tf.stack([tf.constant(skipped, tf.uint64), self._block]),
            alg=_PHILOX,
            dtype=tf.uint32,
        )
        return numbers if self._replicas == 1 else tf.gather(numbers, self._replica)  # XLA compiles a slice for each


def _word(number: Any, shift: int = 0) -> Any:
    """A number as a 64-bit word, shifted to the left."""
    return tf.bitwise.left_shift(tf.cast(number, tf.uint64), tf.constant(shift, tf.uint64))
