"""LPIPS, the learned perceptual distance between two images (Zhang et al. 2018)."""

import json
import os
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import ops

from tfnss.colours import rgb
from tfnss.metrics.networks.vgg16 import digest_of, vgg16

LAYERS = ("block1_conv2", "block2_conv2", "block3_conv3", "block4_conv3", "block5_conv3")
_EPSILON = 1e-10
_DATA = Path(__file__).with_name("lpips_vgg16.json")


class LPIPS(keras.Model):
    """LPIPS with VGG16, version 0.1: the weighted squared distance of unit-normalised activations after five blocks.

    d(x, y) = sum over layers of the mean over pixels of sum over channels of w (x̂ - ŷ)². The weights w are the published
    ones. VGG16 is that of `keras.applications`, whose convolutions were trained separately from those that w was fitted to
    (torchvision's): distances are close to the published ones but not equal. Convolutions converted from torchvision make
    them equal, with `preprocessing="torch"`.

    Args:
        weights: Convolutions of VGG16: `imagenet` (downloaded once by Keras), a file of Keras weights, or None for
            random ones.
        preprocessing: What the convolutions expect: `caffe` for Keras' own (BGR less the mean colour), `torch` for
            torchvision's (mean 0.485, 0.456, 0.406 and standard deviation 0.229, 0.224, 0.225 of RGB in [0, 1]).
        dtype: Precision of the convolutions, whatever the global policy is. Distances are of float32 at least.

    Call arguments:
        images: Two batches `[batch, height, width, 1, 3 or 4]` of at least 16x16 pixels, floats in [-1, 1]. Grey ones
            are repeated three times, transparent ones laid on white.

    Returns:
        Distances `[batch]`: 0 for equal images, symmetric, differentiable twice.

    Raises:
        ValueError: If the weights cannot be had, or for images of another size, or of integers.

    Reference: Zhang et al., The Unreasonable Effectiveness of Deep Features as a Perceptual Metric, CVPR 2018.
    """

    def __init__(
        self,
        weights: str | os.PathLike | None = "imagenet",
        preprocessing: str = "caffe",
        dtype: str = "float32",
        **kwargs: Any,
    ) -> None:
        super().__init__(trainable=False, dtype=dtype, **kwargs)
        if preprocessing not in ("caffe", "torch"):
            raise ValueError(f"`preprocessing` must be caffe or torch. Received: {preprocessing}")
        self.preprocessing = preprocessing
        network = vgg16(weights, include_top=False, dtype=dtype)
        self.network = keras.Model(network.input, [network.get_layer(name).output for name in LAYERS])
        self.network.trainable = False
        self.key = f"LPIPS 0.1, VGG16 {digest_of(self.network)[:16]}, {preprocessing}"  # for results
        published = json.loads(_DATA.read_text(encoding="utf-8"))["weights"]
        self._channel_weights = [np.array(published[name], np.float32) for name in LAYERS]
        self.built = True

    def call(self, images: tuple[Any, Any]) -> Any:
        kinds = [keras.backend.standardize_dtype(x.dtype) for x in images]
        if not all(keras.backend.is_float_dtype(kind) for kind in kinds):
            raise ValueError(f"LPIPS takes floats in [-1, 1]: give x / 127.5 - 1. Received: {' and '.join(kinds)}")
        first, second = (self._activations(ops.cast(x, self.compute_dtype)) for x in images)
        distances = [
            ops.mean(ops.sum(ops.square(a - b) * w, axis=-1), axis=(1, 2))
            for a, b, w in zip(first, second, self._channel_weights, strict=True)
        ]
        return sum(distances[1:], distances[0])

    def _activations(self, images: Any) -> list[Any]:
        if len(images.shape) != 4 or images.shape[-1] not in (1, 3, 4) or min(images.shape[1:3]) < 16:
            raise ValueError(
                f"LPIPS takes images [batch, height, width, 1, 3 or 4] of at least 16x16 pixels. Received: {images.shape}"
            )
        inputs = keras.applications.imagenet_utils.preprocess_input(
            (rgb(images) + 1) * 127.5, data_format="channels_last", mode=self.preprocessing
        )
        return [_unit(activations) for activations in self.network(inputs, training=False)]


def _unit(activations: Any) -> Any:
    """Activations of norm 1 over channels, 0 where all are 0; with finite derivatives there.

    In float32 at least: the squares of float16 overflow.
    """
    activations = ops.cast(activations, keras.backend.result_type(activations.dtype, "float32"))
    squared = ops.sum(ops.square(activations), axis=-1, keepdims=True)
    some = squared > 0
    norm = ops.where(some, ops.sqrt(ops.where(some, squared, 1.0)), 0.0)
    return activations / (norm + _EPSILON)
