"""How the scale-space time decays over a run: functions of progress in [0, 1] (NSS-GAN, section 4.4).

Times are rounded down, so that a time below 1 is the plain GAN.
"""

import math
from typing import Any

import keras
from keras import ops


class Annealing:
    """Base of the schedules.

    Args:
        initial_time: Scale-space time at the start, >= 0.

    Call arguments:
        progress: Share of the run that is done, in [0, 1]; a number or tensor.

    Returns:
        The time, a whole number >= 0 as a float32 tensor.
    """

    def __init__(self, initial_time: float) -> None:
        if not 0 <= initial_time < math.inf:
            raise ValueError(f"`initial_time` must be a finite number >= 0. Received: initial_time={initial_time}")
        self.initial_time = float(initial_time)

    def __call__(self, progress: Any) -> Any:
        return ops.floor(self.initial_time * self.decay(ops.cast(progress, "float32")))

    def decay(self, progress: Any) -> Any:
        """Share of the initial time that is left at `progress`, in [0, 1]."""
        raise NotImplementedError

    def get_config(self) -> dict:
        return {"initial_time": self.initial_time}

    @classmethod
    def from_config(cls, config: dict) -> "Annealing":
        return cls(**config)


@keras.saving.register_keras_serializable("tfnss")
class ExponentialAnnealing(Annealing):
    """time = initial_time exp(-power progress) (NSS-GAN, equation 8, whose sign is lost in print; figure 6c shows it).

    With the paper's power of 20 and initial time of 256, the last 72 % of a run are the plain GAN.

    Args:
        initial_time: Scale-space time at the start, >= 0.
        power: Rate of the decay, > 0.
    """

    def __init__(self, initial_time: float, power: float = 20.0) -> None:
        super().__init__(initial_time)
        if not 0 < power < math.inf:
            raise ValueError(f"`power` must be a finite number > 0. Received: power={power}")
        self.power = float(power)

    def decay(self, progress: Any) -> Any:
        return ops.exp(-self.power * progress)

    def get_config(self) -> dict:
        return {**super().get_config(), "power": self.power}


@keras.saving.register_keras_serializable("tfnss")
class StepAnnealing(Annealing):
    """`initial_time` until `end`, then 0 (the two-step scale-space of NSS-GAN, table 1, with equal periods).

    Args:
        initial_time: Scale-space time at the start, >= 0.
        end: Progress at which the time drops to 0, in [0, 1].
    """

    def __init__(self, initial_time: float, end: float = 0.5) -> None:
        super().__init__(initial_time)
        if not 0 <= end <= 1:
            raise ValueError(f"`end` must lie in [0, 1]. Received: end={end}")
        self.end = float(end)

    def decay(self, progress: Any) -> Any:
        return ops.cast(progress < self.end, "float32")

    def get_config(self) -> dict:
        return {**super().get_config(), "end": self.end}


@keras.saving.register_keras_serializable("tfnss")
class DecayingWaveAnnealing(ExponentialAnnealing):
    """An exponential decay under a cosine wave, which returns to the plain GAN `waves` times.

    time = initial_time exp(-power progress) (1 + cos(2 pi waves progress)) / 2. The paper compares with a decaying wave
    but gives no formula; this is ours.

    Args:
        initial_time: Scale-space time at the start, >= 0.
        power: Rate of the decay, > 0.
        waves: Number of waves in a run, > 0.
    """

    def __init__(self, initial_time: float, power: float = 20.0, waves: float = 10.0) -> None:
        super().__init__(initial_time, power)
        if not 0 < waves < math.inf:
            raise ValueError(f"`waves` must be a finite number > 0. Received: waves={waves}")
        self.waves = float(waves)

    def decay(self, progress: Any) -> Any:
        return super().decay(progress) * (1 + ops.cos(2 * math.pi * self.waves * progress)) / 2

    def get_config(self) -> dict:
        return {**super().get_config(), "waves": self.waves}


@keras.saving.register_keras_serializable("tfnss")
class ConstantAnnealing(Annealing):
    """`initial_time` throughout (NSS-GAN, figures 3 to 5)."""

    def decay(self, progress: Any) -> Any:
        return ops.ones_like(progress)
