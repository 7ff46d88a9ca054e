"""What a machine can do: large dense products, the measure of all others."""

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from benchmarks.timing import waited

NAMES = ("matrix product", "3x3 convolution")


def calls(quick: bool = False) -> dict[str, tuple[Callable[[], Any], int]]:
    """By name, a large product in TensorFlow's graph and how many operations it has (a product and a sum are two)."""
    side, batch, pixels, channels = (64, 2, 8, 8) if quick else (2048, 32, 32, 128)
    matrix = tf.random.stateless_normal((side, side), (0, 1))
    images = tf.random.stateless_normal((batch, pixels, pixels, channels), (0, 1))
    kernel = tf.ones((3, 3, channels, channels))
    functions = (
        tf.function(lambda: tf.matmul(matrix, matrix)),
        tf.function(lambda: tf.nn.conv2d(images, kernel, 1, "SAME")),
    )
    flop = 2 * side**3, 2 * batch * pixels**2 * 9 * channels**2
    return {n: (lambda f=f: waited(f()), count) for n, f, count in zip(NAMES, functions, flop, strict=True)}


def gflops(times: dict[Any, list[float]], quick: bool = False) -> dict[str, float]:
    """GFLOP/s of each by its best time, from the times of all by name."""
    return {name: count / min(times[name]) / 1e9 for name, (_, count) in calls(quick).items()}
