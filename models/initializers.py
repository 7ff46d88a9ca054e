"""Initial weights that follow from a model's seed."""

import math

import keras


class Initializers:
    """Initializers in order, each with a seed of its own.

    Args:
        seed: Seed of the model.
    """

    def __init__(self, seed: int) -> None:
        self._seeds = iter(range(seed * 1000, (seed + 1) * 1000))

    def seed(self) -> int:
        """The next seed."""
        return next(self._seeds)

    def normal(self, mean: float = 0.0) -> keras.initializers.Initializer:
        """Normal of standard deviation 0.02, as Radford et al. 2016 have it."""
        return keras.initializers.RandomNormal(mean, 0.02, seed=self.seed())

    def xavier(self, fan_in: int, gain: float = 1.0) -> dict[str, keras.initializers.Initializer]:
        """A layer's arguments for Xavier's uniform kernel, times the gain, and a bias uniform in +-1 / sqrt(fan_in)."""
        limit = 1 / math.sqrt(fan_in)
        return {
            "kernel_initializer": keras.initializers.VarianceScaling(gain**2, "fan_avg", "uniform", seed=self.seed()),
            "bias_initializer": keras.initializers.RandomUniform(-limit, limit, seed=self.seed()),
        }
