"""What the penalties on either player have in common."""

import math
from collections.abc import Callable
from typing import Any


class Penalty:
    """Base of the regularizers: a weighted term of one player's loss.

    Args:
        weight: Factor of the penalty, >= 0.
        interval: The penalty is taken every `interval` steps of its player. Above 1 it is lazy (StyleGAN2, appendix B): on
            an optimizer step of its own, multiplied by `interval`.

    Attributes:
        player: `discriminator` or `generator`.
        name: What the history calls the penalty.
        logged: All that it records, by name.

    Raises:
        ValueError: For values outside these.
    """

    player: str
    name: str

    def __init__(self, weight: float, interval: int = 1) -> None:
        if not 0 <= weight < math.inf:
            raise ValueError(f"`weight` must be a finite number >= 0. Received: weight={weight}")
        if not isinstance(interval, int) or interval < 1:
            raise ValueError(f"`interval` must be a whole number >= 1. Received: interval={interval}")
        self.weight = float(weight)
        self.interval = interval

    @property
    def logged(self) -> tuple[str, ...]:
        return (self.name,)

    def check(self, generator: Any) -> None:
        """Raises a ValueError where it cannot be part of a game with this generator."""

    def get_config(self) -> dict:
        return {"weight": self.weight, "interval": self.interval}

    @classmethod
    def from_config(cls, config: dict) -> Any:
        return cls(**config)


class GeneratorPenalty(Penalty):
    """Base of the generator's regularizers.

    Call arguments:
        generator: The generator.
        real: Real images `[batch, height, width, channels]` in [-1, 1].
        fake: Function without arguments that gives as many fake images.
        labels: One-hot labels of the reals, where there are classes.
        state: The mean path length, a number that the engine keeps.

    Returns:
        The weighted penalty, a float32 scalar, and what to record, by name.

    Attributes:
        observed: Name of the record whose mean over the replicas moves the state; None for a penalty that has none.
    """

    player = "generator"
    observed: str | None = None

    def __call__(
        self, generator: Any, real: Any, fake: Callable[[], Any], labels: Any = None, state: Any = 0.0
    ) -> tuple[Any, dict[str, Any]]:
        raise NotImplementedError

    def moved(self, state: Any, observed: Any) -> Any:
        """The state after a step."""
        return state
