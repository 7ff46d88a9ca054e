"""R3GAN's ends: from latents to the smallest features, and from these to numbers."""

import math
from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable("tfnss")
class GenerativeBasis(keras.layers.Layer):
    """Features that are learned patterns, one a channel, each times a linear function of the latents.

    Args:
        size: Height and width of the features.
        channels: Channels of the features.
        seed: Seed of the initial weights.

    Call arguments:
        latents: Floats `[batch, width]`.

    Returns:
        Floats `[batch, *size, channels]`.
    """

    def __init__(self, size: tuple[int, int], channels: int, seed: int = 0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.size, self.channels, self.seed = tuple(size), channels, seed

    def build(self, latents_shape: tuple) -> None:
        self.patterns = _normal(self, "patterns", (*self.size, self.channels), 1.0, 0)
        width = latents_shape[-1]
        self.kernel = _normal(self, "kernel", (width, self.channels), 1 / math.sqrt(width), 1)

    def call(self, latents: Any) -> Any:
        return ops.matmul(latents, self.kernel)[:, None, None] * self.patterns

    def compute_output_shape(self, latents_shape: tuple) -> tuple:
        return (latents_shape[0], *self.size, self.channels)

    def get_config(self) -> dict:
        return {**super().get_config(), "size": self.size, "channels": self.channels, "seed": self.seed}


@keras.saving.register_keras_serializable("tfnss")
class DiscriminativeBasis(keras.layers.Layer):
    """Linear functions of the products of each channel with a learned pattern of its own.

    Args:
        units: Number of outputs.
        seed: Seed of the initial weights.

    Call arguments:
        features: Floats `[batch, height, width, channels]` with static height and width.

    Returns:
        Floats `[batch, units]`.
    """

    def __init__(self, units: int, seed: int = 0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.units, self.seed = units, seed

    def build(self, features_shape: tuple) -> None:
        _, height, width, channels = features_shape
        self.patterns = _normal(self, "patterns", (height, width, channels), 1 / math.sqrt(height * width), 0)
        self.kernel = _normal(self, "kernel", (channels, self.units), 1 / math.sqrt(channels), 1)

    def call(self, features: Any) -> Any:
        return ops.matmul(ops.sum(features * self.patterns, axis=(1, 2)), self.kernel)

    def compute_output_shape(self, features_shape: tuple) -> tuple:
        return (features_shape[0], self.units)

    def get_config(self) -> dict:
        return {**super().get_config(), "units": self.units, "seed": self.seed}


def _normal(layer: Any, name: str, shape: tuple, stddev: float, place: int) -> Any:
    draws = keras.initializers.RandomNormal(stddev=stddev, seed=2 * layer.seed + place)
    return layer.add_weight(name=name, shape=shape, initializer=draws)
