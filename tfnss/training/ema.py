"""Exponential moving average of weights, with its half-life counted in images."""

from collections.abc import Sequence
from typing import Any

import tensorflow as tf

from tfnss.training.ramps import Ramped, checked, now


def ema_decay(images_seen: Any, batch_size: int, half_life_kimg: Ramped, ramp_up: float | None) -> Any:
    """The share of the old average that one iteration keeps: 0.5 ** (batch_size / half-life), a float32 scalar.

    Args:
        images_seen: Images seen when the iteration ends, a number or scalar tensor.
        batch_size: Images in the global batch.
        half_life_kimg: Half-life in thousands of images: a number, or a `CosineRamp` of it.
        ramp_up: The half-life is at most this share of the images seen (StyleGAN2-ADA); None for no ramp-up.
    """
    half_life = tf.cast(now(half_life_kimg, images_seen), tf.float32) * 1000
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


def check_half_life(half_life_kimg: Ramped) -> Ramped:
    return checked("ema_half_life_kimg", half_life_kimg)
