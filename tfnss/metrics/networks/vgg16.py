"""VGG16 of `keras.applications`, and its weights."""

import hashlib
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tfnss.colours import rgb
from tfnss.files import expanded
from tfnss.metrics.networks.network import Outputs, resized
from tfnss.uint8 import as_uint8

EMBEDDING_TAPS = ("block1_conv1", "block1_conv2", "block3_conv2", "block4_conv2")  # Image2StyleGAN's
CAFFE_SCALE = 255 * (0.229 + 0.224 + 0.225) / 3  # deviation of ImageNet's pixels in [0, 255]
_REMEDY = (
    "download https://storage.googleapis.com/tensorflow/keras-applications/vgg16/"
    "vgg16_weights_tf_dim_ordering_tf_kernels.h5 on a machine with network and name the file (--vgg16 FILE)"
)


def vgg16(weights: str | os.PathLike | None, include_top: bool, dtype: str = "float32") -> keras.Model:
    """VGG16 for BGR images less Keras' mean colour.

    Args:
        weights: `imagenet` (downloaded once by Keras), a file of Keras weights, or None for random ones.
        include_top: Whether it classifies.
        dtype: Its precision, whatever the global policy is.

    Raises:
        ValueError: If the weights cannot be had.
    """
    shape = (224, 224, 3) if include_top else (None, None, 3)
    try:
        if weights is None or weights == "imagenet":
            network = keras.applications.VGG16(weights=weights, include_top=include_top, input_shape=shape)
        else:
            network = keras.applications.VGG16(weights=None, include_top=include_top, input_shape=shape)
            _load(network, expanded(weights))
    except Exception as error:  # of many kinds: network, checksum, disk, HDF5
        raise ValueError(f"the weights of VGG16 cannot be had ({type(error).__name__}: {error}); {_REMEDY}") from error
    return _of_dtype(network, dtype)


def _of_dtype(network: keras.Model, dtype: str) -> keras.Model:
    """`keras.applications` builds under the global policy."""

    def clone(layer: keras.layers.Layer) -> keras.layers.Layer:
        return type(layer).from_config({**layer.get_config(), "dtype": dtype})

    inputs = keras.Input(network.input_shape[1:], dtype=keras.dtype_policies.get(dtype).compute_dtype)
    copy = keras.models.clone_model(network, input_tensors=inputs, clone_function=clone)
    copy.set_weights(network.get_weights())
    return copy


def _load(model: keras.Model, path: Path) -> None:
    """Reads the layers that the model has; a file of the whole network serves for its convolutions too."""
    if not path.is_file():
        raise ValueError(f"{path} is not there")
    kernels = [layer.kernel for layer in model.layers if hasattr(layer, "kernel")]
    before = [kernel.numpy() for kernel in kernels]
    whole = path.name.endswith(".weights.h5")
    try:
        model.load_weights(path, **({} if whole else {"by_name": True}))
    except (OSError, ValueError) as error:  # which do not name the file
        raise ValueError(f"{path} holds no such weights: {error}") from error
    if whole:
        return
    missing = [k.path for k, old in zip(kernels, before, strict=True) if np.array_equal(k.numpy(), old)]
    if missing:
        raise ValueError(f"{path} lacks {missing[0]}")


def vgg16_features(
    weights: str | os.PathLike | None = "imagenet", taps: Sequence[str] = EMBEDDING_TAPS, preprocessing: str = "caffe"
) -> Callable[[Any], list[Any]]:
    """Activations of VGG16 after some of its convolutions and their rectifiers, differentiable.

    They are those of images of unit deviation, as torchvision's networks see them, so that losses have one scale for either
    kind of weights: Keras' own networks take numbers of 0 to 255, and their activations are divided by `CAFFE_SCALE`.

    Args:
        weights: As in `vgg16`.
        taps: Names of layers.
        preprocessing: `caffe` for Keras' weights, `torch` for ones that were converted from torchvision's.

    Returns:
        A function of images `[batch, height, width, 1, 3 or 4]`, floats in [-1, 1], that gives an array of each tap.

    Raises:
        ValueError: If the weights cannot be had, and for another `preprocessing`.
    """
    if preprocessing not in ("caffe", "torch"):
        raise ValueError(f"`preprocessing` must be caffe or torch. Received: {preprocessing}")
    network = vgg16(weights, include_top=False)
    both = keras.Model(network.input, [network.get_layer(name).output for name in taps])
    scale = CAFFE_SCALE if preprocessing == "caffe" else 1.0

    def features(images: Any) -> list[Any]:
        inputs = keras.applications.imagenet_utils.preprocess_input(
            (rgb(tf.cast(images, tf.float32)) + 1) * 127.5, data_format="channels_last", mode=preprocessing
        )
        return [activations / scale for activations in both(inputs, training=False)]

    return features


def digest_of(model: keras.Model) -> str:
    """Tells these weights from others."""
    digest = hashlib.sha256()
    for array in model.get_weights():
        digest.update(np.ascontiguousarray(array).view(np.uint8).data)  # bfloat16 has no buffer
    return digest.hexdigest()


class VGG16:
    """Activations of the second fully connected layer (4096) and class probabilities of VGG16.

    The precision and recall of Kynkäänniemi et al. are measured under this layer, of other weights than Keras'.

    Args:
        weights: `imagenet`, or a file of Keras weights of the whole network.

    Raises:
        ValueError: If the weights cannot be had.
    """

    name = "vgg16 (keras.applications)"
    resize = "bilinear to 224x224, half-pixel centres, no antialiasing"
    has_classes = True
    comparable = False

    def __init__(self, weights: str | os.PathLike | None = "imagenet") -> None:
        model = vgg16(weights, include_top=True)
        self.key = f"vgg16 {digest_of(model)}"
        both = keras.Model(model.input, [model.get_layer("fc2").output, model.output])
        self._call = tf.function(
            lambda images: both(keras.applications.vgg16.preprocess_input(resized(images, 224)), training=False)
        )

    def __call__(self, images: np.ndarray) -> Outputs:
        activations, probabilities = self._call(tf.constant(as_uint8(images, "images")))
        return Outputs(activations.numpy(), probabilities.numpy())
