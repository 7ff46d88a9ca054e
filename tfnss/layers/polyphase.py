"""Filtering and resampling along one axis, twice differentiable and fast.

A filter is a sum of shifted copies, computed on polyphase components: no strides, which have slow gradients in
TensorFlow's graph mode, and no depthwise convolutions, which XLA compiles badly for the CPU. The transpose of one such
operation is another, so each states its gradient itself, and by recursion those of all orders.
"""

import contextlib
import contextvars
import functools
import operator
from collections.abc import Iterator
from typing import Any

from keras import ops

_plain: contextvars.ContextVar[bool] = contextvars.ContextVar("tfnss_plain_gradients", default=False)


@contextlib.contextmanager
def plain_gradients() -> Iterator[None]:
    """Within the block, filters leave their gradient to the backend: the same values, slower in TensorFlow's graphs.

    For tracing what is exported: a SavedModel cannot store custom gradients and warns when it is loaded.
    """
    token = _plain.set(True)
    try:
        yield
    finally:
        _plain.reset(token)


def upfirdn(x: Any, taps: tuple[float, ...], axis: int, up: int, down: int, before: int, after: int) -> Any:
    """Along one axis: up - 1 zeros after each entry, zeros at both ends, the filter, then every `down`-th entry.

    Args:
        x: Floats of two or more axes, static but for the first.
        taps: The filter, which is correlated, not convolved.
        axis: Any but the first.
        up: Factor >= 1;
        down: the same. One of the two is 1.
        before: Zeros at the beginning; negative numbers crop.
        after: Zeros at the end.

    Returns:
        As `x`, with `(size * up + before + after - len(taps)) // down + 1` entries along the axis.
    """
    size = x.shape[axis]
    length = (size * up + before + after - len(taps)) // down + 1
    if _plain.get():
        return _filtered(x, taps, axis, up, down, before, length)

    @ops.custom_gradient
    def differentiable(x: Any) -> tuple:
        def gradient(*arguments: Any, upstream: Any = None) -> Any:  # by position or, on JAX, by name
            upstream = arguments[0] if upstream is None else upstream
            ends = len(taps) - 1 - before, size * up - length * down + before - up + 1
            return upfirdn(upstream, taps[::-1], axis, down, up, *ends)

        return _filtered(x, taps, axis, up, down, before, length), gradient

    return differentiable(x)


def part(x: Any, axis: int, start: int, length: int) -> Any:
    """x[start : start + length] along one axis."""
    if start == 0 and length == x.shape[axis]:
        return x
    return x[(slice(None),) * axis + (slice(start, start + length),)]


def _filtered(x: Any, taps: tuple[float, ...], axis: int, up: int, down: int, before: int, length: int) -> Any:
    """`length` entries y[p] = sum_k taps[k] z[down p + k - before], where z is x with up - 1 zeros after each entry."""
    if up == 1:
        return _downsampled(x, taps, axis, down, -before, length)
    count = -(-length // up)
    phases = []
    for phase in range(up):
        first = (before - phase) % up  # the taps between the `up`-th ones meet zeros
        start = (first + phase - before) // up
        phases.append(_downsampled(x, taps[first::up], axis, 1, start, count))
    return part(_interleaved(phases, axis), axis, 0, length)


def _downsampled(x: Any, taps: tuple[float, ...], axis: int, down: int, start: int, length: int) -> Any:
    """`length` entries y[p] = sum_k taps[k] x[down p + k + start], where x is zero outside itself."""
    count = length - 1 + -(-len(taps) // down)
    phases = _deinterleaved(_window(x, axis, start, down * count), axis, down)
    terms = [part(phases[k % down], axis, k // down, length) * tap for k, tap in enumerate(taps)]
    return functools.reduce(operator.add, terms)


def _window(x: Any, axis: int, start: int, length: int) -> Any:
    """x[start : start + length], with zeros where that lies outside x."""
    size = x.shape[axis]
    before, after = max(-start, 0), max(start + length - size, 0)
    x = part(x, axis, start + before, length - before - after)
    if before == after == 0:
        return x
    return ops.pad(x, [(before, after) if i == axis else (0, 0) for i in range(len(x.shape))])


def _interleaved(phases: list, axis: int) -> Any:
    """The entries of each phase in turn."""
    shape = phases[0].shape
    stacked = ops.stack(phases, axis=axis + 1)
    return ops.reshape(stacked, (-1, *shape[1:axis], len(phases) * shape[axis], *shape[axis + 1 :]))


def _deinterleaved(x: Any, axis: int, count: int) -> list:
    """Every `count`-th entry, from the first, the second, ..."""
    if count == 1:
        return [x]
    shape = x.shape
    x = ops.reshape(x, (-1, *shape[1:axis], shape[axis] // count, count, *shape[axis + 1 :]))
    return [x[(slice(None),) * (axis + 1) + (phase,)] for phase in range(count)]
