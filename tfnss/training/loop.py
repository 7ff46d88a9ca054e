"""Iterations in a row, as one call from Python."""

from collections.abc import Callable
from typing import Any

import tensorflow as tf


def train_function(step: Callable[[Any], dict[str, Any]], steps: int, eagerly: bool) -> Callable[[Any], dict[str, Any]]:
    """`steps` iterations on what an iterator gives. Keras' own runs the step per replica; `step` leads all replicas."""

    def one(iterator: Any) -> dict[str, Any]:
        return step(next(iterator))

    def many(iterator: Any) -> dict[str, Any]:
        logs = one(iterator)
        if steps > 1:
            _, logs = tf.while_loop(
                lambda number, _: number < steps,
                lambda number, _: (number + 1, one(iterator)),
                (tf.constant(1), logs),
                maximum_iterations=steps - 1,
            )
        return logs

    if not eagerly:
        one = tf.function(one, autograph=False)
        many = tf.function(many, autograph=False)
    return many
