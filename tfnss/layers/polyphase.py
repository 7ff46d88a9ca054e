"""Filtering and resampling along axes, twice differentiable and fast.

A filter is a sum of shifted copies, computed on polyphase components: no strides, which have slow gradients in
TensorFlow's graph mode, and no depthwise convolutions, which XLA compiles badly for the CPU. The transpose of one such
operation is another, so each states its gradient itself, and by recursion those of all orders.
"""

import contextlib
import contextvars
import functools
import operator
from collections.abc import Iterator, Mapping
from typing import Any

from keras import ops

from tfnss.layers.shared_graphs import shared

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


def upfirdn(x: Any, taps: tuple[float, ...], padding: Mapping[int, tuple[int, int]], up: int = 1, down: int = 1) -> Any:
    """Along some axes: up - 1 zeros after each entry, zeros at both ends, the filter, then every `down`-th entry.

    Args:
        x: Floats of two or more axes, static but for the first.
        taps: The filter, which is correlated, not convolved.
        padding: The axes, any but the first, and the numbers of zeros at their beginning and end; negative numbers crop.
        up: Factor >= 1;
        down: the same. One of the two is 1.

    Returns:
        As `x`, with `(size * up + before + after - len(taps)) // down + 1` entries along these axes.
    """
    lengths = {
        axis: (x.shape[axis] * up + before + after - len(taps)) // down + 1 for axis, (before, after) in padding.items()
    }
    spans = tuple((axis, before, lengths[axis]) for axis, (before, _) in padding.items())
    if _plain.get():
        return _filtered(x, taps, spans, up, down)

    @ops.custom_gradient
    def differentiable(x: Any) -> tuple:
        def gradient(*arguments: Any, upstream: Any = None) -> Any:  # by position or, on JAX, by name
            upstream = arguments[0] if upstream is None else upstream
            ends = {
                axis: (len(taps) - 1 - before, x.shape[axis] * up - length * down + before - up + 1)
                for axis, before, length in spans
            }
            return upfirdn(upstream, taps[::-1], ends, down, up)

        return shared(_filtered, (x,), taps, spans, up, down), gradient

    return differentiable(x)


def part(x: Any, axis: int, start: int, length: int) -> Any:
    """x[start : start + length] along one axis."""
    if start == 0 and length == x.shape[axis]:
        return x
    return x[(slice(None),) * axis + (slice(start, start + length),)]


def _filtered(x: Any, taps: tuple[float, ...], spans: tuple[tuple[int, int, int], ...], up: int, down: int) -> Any:
    """Along each axis with a number of zeros before and a length.

    Of each, `length` entries y[p] = sum_k taps[k] z[down p + k - before], where z is x with up - 1 zeros after each entry.
    """
    for axis, before, length in spans:
        x = (
            _upsampled(x, taps, axis, up, before, length)
            if up > 1
            else _downsampled(x, taps, axis, down, -before, length)
        )
    return x


def _upsampled(x: Any, taps: tuple[float, ...], axis: int, up: int, before: int, length: int) -> Any:
    count = -(-length // up)
    terms = [_terms(taps, up, before, phase) for phase in range(up)]
    places = [place for phase in terms for place, _ in phase]
    first = min(places)
    x = _window(x, axis, first, count + max(places) - first)
    scaled = _Scaled([x])
    phases = [_sum([_sliced(scaled[0, tap], axis, place - first, count) for place, tap in phase]) for phase in terms]
    return _sliced(_interleaved(phases, axis), axis, 0, length)


def _terms(taps: tuple[float, ...], up: int, before: int, phase: int) -> list[tuple[int, float]]:
    """Of each `up`-th result, from the `phase`-th: places of the entries that it sums, from its own, and their taps."""
    first = (before - phase) % up  # the taps between the `up`-th ones meet zeros
    start = (first + phase - before) // up
    return [(start + number, tap) for number, tap in enumerate(taps[first::up])]


def _downsampled(x: Any, taps: tuple[float, ...], axis: int, down: int, start: int, length: int) -> Any:
    """`length` entries y[p] = sum_k taps[k] x[down p + k + start], where x is zero outside itself."""
    count = length - 1 + -(-len(taps) // down)
    scaled = _Scaled(_deinterleaved(_window(x, axis, start, down * count), axis, down))
    return _sum([_sliced(scaled[k % down, tap], axis, k // down, length) for k, tap in enumerate(taps)])


class _Scaled(dict):
    """Tensors times taps, by the number of the tensor and the tap; equal taps, as of symmetric filters, scale once."""

    def __init__(self, tensors: list) -> None:
        super().__init__()
        self._tensors = tensors

    def __missing__(self, key: tuple[int, float]) -> Any:
        number, tap = key
        self[key] = self._tensors[number] * tap
        return self[key]


def _sliced(x: Any, axis: int, start: int, length: int) -> Any:
    """As `part`, in fewer operations; under XLA, TensorFlow derives these only once."""
    whole = start == 0 and length == x.shape[axis]
    if whole or x.shape[0] is None or _plain.get():  # `ops.slice` needs all sizes
        return part(x, axis, start, length)
    starts = [start if i == axis else 0 for i in range(len(x.shape))]
    return ops.slice(x, starts, [length if i == axis else size for i, size in enumerate(x.shape)])


def _sum(terms: list) -> Any:
    return functools.reduce(operator.add, terms)


def _window(x: Any, axis: int, start: int, length: int) -> Any:
    """x[start : start + length], with zeros where that lies outside x."""
    size = x.shape[axis]
    before, after = max(-start, 0), max(start + length - size, 0)
    x = _sliced(x, axis, start + before, length - before - after)
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
    return list(ops.unstack(x, count, axis=axis + 1))
