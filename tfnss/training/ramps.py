"""Numbers that change with the images seen: weights of penalties, probabilities, half-lives."""

import math
from typing import Any, TypeAlias

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable("tfnss")
class CosineRamp:
    """A number that goes from one value to another along half a cosine, and stays there.

    value = end + (start - end) (1 + cos(pi min(images_seen / (1000 kimg), 1))) / 2. R3GAN has such ramps of its penalties'
    weights, its augmentation's probability and its average's half-life (Huang et al. 2024).

    Args:
        start: The value at the start of a run.
        end: The value from `kimg` on.
        kimg: Length of the way in thousands of images, > 0.

    Call arguments:
        images_seen: Images seen, a number or scalar tensor.

    Returns:
        The value now, a float32 scalar tensor.

    Raises:
        ValueError: For values outside these.

    Example:

    ```python
    CosineRamp(150.0, 15.0, kimg=20_000)(10_000_000)  # 82.5, half way
    ```
    """

    def __init__(self, start: float, end: float, kimg: float) -> None:
        if not (math.isfinite(start) and math.isfinite(end)):
            raise ValueError(f"`start` and `end` must be finite numbers. Received: start={start}, end={end}")
        if not 0 < kimg < math.inf:
            raise ValueError(f"`kimg` must be a finite number > 0. Received: kimg={kimg}")
        self.start, self.end, self.kimg = float(start), float(end), float(kimg)

    def __call__(self, images_seen: Any) -> Any:
        done = tf.minimum(tf.cast(images_seen, tf.float32) / (self.kimg * 1000), 1.0)
        return self.end + (self.start - self.end) * (1 + tf.cos(math.pi * done)) / 2

    def get_config(self) -> dict:
        return {"start": self.start, "end": self.end, "kimg": self.kimg}

    @classmethod
    def from_config(cls, config: dict) -> "CosineRamp":
        return cls(**config)


Ramped: TypeAlias = float | CosineRamp


def now(value: Ramped, images_seen: Any) -> Any:
    """What a number is at a moment of the run: a number itself, or a ramp's value there."""
    return value(images_seen) if isinstance(value, CosineRamp) else value


def checked(name: str, value: Any, most: float = math.inf) -> Ramped:
    """A number or a ramp, from what is given or its config.

    Args:
        name: What an error calls it.
        value: The number, the ramp, or what Keras makes of one in a config.
        most: The largest value allowed; infinity for every finite one.

    Raises:
        ValueError: For numbers below 0 or too large, at one of the ends for a ramp.
    """
    if isinstance(value, dict):
        value = keras.saving.deserialize_keras_object(value)
    for number in (value.start, value.end) if isinstance(value, CosineRamp) else (value,):
        if not (0 <= number <= most and math.isfinite(number)):
            bounds = "be a finite number >= 0" if most == math.inf else f"lie in [0, {most:g}]"
            raise ValueError(f"`{name}` must {bounds}. Received: {name}={number}")
    return value if isinstance(value, CosineRamp) else float(value)
