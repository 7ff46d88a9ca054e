"""Penalties on the discriminator's gradient with respect to images."""

from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf

from tfnss import random
from tfnss.training.penalty import Penalty
from tfnss.training.ramps import Ramped


class Regularizer(Penalty):
    """Base of the discriminator's regularizers.

    Call arguments:
        discriminate: Function from images to float32 logits.
        real: Real images `[batch, height, width, channels]` in [-1, 1], before any view.
        fake: Function without arguments that gives as many fake images.

    Returns:
        The weighted penalty, a float32 scalar.

    Attributes:
        at_full_size: Whether, while networks grow, the gradient is that with respect to images of the full size, each pixel
            of the smaller ones repeated: its square is then the smaller one's, divided by the number of repetitions.
    """

    player = "discriminator"
    at_full_size = False

    def __call__(self, discriminate: Callable, real: Any, fake: Callable) -> Any:
        raise NotImplementedError


@keras.saving.register_keras_serializable("tfnss")
class R1(Regularizer):
    """weight / 2 E ||grad D(x)||^2 at real images (Mescheder et al. 2018, equation 9)."""

    name = "r1"
    at_full_size = True

    def __init__(self, weight: Ramped = 10.0, interval: int = 1) -> None:
        super().__init__(weight, interval)

    def __call__(self, discriminate: Callable, real: Any, fake: Callable) -> Any:
        return self.weight / 2 * tf.reduce_mean(squared_gradient_norms(discriminate, real))


@keras.saving.register_keras_serializable("tfnss")
class R2(Regularizer):
    """weight / 2 E ||grad D(G(z))||^2 at fake images (Mescheder et al. 2018, equation 10).

    R3GAN takes it beside `R1` at every step, both with the same weight (Huang et al. 2024).
    """

    name = "r2"
    at_full_size = True

    def __init__(self, weight: Ramped = 10.0, interval: int = 1) -> None:
        super().__init__(weight, interval)

    def __call__(self, discriminate: Callable, real: Any, fake: Callable) -> Any:
        return self.weight / 2 * tf.reduce_mean(squared_gradient_norms(discriminate, fake()))


@keras.saving.register_keras_serializable("tfnss")
class GradientPenalty(Regularizer):
    """weight E (||grad D(x)|| - 1)^2 between real and fake images (WGAN-GP: Gulrajani et al. 2017, equation 3)."""

    name = "gradient_penalty"

    def __init__(self, weight: Ramped = 10.0, interval: int = 1) -> None:
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

    def __init__(self, weight: Ramped = 10.0, interval: int = 1) -> None:
        super().__init__(weight, interval)

    def __call__(self, discriminate: Callable, real: Any, fake: Callable) -> Any:
        u = tf.cast(random.stream().uniform((tf.shape(real)[0], *real.shape[1:])), real.dtype)
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
