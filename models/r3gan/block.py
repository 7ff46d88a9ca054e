"""R3GAN's residual block."""

import math
from typing import Any

import keras
import tensorflow as tf
from keras import ops

SLOPE = 0.2  # of the leaky rectifier below 0
GAIN = math.sqrt(2 / (1 + SLOPE**2))  # keeps the variance through it (He et al. 2015)


@keras.saving.register_keras_serializable("tfnss")
class ResidualBlock(keras.layers.Layer):
    """x + W3 f(W2 * f(W1 x + b1) + b2): a 1x1 convolution to more channels, a grouped 3x3 one, and a 1x1 one back.

    f is the leaky rectifier of slope 0.2. There is no normalisation. Instead, the weights start so that the block is the
    identity and the depth does not matter: W3 at 0; W1 and W2 normal with standard deviation
    `gain * depth ** -0.25 / sqrt(inputs)`, where the gain is the rectifier's (Fixup: Zhang et al. 2019, with three layers a
    block).

    On a CPU, XLA computes grouped convolutions without its fast library: 160 times slower than TensorFlow's graph does.

    Args:
        hidden: Channels inside.
        groups: Groups of the 3x3 convolution.
        depth: Number of residual blocks of the network.
        seed: Seed of the initial weights.

    Call arguments:
        features: Floats `[batch, height, width, channels]`.

    Returns:
        Floats, shaped as the features.

    Raises:
        ValueError: For groups that do not divide the channels inside, and numbers below 1.

    Reference: Huang et al. 2024, The GAN is dead; long live the GAN! A Modern GAN Baseline, section 3.
    """

    def __init__(self, hidden: int, groups: int = 1, depth: int = 1, seed: int = 0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if min(hidden, groups, depth) < 1 or hidden % groups:
            raise ValueError(
                "`groups` must divide `hidden`, and these and `depth` be at least 1. "
                f"Received: hidden={hidden}, groups={groups}, depth={depth}"
            )
        self.hidden, self.groups, self.depth, self.seed = hidden, groups, depth, seed

    def build(self, features_shape: tuple) -> None:
        channels, size = features_shape[-1], self.hidden // self.groups
        scale = GAIN * self.depth**-0.25
        self.kernel1 = self._kernel("kernel1", (1, 1, channels, self.hidden), scale / math.sqrt(channels), 0)
        self.kernel2 = self._kernel("kernel2", (3, 3, size, self.hidden), scale / math.sqrt(9 * size), 1)
        self.kernel3 = self.add_weight(name="kernel3", shape=(1, 1, self.hidden, channels), initializer="zeros")
        self.bias1 = self.add_weight(name="bias1", shape=(self.hidden,), initializer="zeros")
        self.bias2 = self.add_weight(name="bias2", shape=(self.hidden,), initializer="zeros")

    def _kernel(self, name: str, shape: tuple, stddev: float, place: int) -> Any:
        draws = keras.initializers.RandomNormal(stddev=stddev, seed=2 * self.seed + place)
        return self.add_weight(name=name, shape=shape, initializer=draws)

    def call(self, features: Any) -> Any:
        x = ops.conv(features, self.kernel1, padding="same", data_format="channels_last")
        x = ops.leaky_relu(x + self.bias1, SLOPE)
        # Keras would compile this by XLA, for an old TensorFlow without grouped convolutions on CPUs.
        x = tf.nn.conv2d(x, ops.convert_to_tensor(self.kernel2), strides=1, padding="SAME")
        x = ops.leaky_relu(x + self.bias2, SLOPE)
        return features + ops.conv(x, self.kernel3, padding="same", data_format="channels_last")

    def compute_output_shape(self, features_shape: tuple) -> tuple:
        return features_shape

    def get_config(self) -> dict:
        own = {"hidden": self.hidden, "groups": self.groups, "depth": self.depth, "seed": self.seed}
        return {**super().get_config(), **own}
