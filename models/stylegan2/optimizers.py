"""StyleGAN2's optimizers."""

from collections.abc import Sequence
from typing import Any

import keras

from tfnss.training import PathLength
from tfnss.training.lazy import correction, lazy_optimizer


@keras.saving.register_keras_serializable("tfnss")
class CorrectedAdam(keras.optimizers.Adam):
    """Adam whose learning rate and decay rates are corrected for lazy penalties that the game may not have.

    Args:
        learning_rate: The corrected rate.
        correction: The factor that is in it already. A rate that is set later, of a stage of growth say, gets it too.
        **kwargs: As for `keras.optimizers.Adam`.
    """

    def __init__(self, learning_rate: Any = 0.001, correction: float = 1.0, **kwargs: Any) -> None:
        super().__init__(learning_rate, **kwargs)
        self.correction = correction

    def get_config(self) -> dict:
        return {**super().get_config(), "correction": self.correction}


def adam(learning_rate: float) -> keras.optimizers.Optimizer:
    """StyleGAN2's optimizer (its appendix B)."""
    return keras.optimizers.Adam(learning_rate, beta_1=0.0, beta_2=0.99, epsilon=1e-8)


def generator_adam(learning_rate: float, regularizers: Sequence[Any], r1_interval: int) -> keras.optimizers.Optimizer:
    """The generator's, for a model with these regularizers.

    It is corrected for lazy path lengths even where there are none, as in the official code; but not where R1 is not lazy,
    or another penalty of the generator is.
    """
    if not isinstance(regularizers, Sequence):
        return adam(learning_rate)  # `compile` will say what is wrong with them
    if r1_interval == 1 or any(isinstance(one, PathLength) or _is_lazy(one) for one in regularizers):
        return adam(learning_rate)  # the engine corrects it for what there is
    intervals = [PathLength().interval]
    config = lazy_optimizer(adam(learning_rate), intervals).get_config()
    return CorrectedAdam.from_config({**config, "correction": correction(intervals)})


def _is_lazy(regularizer: Any) -> bool:
    """Whether it is one of the generator's that has steps of its own."""
    return getattr(regularizer, "player", None) == "generator" and regularizer.interval > 1
