"""Path length regularisation of generators with styles (StyleGAN2, section 3.2)."""

import math
from typing import Any

import keras
import tensorflow as tf

from tfnss import random
from tfnss.generators import StyledGenerator, has_styles
from tfnss.training.penalty import GeneratorPenalty


@keras.saving.register_keras_serializable("tfnss")
class PathLength(GeneratorPenalty):
    """weight E (|J_w^T y| - a)^2, where y are random images and a is the running mean of the length (equation 4).

    The generator is a `tfnss.generators.StyledGenerator`. The length is the root of the mean over slots of the squared norm
    of the gradient, for y of unit variance divided by the root of the number of pixels. The mean a is that before the step:
    it is the same on any number of replicas, and no gradient flows through it.

    Args:
        weight: Factor of the penalty, >= 0.
        interval: The penalty is taken every `interval` generator steps, on an optimizer step of its own. (The paper's
            appendix says 8, the official code 4.)
        decay: Share of the old mean that a step keeps.
        batch_share: Share of the batch that is used, to save memory.

    Raises:
        ValueError: For values outside these.
    """

    name = "path_length_penalty"
    observed = "path_length"

    def __init__(self, weight: float = 2.0, interval: int = 4, decay: float = 0.99, batch_share: float = 0.5) -> None:
        super().__init__(weight, interval)
        if not 0 <= decay < 1 or not 0 < batch_share <= 1:
            raise ValueError(
                f"`decay` must lie in [0, 1), `batch_share` in (0, 1]. Received: decay={decay}, batch_share={batch_share}"
            )
        self.decay, self.batch_share = decay, batch_share

    @property
    def logged(self) -> tuple[str, ...]:
        return (self.name, "path_length")

    def check(self, generator: Any) -> None:
        if not has_styles(generator):
            raise ValueError("`PathLength` needs a generator with styles, such as that of models.StyleGAN2")

    def __call__(
        self, generator: Any, real: Any, fake: Any = None, labels: Any = None, state: Any = 0.0
    ) -> tuple[Any, dict[str, Any]]:
        """The weighted penalty, and what to record.

        Args:
            generator: Generator with styles.
            real: The batch of real images; `batch_share` times as many paths are drawn.
            fake: Not used.
            labels: One-hot labels of the reals, for a conditional generator.
            state: The running mean.
        """
        images = real.shape[0]
        count = max(1, int(images * self.batch_share))
        if labels is not None:  # spread over the batch, so that the paths of its parts are those of the whole
            labels = tf.gather(labels, [path * images // count for path in range(count)])
        lengths = path_lengths(generator, count, labels)
        penalty = self.weight * tf.reduce_mean(tf.square(lengths - state))
        return penalty, {self.name: penalty, "path_length": tf.reduce_mean(lengths)}

    def moved(self, state: Any, observed: Any) -> Any:
        """The running mean after a step of mean length `observed`."""
        return observed + (state - observed) * self.decay

    def get_config(self) -> dict:
        return {**super().get_config(), "decay": self.decay, "batch_share": self.batch_share}


def path_lengths(generator: StyledGenerator, count: int, labels: Any = None) -> Any:
    """|J_w^T y| for `count` latents, float32 [count]."""
    styles = generator.styles(random.stream().normal((count, generator.latent_dim)), labels, training=True)
    with tf.GradientTape() as tape:
        tape.watch(styles)
        images = tf.cast(generator.synthesis(styles, training=True), tf.float32)
        noise = random.stream().normal(images.shape) / math.sqrt(images.shape[1] * images.shape[2])
        total = tf.reduce_sum(images * noise)
    gradients = tf.cast(tape.gradient(total, styles), tf.float32)
    return tf.sqrt(tf.reduce_mean(tf.reduce_sum(tf.square(gradients), axis=2), axis=1) + 1e-12)
