"""Penalties on the discriminator's gradient with respect to images."""

import math
from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf

from tfnss import random


class Regularizer:
    """Base of the discriminator's regularizers.

    Args:
        weight: Factor of the penalty, >= 0.
        interval: The penalty is taken every `interval` iterations. Above 1 it is lazy (StyleGAN2, appendix B): on an
            optimizer step of its own, multiplied by `interval`.

    Call arguments:
        discriminate: Function from images to float32 logits.
        real: Real images `[batch, height, width, channels]` in [-1, 1], before any view.
        fake: Function without arguments that gives as many fake images.

    Returns:
        The weighted penalty, a float32 scalar.
    """

    player = "discriminator"
    name: str

    def __init__(self, weight: float, interval: int = 1) -> None:
        if not 0 <= weight < math.inf:
            raise ValueError(f"`weight` must be a finite number >= 0. Received: weight={weight}")
        if not isinstance(interval, int) or interval < 1:
            raise ValueError(f"`interval` must be a whole number >= 1. Received: interval={interval}")
        self.weight = float(weight)
        self.interval = interval

    def __call__(self, discriminate: Callable, real: Any, fake: Callable) -> Any:
        raise NotImplementedError

    def get_config(self) -> dict:
        return {"weight": self.weight, "interval": self.interval}

    @classmethod
    def from_config(cls, config: dict) -> "Regularizer":
        return cls(**config)


@keras.saving.register_keras_serializable("tfnss")
class R1(Regularizer):
    """weight / 2 E ||grad D(x)||^2 at real images (Mescheder et al. 2018, equation 9)."""

    name = "r1"

    def __init__(self, weight: float = 10.0, interval: int = 1) -> None:
        super().__init__(weight, interval)

    def __call__(self, discriminate: Callable, real: Any, fake: Callable) -> Any:
        return self.weight / 2 * tf.reduce_mean(squared_gradient_norms(discriminate, real))


@keras.saving.register_keras_serializable("tfnss")
class GradientPenalty(Regularizer):
    """weight E (||grad D(x)|| - 1)^2 between real and fake images (WGAN-GP: Gulrajani et al. 2017, equation 3)."""

    name = "gradient_penalty"

    def __init__(self, weight: float = 10.0, interval: int = 1) -> None:
        super().__init__(weight, interval)

    def __call__(self, discriminate: Callable, real: Any, fake: Callable) -> Any:
        images = real + _uniform_per_image(real) * (fake() - real)
        return self.weight * _distance_from_unit_norm(discriminate, images)


@keras.saving.register_keras_serializable("tfnss")
class DRAGAN(Regularizer):
    """weight E (||grad D(x)|| - 1)^2 around real images (Kodali et al. 2017, equation 5, perturbed as in their code).

    x is the real image moved a uniform share of the way to `x + stddev / 2 u`, with u uniform in [0, 1) for every value
    and stddev the standard deviation of all values of the replica's batch.
    """

    name = "dragan"

    def __init__(self, weight: float = 10.0, interval: int = 1) -> None:
        super().__init__(weight, interval)

    def __call__(self, discriminate: Callable, real: Any, fake: Callable) -> Any:
        u = tf.cast(random.stream().uniform(tf.shape(real)), real.dtype)
        images = real + _uniform_per_image(real) * 0.5 * tf.math.reduce_std(real) * u
        return self.weight * _distance_from_unit_norm(discriminate, images)


def squared_gradient_norms(discriminate: Callable, images: Any) -> Any:
    """||grad D(x)||^2 of each image, float32 [batch]."""
    with tf.GradientTape() as tape:
        tape.watch(images)
        total = tf.reduce_sum(discriminate(images))
    gradients = tf.cast(tape.gradient(total, images), tf.float32)
    return tf.reduce_sum(tf.square(gradients), axis=range(1, gradients.shape.rank))


def _distance_from_unit_norm(discriminate: Callable, images: Any) -> Any:
    norms = tf.sqrt(squared_gradient_norms(discriminate, images) + 1e-12)  # differentiable where the gradient is 0
    return tf.reduce_mean(tf.square(norms - 1))


def _uniform_per_image(images: Any) -> Any:
    return tf.cast(random.stream().uniform((tf.shape(images)[0], 1, 1, 1)), images.dtype)
