"""Augmentation of what the discriminator is shown (StyleGAN2-ADA: Karras et al. 2020; DiffAugment: Zhao et al. 2020)."""

import math
from typing import Any

import keras
import tensorflow as tf

from tfnss.layers.augment import Augment
from tfnss.training.ramps import CosineRamp, Ramped, checked


@keras.saving.register_keras_serializable("tfnss")
class Augmentation(keras.layers.Layer):
    """Augments every image that the discriminator sees, real or fake, with a probability that the game does not change.

    `Augmentation("diffaugment", probability=1)` is DiffAugment.

    Args:
        pipeline: The operations, as `tfnss.layers.Augment` names them.
        probability: That of each operation, in [0, 1]: a number, or a `CosineRamp` of it.

    Call arguments:
        images: Floats `[batch, height, width, 1, 3 or 4]` in [-1, 1].
        state: Three numbers that the engine keeps: the probability, and sum and count of the signs since it last moved.

    Raises:
        ValueError: For values outside these.
    """

    logged: tuple[str, ...] = ()
    start = 0.0  # of the state's probability, where this augmentation joins a run

    def __init__(self, pipeline: str = "bgc", probability: Ramped = 0.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.probability = checked("probability", probability, most=1.0)
        if isinstance(self.probability, CosineRamp):
            self.logged, self.start = ("augment_probability",), self.probability.start
        self.autocast = False
        self.pipeline = pipeline
        self.augment = Augment(pipeline)
        self.built = True

    def call(self, images: Any, state: Any) -> Any:
        return self.augment(images, self.probability_of(state))

    def probability_of(self, state: Any) -> Any:
        """The probability now."""
        return state[0] if isinstance(self.probability, CosineRamp) else tf.constant(self.probability, tf.float32)

    def logs(self, state: Any) -> dict[str, Any]:
        """What the training history records."""
        return {name: state[0] for name in self.logged if name == "augment_probability"}

    def check(self, loss: Any) -> None:
        """Raises a ValueError for a loss of which the probability cannot be found."""

    def observe(self, state: Any, sign: Any) -> Any:
        """The state after a discriminator's step whose mean sign of D(real) is `sign`."""
        return state

    def adapt(self, state: Any, iteration: Any, batch_size: int) -> Any:
        """The state at the end of an iteration."""
        return state

    def at(self, state: Any, images_seen: Any) -> Any:
        """The state where so many images are seen: a ramp follows them, whatever the batches were."""
        return (
            tf.stack([self.probability(images_seen), 0.0, 0.0]) if isinstance(self.probability, CosineRamp) else state
        )

    def begun(self, images_seen: int) -> Any:
        """The state with which it joins a run, at its start or on the way."""
        state = [self.start, 0.0, 0.0]
        return self.at(state, images_seen) if images_seen else state

    def same_as(self, other: Any) -> bool:
        """Whether another augmentation does just this, whatever its name."""
        return type(other) is type(self) and _values(other) == _values(self)

    def get_config(self) -> dict:
        return {**super().get_config(), "pipeline": self.pipeline, "probability": self.probability}


def _values(augmentation: Augmentation) -> dict:
    config = keras.saving.serialize_keras_object(augmentation)["config"]
    return {name: value for name, value in config.items() if name != "name"}


@keras.saving.register_keras_serializable("tfnss")
class AdaptiveAugmentation(Augmentation):
    """Augments with a probability that keeps the discriminator's overfitting at a target.

    Every `interval` iterations, r = E sign(D(real)) of the discriminator's steps since the last time is compared with
    `target`, and the probability moves up or down by the share of `kimg` that was seen meanwhile, within [0, `limit`].

    Args:
        pipeline: The operations, as `tfnss.layers.Augment` names them.
        target: Aim of r, in [0, 1].
        kimg: Thousands of images in which the probability can rise from 0 to 1. (The official code takes 500, and 100
            when it fine-tunes.)
        interval: Iterations between adjustments.
        start: The probability at the start of a run, in [0, `limit`]; and where `compile` changes the augmentation of one.
        limit: The most that it can be, in (0, 1].

    Raises:
        ValueError: For values outside these.
    """

    logged = ("augment_probability", "real_sign")

    def __init__(
        self,
        pipeline: str = "bgc",
        target: float = 0.6,
        kimg: float = 500.0,
        interval: int = 4,
        start: float = 0.0,
        limit: float = 1.0,
        **kwargs: Any,
    ) -> None:
        if "probability" in kwargs:
            raise ValueError(
                "`AdaptiveAugmentation` finds the probability itself; `Augmentation` has a fixed one. "
                f"Received: probability={kwargs['probability']}"
            )
        super().__init__(pipeline, **kwargs)
        if not 0 <= target <= 1 or not 0 < kimg < math.inf or interval < 1:
            raise ValueError(
                "`target` must lie in [0, 1], `kimg` be above 0 and `interval` at least 1. "
                f"Received: target={target}, kimg={kimg}, interval={interval}"
            )
        if not 0 < limit <= 1 or not 0 <= start <= limit:
            raise ValueError(
                f"`limit` must lie in (0, 1] and `start` in [0, limit]. Received: start={start}, limit={limit}"
            )
        self.target, self.kimg, self.interval, self.start, self.limit = target, kimg, interval, start, limit

    def check(self, loss: Any) -> None:
        if loss.needs_reals:
            raise ValueError(
                "`AdaptiveAugmentation` (ADA) reads the sign of the discriminator's logits, and a relativistic loss knows "
                "their differences alone: take another loss (non_saturating, say), DiffAugment, or a fixed probability"
            )

    def probability_of(self, state: Any) -> Any:
        return state[0]

    def observe(self, state: Any, sign: Any) -> Any:
        return state + tf.stack([0.0, sign, 1.0])

    def adapt(self, state: Any, iteration: Any, batch_size: int) -> Any:
        due = (iteration + 1) % self.interval == 0
        probability, total, count = tf.unstack(state)
        step = tf.sign(tf.math.divide_no_nan(total, count) - self.target) * (
            batch_size * self.interval / (self.kimg * 1000)
        )
        return tf.where(due, tf.stack([tf.clip_by_value(probability + step, 0, self.limit), 0.0, 0.0]), state)

    def get_config(self) -> dict:
        config = super().get_config()
        del config["probability"]
        own = {name: getattr(self, name) for name in ("target", "kimg", "interval", "start", "limit")}
        return {**config, **own}
