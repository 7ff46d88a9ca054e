"""What the penalties on either player have in common."""

import copy
from collections.abc import Callable
from typing import Any, Self

from tfnss.training.ramps import CosineRamp, Ramped, checked, now


class Penalty:
    """Base of the regularizers: a weighted term of one player's loss.

    Args:
        weight: Factor of the penalty, >= 0: a number, or a `CosineRamp` of it.
        interval: The penalty is taken every `interval` steps of its player. Above 1 it is lazy (StyleGAN2, appendix B): on
            an optimizer step of its own, multiplied by `interval`.

    Attributes:
        player: `discriminator` or `generator`.
        name: What the history calls the penalty.
        logged: All that it records, by name.
        state_size: How many numbers the engine keeps for it from step to step, in a weight of the GAN. (Those of the
            discriminator's gradient have no use for it.)

    Raises:
        ValueError: For values outside these.
    """

    player: str
    name: str
    state_size: int = 0

    def __init__(self, weight: Ramped, interval: int = 1) -> None:
        if not isinstance(interval, int) or interval < 1:
            raise ValueError(f"`interval` must be a whole number >= 1. Received: interval={interval}")
        self.weight: Any = checked("weight", weight)
        self.interval = interval

    def at(self, images_seen: Any) -> Self:
        """The penalty as it is at a moment of the run: itself, or a copy whose weight is its ramp's value there."""
        if not isinstance(self.weight, CosineRamp):
            return self
        penalty = copy.copy(self)
        penalty.weight = now(self.weight, images_seen)
        return penalty

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
        state: What the engine keeps for it, `[state_size]`; the mean path length, a number, where that is 0.

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


class LogitPenalty(Penalty):
    """Base of the regularizers of the discriminator's own logits, which every step of it has.

    Args:
        weight: Factor of the penalty, >= 0: a number, or a `CosineRamp` of it.

    Call arguments:
        real_logits: Float32 logits on real images, `[batch]` or as many more as the discriminator has per image,
        fake_logits: and on fakes, of the discriminator alone.
        state: What the engine keeps for it, `[state_size]`, as it was before the step; None where that is 0.

    Returns:
        The weighted penalty, a float32 scalar.
    """

    player = "discriminator"

    def __init__(self, weight: Ramped) -> None:
        super().__init__(weight)

    def __call__(self, real_logits: Any, fake_logits: Any, state: Any) -> Any:
        raise NotImplementedError

    def moved(self, state: Any, real_logit: Any, fake_logit: Any) -> Any:
        """The state after a step whose mean logits on the global batch are these."""
        return state
