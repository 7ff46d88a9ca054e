"""Flags that the benchmarks share."""

import argparse
import os


def parser(description: str | None) -> argparse.ArgumentParser:
    """A parser with `--quick`; the description is the benchmark's docstring."""
    made = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument(
        "--quick", action="store_true", help="toy sizes, in seconds: shows that it works; its figures mean nothing"
    )
    return made


def with_turns(made: argparse.ArgumentParser, rounds: int = 9) -> argparse.ArgumentParser:
    """The parser, with the flags of a benchmark whose parts take turns."""
    made.add_argument(
        "--threads", type=int, default=os.cpu_count(), help="threads of each library (default: all cores)"
    )
    made.add_argument(
        "--rounds", type=int, default=rounds, help=f"calls of each part, after one that is not counted ({rounds})"
    )
    return made


def use_threads(count: int) -> None:
    """TensorFlow computes with so many threads; to be said before its first operation."""
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(count)
    tf.config.threading.set_inter_op_parallelism_threads(count)
