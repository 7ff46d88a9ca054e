"""How the benchmarks time and print."""

import time
from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf


def seconds_per_call(function: Callable, *arguments: Any, calls: int) -> float:
    """The least time of `calls` calls, after one that compiles; waits for the results."""
    tf.nest.map_structure(lambda x: x.numpy(), function(*arguments))
    times = []
    for _ in range(calls):
        start = time.perf_counter()
        tf.nest.map_structure(lambda x: x.numpy(), function(*arguments))
        times.append(time.perf_counter() - start)
    return min(times)


def print_table(header: Sequence[str], rows: Sequence[Sequence]) -> None:
    """A Markdown table; numbers with three significant digits."""
    print("| " + " | ".join(header) + " |")
    print("|" + " --- |" * len(header))
    for row in rows:
        print("| " + " | ".join(f"{cell:.3g}" if isinstance(cell, float) else str(cell) for cell in row) + " |")
