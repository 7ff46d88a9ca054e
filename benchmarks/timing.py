"""How the benchmarks time and print."""

import time
from collections.abc import Callable, Sequence
from typing import Any


def seconds_per_call(function: Callable, *arguments: Any, calls: int) -> float:
    """The least time of `calls` calls of a TensorFlow function, after one that compiles; waits for the results."""
    return min(turns({None: lambda: waited(function(*arguments))}, calls)[None])


def waited(results: Any) -> Any:
    """Arrays of TensorFlow's results, once they are there."""
    import tensorflow as tf

    return tf.nest.map_structure(lambda x: x.numpy(), results)


def turns(calls: dict[Any, Callable[[], Any]], rounds: int) -> dict[Any, list[float]]:
    """Seconds of each call in each round, after one round that is not counted.

    All take turns, so that the load of a shared machine falls on all alike.
    """
    times: dict[Any, list[float]] = {name: [] for name in calls}
    for counted in [False] + [True] * rounds:
        for name, call in calls.items():
            start = time.perf_counter()
            call()
            if counted:
                times[name].append(time.perf_counter() - start)
    return times


def print_table(header: Sequence[str], rows: Sequence[Sequence]) -> None:
    """A Markdown table; numbers with three significant digits."""
    print("| " + " | ".join(header) + " |")
    print("|" + " --- |" * len(header))
    for row in rows:
        print("| " + " | ".join(f"{cell:.3g}" if isinstance(cell, float) else str(cell) for cell in row) + " |")
    print(flush=True)
