"""Lazy penalties, which have optimizer steps of their own: what follows for the optimizer (StyleGAN2, appendix B)."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops
from keras.optimizers.schedules import LearningRateSchedule

_DECAY_RATES = {"beta_1", "beta_2", "adam_beta_1", "adam_beta_2", "rho", "momentum"}  # as Keras' optimizers call them


def correction(intervals: Sequence[int]) -> float:
    """Own steps of a player per step of its optimizer, c = k / (k + 1) for one penalty every k own steps."""
    return 1 / (1 + sum(1 / k for k in intervals))


def lazy_optimizer(optimizer: keras.optimizers.Optimizer, intervals: Sequence[int]) -> keras.optimizers.Optimizer:
    """The optimizer, corrected for the steps that lazy regularizers add to it (StyleGAN2, appendix B).

    With one regularizer every k iterations there are k + 1 steps where there were k, so the learning rate is multiplied by
    c = k / (k + 1) and the decay rates of the moments (and momentum) are raised to the power c. A schedule of the learning
    rate becomes a `LazySchedule`, one of a decay rate a `LazyDecaySchedule`.

    The result is a copy with its own learning rate; the object given is not used.

    Raises:
        ValueError: For an optimizer whose learning rate is neither a constant of its own nor a schedule.
    """
    if not intervals:
        return optimizer
    c = correction(intervals)
    config = optimizer.get_config()
    schedule = getattr(optimizer, "_learning_rate", None)
    if isinstance(schedule, LearningRateSchedule):
        config["learning_rate"] = LazySchedule(schedule, intervals)
    elif isinstance(config.get("learning_rate"), (int, float)):
        config["learning_rate"] *= c
    else:
        raise ValueError(
            "lazy regularizers (interval > 1) need an optimizer whose learning rate is a number or a "
            f"`LearningRateSchedule`. Received: {type(optimizer).__name__}"
        )
    for rate in _DECAY_RATES & config.keys():
        if isinstance(config[rate], dict):  # of `ScheduledAdam`
            config[rate] = LazyDecaySchedule(keras.saving.deserialize_keras_object(config[rate]), intervals)
        else:
            config[rate] **= c
    return type(optimizer).from_config(config)


def has_decay_schedule(optimizer: keras.optimizers.Optimizer) -> bool:
    """Whether the decay rate of a moment follows a schedule, as `ScheduledAdam` lets it."""
    return getattr(optimizer, "beta_2_schedule", None) is not None


@keras.saving.register_keras_serializable("tfnss")
class LazySchedule(LearningRateSchedule):
    """Another schedule, for an optimizer that has the steps of lazy penalties too.

    The other schedule is asked for the player's own step of this training iteration, the number that it would count
    without the penalties: 0, 1, 2 and so on. The own step and the penalties' that follow in the same iteration have one
    rate, which is the schedule's times `correction(intervals)`.

    Args:
        schedule: The other schedule.
        intervals: Of each lazy penalty, the own steps from one of its steps to the next; its first follows own step 0.

    Call arguments:
        step: Steps that the optimizer has done, own ones and penalties' (its `iterations`).
    """

    def __init__(self, schedule: LearningRateSchedule, intervals: Sequence[int]) -> None:
        self.schedule, self.intervals = schedule, list(intervals)

    def __call__(self, step: Any) -> Any:
        return self.schedule(self.own_steps(step)) * correction(self.intervals)

    def own_steps(self, step: Any) -> Any:
        """Number of the own step that step number `step` is, or that it follows as a penalty's."""
        step = ops.cast(step, "int64")
        # Before own step n there were n + sum(ceil(n / k)) steps: the number is the largest n for which these are no more
        # than `step`. It lies within the number of penalties of `step` times the correction; one more for rounding.
        near = ops.cast(ops.cast(step, "float64") * correction(self.intervals), "int64")
        numbers = near + ops.arange(-len(self.intervals) - 2, 2, dtype="int64")
        before = numbers + sum(-(-numbers // k) for k in self.intervals)
        return ops.max(ops.where(before <= step, numbers, ops.zeros_like(numbers)))

    def get_config(self) -> dict:
        return {"schedule": keras.saving.serialize_keras_object(self.schedule), "intervals": self.intervals}

    @classmethod
    def from_config(cls, config: dict) -> "LazySchedule":
        return cls(keras.saving.deserialize_keras_object(config["schedule"]), config["intervals"])


@keras.saving.register_keras_serializable("tfnss")
class LazyDecaySchedule(LazySchedule):
    """The same for a schedule of a moment's decay rate, which is raised to the power `correction(intervals)`.

    Args:
        schedule: The other schedule.
        intervals: As for `LazySchedule`.
    """

    def __call__(self, step: Any) -> Any:
        return self.schedule(self.own_steps(step)) ** correction(self.intervals)
