"""LeCam regularisation of the discriminator's logits (Tseng et al. 2021)."""

from typing import Any

import keras
import tensorflow as tf

from tfnss.training.penalty import LogitPenalty


@keras.saving.register_keras_serializable("tfnss")
class LeCam(LogitPenalty):
    """weight (E (D(x) - a_F)^2 + E (D(G(z)) - a_R)^2), where a_R and a_F are moving averages of D's mean on reals and fakes.

    It keeps the logits from drifting apart, which is how a discriminator overfits to few images. The averages are weighted
    means of the global batches of all steps before this one: they are the same on any number of replicas, no gradient flows
    through them, and in the first step of a run, which has none, the penalty is 0. (The official code's averages hold the
    present step too.)

    Args:
        weight: Factor of the penalty, >= 0. The scale of the logits decides: the authors take 0.3 for BigGAN with the hinge
            game, and 3e-7 to 1e-6 for StyleGAN2 with ADA.
        decay: Share of the old averages that a step keeps, in [0, 1).
        one_sided: Whether, as in the official code, only what lies beyond the other side's average is penalised: reals
            above a_F and fakes below a_R. By default the paper's plain squares.

    Call arguments:
        real_logits: The discriminator's float32 logits `[batch]` on reals,
        fake_logits: and on fakes.
        state: Three numbers that the engine keeps: the averages on reals and on fakes, both times the third, which is the
            sum of their weights.

    Returns:
        The weighted penalty, a float32 scalar.

    Raises:
        ValueError: For values outside these.

    Reference: Tseng et al. 2021, Regularizing Generative Adversarial Networks under Limited Data, section 3.
    """

    name = "lecam"
    state_size = 3

    def __init__(self, weight: float = 0.3, decay: float = 0.99, one_sided: bool = False) -> None:
        super().__init__(weight)
        if not 0 <= decay < 1:
            raise ValueError(f"`decay` must lie in [0, 1). Received: decay={decay}")
        self.decay, self.one_sided = decay, one_sided

    def __call__(self, real_logits: Any, fake_logits: Any, state: Any) -> Any:
        on_reals, on_fakes, known = tf.unstack(tf.stop_gradient(state))
        above = real_logits - tf.math.divide_no_nan(on_fakes, known)
        below = tf.math.divide_no_nan(on_reals, known) - fake_logits
        if self.one_sided:
            above, below = tf.nn.relu(above), tf.nn.relu(below)
        penalty = tf.reduce_mean(tf.square(above)) + tf.reduce_mean(tf.square(below))
        return self.weight * tf.where(known > 0, penalty, 0.0)

    def moved(self, state: Any, real_logit: Any, fake_logit: Any) -> Any:
        """The state after a step whose mean logits on the global batch are these."""
        return self.decay * state + (1 - self.decay) * tf.stack([real_logit, fake_logit, 1.0])

    def get_config(self) -> dict:
        return {"weight": self.weight, "decay": self.decay, "one_sided": self.one_sided}
