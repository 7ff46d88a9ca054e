"""The optimizers of the two players."""

from typing import Any, TypeAlias

import keras

Given: TypeAlias = keras.optimizers.Optimizer | str | dict | None


def player_optimizers(generator: Given, discriminator: Given) -> tuple[Any, Any]:
    """What `compile` is given for the players as optimizers: by default Adam(2e-4, beta_1=0.5) each.

    Args:
        generator: An optimizer, its name or its config, or None.
        discriminator: The same for the other player; another object.

    Raises:
        ValueError: For an unknown name, one object for both players, or an optimizer that scales losses.
    """
    pair = tuple(_default() if given is None else keras.optimizers.get(given) for given in (generator, discriminator))
    if pair[0] is pair[1]:
        raise ValueError("the two players need an optimizer each. Received one object for both")
    for optimizer in pair:
        if isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
            raise ValueError(
                "losses are not scaled (gradients of 16 bits are mended instead). Received a LossScaleOptimizer: "
                "pass its inner optimizer"
            )
    return pair


def _default() -> keras.optimizers.Optimizer:
    return keras.optimizers.Adam(2e-4, beta_1=0.5)


class BothOptimizers:
    """The optimizers of both players as one, for Keras' callbacks that set `model.optimizer.learning_rate`.

    The learning rate is the generator's; a new one changes both by the same factor, so that rates that differ keep their
    ratio, also through 0. Under lazy regularizers the rates are the corrected ones.

    Args:
        generator: The generator's optimizer.
        discriminator: The discriminator's.
    """

    def __init__(self, generator: Any, discriminator: Any) -> None:
        self._generator, self._discriminator = generator, discriminator
        self._ratio: float | None = None  # as it is when a rate is first set

    @property
    def learning_rate(self) -> Any:
        return self._generator.learning_rate

    @learning_rate.setter
    def learning_rate(self, value: Any) -> None:
        """Raises a TypeError where an optimizer follows a schedule of its own."""
        if self._ratio is None:
            rates = [float(optimizer.learning_rate.numpy()) for optimizer in (self._generator, self._discriminator)]
            self._ratio = rates[1] / rates[0] if rates[0] else 1.0
        self._discriminator.learning_rate = self._ratio * float(value)
        self._generator.learning_rate = float(value)
