"""The parts of one training iteration, and when each is due."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras


@dataclass(frozen=True, eq=False)
class Phase:
    """One optimizer step of one player.

    Args:
        player: The network that moves.
        optimizer: Its optimizer, built.
        loss: Function from real images to the loss and a dictionary of what to record: scalars, and vectors of one value
            per image.
        interval: The phase runs every `interval` iterations,
        offset: at those whose number is `offset` modulo `interval`.
        update: Function of what the step recorded, called after it in replica context.
    """

    player: keras.Model
    optimizer: keras.optimizers.Optimizer
    loss: Callable[[Any], tuple[Any, dict[str, Any]]]
    interval: int = 1
    offset: int = 0
    update: Callable[[dict[str, Any]], None] | None = None

    def due(self, iteration: Any) -> Any:
        """Whether the phase runs in iteration number `iteration`, a scalar integer tensor."""
        return iteration % self.interval == self.offset


def lazy_optimizer(optimizer: keras.optimizers.Optimizer, intervals: list[int]) -> keras.optimizers.Optimizer:
    """The optimizer, corrected for the steps that lazy regularizers add to it (StyleGAN2, appendix B).

    With one regularizer every k iterations there are k + 1 steps where there were k, so the learning rate is multiplied by
    c = k / (k + 1) and the decay rates of the moments are raised to the power c.

    The result is a copy with its own learning rate; the object given is not used.

    Raises:
        ValueError: For a learning rate that is a schedule.
    """
    if not intervals:
        return optimizer
    c = 1 / (1 + sum(1 / k for k in intervals))
    config = optimizer.get_config()
    if not isinstance(config["learning_rate"], (int, float)):
        raise ValueError("lazy regularizers (interval > 1) need an optimizer with a constant learning rate")
    config["learning_rate"] *= c
    for beta in ("beta_1", "beta_2"):
        if beta in config:
            config[beta] **= c
    return type(optimizer).from_config(config)
