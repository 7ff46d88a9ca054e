"""How the benchmarks time and print."""

import math
import time
from collections.abc import Callable, Sequence
from typing import Any

_SECONDS_OF_A_TURN = 0.3


def seconds_per_call(function: Callable, *arguments: Any, calls: int) -> float:
    """The least time of `calls` calls of a TensorFlow function, after one that compiles; waits for the results."""
    return min(turns({None: lambda: waited(function(*arguments))}, calls)[None])


def waited(results: Any) -> Any:
    """Arrays of TensorFlow's results, once they are there."""
    import tensorflow as tf

    return tf.nest.map_structure(lambda x: x.numpy(), results)


def turns(calls: dict[Any, Callable[[], Any]], rounds: int) -> dict[Any, list[float]]:
    """Seconds of each call in each round, after two rounds that are not counted.

    All take turns, so that the load of a shared machine falls on all alike. Calls that are short are made several times in a
    turn, whose first is not counted: threads and caches are still those of the call before.
    """
    once = {name: _seconds(call, 1) for name, call in calls.items()}  # compiles
    once = {name: _seconds(call, 1) for name, call in calls.items()}
    times: dict[Any, list[float]] = {name: [] for name in calls}
    for _ in range(rounds):
        for name, call in calls.items():
            repeats = math.ceil(_SECONDS_OF_A_TURN / once[name])
            if repeats > 1:
                call()
            times[name].append(_seconds(call, repeats))
    return times


def _seconds(call: Callable[[], Any], repeats: int) -> float:
    """Mean time of a call."""
    start = time.perf_counter()
    for _ in range(repeats):
        call()
    return (time.perf_counter() - start) / repeats


def print_table(header: Sequence[str], rows: Sequence[Sequence]) -> None:
    """A Markdown table; numbers with three significant digits."""
    print("| " + " | ".join(header) + " |")
    print("|" + " --- |" * len(header))
    for row in rows:
        print("| " + " | ".join(f"{cell:.3g}" if isinstance(cell, float) else str(cell) for cell in row) + " |")
    print(flush=True)
