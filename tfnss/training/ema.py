"""Exponential moving average of weights, with its half-life counted in images."""

import math
from collections.abc import Sequence
from typing import Any

import tensorflow as tf


def ema_decay(images_seen: Any, batch_size: int, half_life_kimg: float, ramp_up: float | None) -> Any:
    """The share of the old average that one iteration keeps: 0.5 ** (batch_size / half-life), a float32 scalar.

    Args:
        images_seen: Images seen when the iteration ends, a number or scalar tensor.
        batch_size: Images in the global batch.
        half_life_kimg: Half-life in thousands of images.
        ramp_up: The half-life is at most this share of the images seen (StyleGAN2-ADA); None for no ramp-up.
    """
    half_life = tf.constant(half_life_kimg * 1000, tf.float32)
    if ramp_up is not None:
        half_life = tf.minimum(half_life, ramp_up * tf.cast(images_seen, tf.float32))
    return tf.pow(0.5, batch_size / tf.maximum(half_life, 1e-8))


def update_average(average: Sequence, weights: Sequence, decay: Any, copied: Sequence = ()) -> None:
    """Moves each variable of `average` towards its fellow in `weights`; makes it equal for those in `copied`."""
    copied_ids = {id(variable) for variable in copied}
    for mean, value in zip(average, weights, strict=True):
        if id(value) in copied_ids:
            mean.assign(value.value)
            continue
        new = tf.cast(value.value, tf.float32)
        mean.assign(tf.cast(new + (tf.cast(mean.value, tf.float32) - new) * decay, mean.dtype))


def check_half_life(half_life_kimg: float) -> float:
    if not 0 <= half_life_kimg < math.inf:
        raise ValueError(f"`ema_half_life_kimg` must be a finite number >= 0. Received: {half_life_kimg}")
    return float(half_life_kimg)
