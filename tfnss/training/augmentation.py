"""Augmentation of what the discriminator is shown (StyleGAN2-ADA: Karras et al. 2020)."""

import math
from typing import Any

import keras
import tensorflow as tf

from tfnss.layers.augment import Augment


@keras.saving.register_keras_serializable("tfnss")
class Augmentation(keras.layers.Layer):
    """Augments every image that the discriminator sees, real or fake, with a fixed probability.

    Args:
        pipeline: The operations, as `tfnss.layers.Augment` names them.
        probability: That of each operation, in [0, 1].

    Call arguments:
        images: Floats `[batch, height, width, 1 or 3]` in [-1, 1].

    Raises:
        ValueError: For values outside these.
    """

    logged: tuple[str, ...] = ()

    def __init__(self, pipeline: str = "bgc", probability: float = 0.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not 0 <= probability <= 1:
            raise ValueError(f"`probability` must lie in [0, 1]. Received: probability={probability}")
        self.autocast = False
        self.pipeline = pipeline
        self.augment = Augment(pipeline)
        self.initial_probability = probability

    def build(self, input_shape: Any = None) -> None:
        """Makes the state, in the scope of the strategy."""
        initializer = keras.initializers.Constant(self.initial_probability)
        self.probability = self.add_weight(name="probability", shape=(), initializer=initializer, trainable=False)

    def call(self, images: Any) -> Any:
        return self.augment(images, self.probability.value)

    def logs(self) -> dict[str, Any]:
        """What the training history records."""
        return {}

    def observe(self, logs: dict[str, Any]) -> None:
        """Takes what a discriminator step logged, in replica context."""

    def adapt(self, iteration: Any, batch_size: int) -> None:
        """Ends an iteration, in replica context."""

    def get_config(self) -> dict:
        return {**super().get_config(), "pipeline": self.pipeline, "probability": self.initial_probability}


@keras.saving.register_keras_serializable("tfnss")
class AdaptiveAugmentation(Augmentation):
    """Augments with a probability that keeps the discriminator's overfitting at a target.

    Every `interval` iterations, r = E sign(D(real)) of the discriminator's steps since the last time is compared with
    `target`, and the probability moves up or down by the share of `kimg` that was seen meanwhile. It starts at 0 and is
    never below; above 1 it acts as 1.

    Args:
        pipeline: The operations, as `tfnss.layers.Augment` names them.
        target: Aim of r, in [0, 1].
        kimg: Thousands of images in which the probability can rise from 0 to 1. (The official code takes 500, and 100
            when it fine-tunes.)
        interval: Iterations between adjustments.

    Raises:
        ValueError: For values outside these.
    """

    logged = ("augment_probability", "real_sign")

    def __init__(
        self, pipeline: str = "bgc", target: float = 0.6, kimg: float = 500.0, interval: int = 4, **kwargs: Any
    ) -> None:
        super().__init__(pipeline, **kwargs)
        if not 0 <= target <= 1 or not 0 < kimg < math.inf or interval < 1:
            raise ValueError(
                "`target` must lie in [0, 1], `kimg` be above 0 and `interval` at least 1. "
                f"Received: target={target}, kimg={kimg}, interval={interval}"
            )
        self.target, self.kimg, self.interval = target, kimg, interval

    def build(self, input_shape: Any = None) -> None:
        super().build(input_shape)
        self.sign_sum = self.add_weight(name="sign_sum", shape=(), initializer="zeros", trainable=False)
        self.sign_count = self.add_weight(name="sign_count", shape=(), initializer="zeros", trainable=False)

    def logs(self) -> dict[str, Any]:
        return {"augment_probability": self.probability.value}

    def observe(self, logs: dict[str, Any]) -> None:
        context = tf.distribute.get_replica_context()
        self.sign_sum.assign_add(context.all_reduce(tf.distribute.ReduceOp.MEAN, logs["real_sign"]))
        self.sign_count.assign_add(1.0)

    def adapt(self, iteration: Any, batch_size: int) -> None:
        due = (iteration + 1) % self.interval == 0
        sign = tf.math.divide_no_nan(self.sign_sum.value, self.sign_count.value)
        step = tf.sign(sign - self.target) * (batch_size * self.interval / (self.kimg * 1000))
        probability = tf.where(due, tf.maximum(self.probability.value + step, 0), self.probability.value)
        self.probability.assign(probability)
        for total in (self.sign_sum, self.sign_count):
            total.assign(tf.where(due, 0.0, total.value))

    def get_config(self) -> dict:
        config = super().get_config()
        del config["probability"]
        return {**config, "target": self.target, "kimg": self.kimg, "interval": self.interval}
