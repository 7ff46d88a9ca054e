"""The optimizers of the two players."""

from collections.abc import Sequence
from typing import Any, TypeAlias

import keras
from keras import ops
from keras.optimizers.schedules import LearningRateSchedule

from tfnss.training.lazy import correction
from tfnss.training.phases import Phase

Given: TypeAlias = keras.optimizers.Optimizer | str | dict | None


def player_optimizers(generator: Given, discriminator: Given) -> tuple[Any, Any]:
    """What `compile` is given for the players as optimizers: by default Adam(2e-4, beta_1=0.5) each.

    Args:
        generator: An optimizer, its name or its config, or None.
        discriminator: The same for the other player; another object.

    Raises:
        ValueError: For an unknown name, one object for both players, or an optimizer that scales losses, accumulates
            gradients or keeps averages which nothing would use.
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
        if optimizer.loss_scale_factor is not None:
            raise ValueError(
                "losses are not scaled (gradients of 16 bits are mended instead). Received an optimizer with "
                f"loss_scale_factor={optimizer.loss_scale_factor}: leave that out"
            )
        if optimizer.gradient_accumulation_steps:
            raise ValueError(
                "a player moves in each of its steps, which schedules count. Received an optimizer with "
                f"gradient_accumulation_steps={optimizer.gradient_accumulation_steps}: leave that out, and cut a larger "
                "batch into parts by compile(accumulation_steps=...)"
            )
        if optimizer.use_ema and optimizer.ema_overwrite_frequency is None:
            raise ValueError(
                "the generator's average is that of `ema_half_life_kimg`. Received an optimizer with use_ema=True, whose "
                "averages nothing would use: leave that out, or give ema_overwrite_frequency too"
            )
    return pair


def _default() -> keras.optimizers.Optimizer:
    return keras.optimizers.Adam(2e-4, beta_1=0.5)


class PlayerOptimizer:
    """A player's optimizer, for Keras' callbacks that read and set `optimizer.learning_rate`.

    The learning rate is the one that `compile` was given: under lazy regularizers the optimizer's own is that one times a
    correction. An optimizer with an attribute `correction` was given with its rate times that already.

    Args:
        corrected: The player's optimizers, each with its correction. The discriminator's may be two: its own and the
            spectral classifier's, which has the same rate.
    """

    def __init__(self, corrected: Sequence[tuple[keras.optimizers.Optimizer, float]]) -> None:
        self._corrected = corrected

    @property
    def scheduled(self) -> bool:
        """Whether it follows a schedule of its own."""
        return isinstance(self._corrected[0][0]._learning_rate, LearningRateSchedule)

    @property
    def learning_rate(self) -> Any:
        """A float64 scalar, so that a rate that is read and set again stays the same."""
        optimizer, c = self._corrected[0]
        return ops.cast(optimizer.learning_rate, "float64") / c

    @learning_rate.setter
    def learning_rate(self, value: Any) -> None:
        """Raises a TypeError where it follows a schedule."""
        if self.scheduled:
            raise TypeError("the learning rate of this player follows a schedule of its own, and cannot be set")
        for optimizer, c in self._corrected:
            optimizer.learning_rate = float(value) * c


class BothOptimizers:
    """The optimizers of both players as one, for Keras' callbacks that set `model.optimizer.learning_rate`.

    The learning rate is the generator's; a new one changes both by the same factor, so that rates that differ keep their
    ratio, also through 0.

    Args:
        generator: The generator's optimizer.
        discriminator: The discriminator's.
    """

    def __init__(self, generator: PlayerOptimizer, discriminator: PlayerOptimizer) -> None:
        self.generator, self.discriminator = generator, discriminator
        self._ratio = 1.0
        self._known: tuple[float, float] | None = None  # the rates that have this ratio
        if not (generator.scheduled or discriminator.scheduled):
            self._keep_ratio()

    @property
    def learning_rate(self) -> Any:
        return self.generator.learning_rate

    @learning_rate.setter
    def learning_rate(self, value: Any) -> None:
        """Raises a TypeError where an optimizer follows a schedule of its own."""
        for name in ("generator", "discriminator"):
            if getattr(self, name).scheduled:
                raise TypeError(
                    f"the {name}'s learning rate follows a schedule of its own: set the other player's alone, by "
                    "tfnss.training.callbacks.ForPlayer"
                )
        self._keep_ratio()
        self.discriminator.learning_rate = self._ratio * float(value)
        self.generator.learning_rate = value
        self._known = self._rates()

    def _rates(self) -> tuple[float, float]:
        return float(self.generator.learning_rate), float(self.discriminator.learning_rate)

    def _keep_ratio(self) -> None:
        """Takes the ratio of rates that others have set; rates of 0 tell of none."""
        rates = self._rates()
        if rates != self._known and rates[0]:
            self._ratio, self._known = rates[1] / rates[0], rates


def both_optimizers(phases: Sequence[Phase], generator: keras.Model) -> BothOptimizers:
    """The optimizers of the phases of a game; the phases of a player begin with its own step."""
    of_player: dict[int, list[Phase]] = {}
    for phase in phases:
        of_player.setdefault(id(phase.player), []).append(phase)
    sides: tuple[list, list] = ([], [])
    for own, *lazy in of_player.values():
        c = correction([phase.interval // own.interval for phase in lazy]) * getattr(own.optimizer, "correction", 1.0)
        sides[own.player is not generator].append((own.optimizer, c))
    return BothOptimizers(*map(PlayerOptimizer, sides))
