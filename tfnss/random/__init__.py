"""Random streams that layers draw from, alone or under a training engine.

A layer asks for `stream(self.seed_generator)` and draws from the answer. Alone, the numbers come from the layer's
`keras.random.SeedGenerator`. Inside `scope(source)` they come from the source, which can make them a function of the
run's seed and clock (`tfnss.random.stateless`).
"""

import contextlib
import contextvars
from collections.abc import Iterator
from typing import Any, Protocol

import keras

_active: contextvars.ContextVar["Source | None"] = contextvars.ContextVar("tfnss_random_source", default=None)


class Stream(Protocol):
    """A fixed key: equal calls give equal numbers. The first axis of `shape` is the batch."""

    def normal(self, shape: Any) -> Any:
        """Standard normal float32 numbers of `shape`."""

    def uniform(self, shape: Any) -> Any:
        """Float32 numbers of `shape`, uniform in [0, 1)."""


class Source(Protocol):
    """Gives a new stream at every call."""

    def stream(self) -> Stream: ...


@contextlib.contextmanager
def scope(source: Source) -> Iterator[None]:
    """Within the block, in this thread, every layer's stream comes from `source`."""
    token = _active.set(source)
    try:
        yield
    finally:
        _active.reset(token)


def stream(seed_generator: keras.random.SeedGenerator | None = None) -> Stream:
    """The next stream of the active source or, without one, of `seed_generator` (a new one, unseeded, if None).

    Take the stream outside `keras.ops.cond` and draw inside: a branch may not change a seed generator's state.
    """
    source = _active.get()
    if source is not None:
        return source.stream()
    if seed_generator is None:
        seed_generator = keras.random.SeedGenerator()
    return _DrawnSeed(seed_generator.next())


class _DrawnSeed(keras.random.SeedGenerator):
    """One seed of a generator, kept: `keras.random` takes it as a generator on every backend."""

    def __init__(self, seed: Any) -> None:  # no state of its own, so the base constructor stays out
        self._seed = seed

    def next(self, ordered: bool = True) -> Any:
        return self._seed

    def normal(self, shape: Any) -> Any:
        return keras.random.normal(shape, dtype="float32", seed=self)

    def uniform(self, shape: Any) -> Any:
        return keras.random.uniform(shape, dtype="float32", seed=self)
