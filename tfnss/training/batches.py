"""What `fit` is fed with."""

import logging
from typing import Any

import numpy as np
import tensorflow as tf

from tfnss.data import Images
from tfnss.layers import MinibatchStandardDeviation
from tfnss.training.view import View
from tfnss.uint8 import from_uint8

logger = logging.getLogger("tfnss")

_ROUNDING = 1e-2


def as_images(x: Any, labels: Any, batch_size: int | None, seed: int) -> Any:
    """Arrays as `Images`; anything else as it is.

    Raises:
        ValueError: For labels beside something that is no array, or that do not fit the images.
    """
    if isinstance(x, np.ndarray):
        return Images(x, batch_size=batch_size or 32, seed=seed, labels=None if labels is None else np.asarray(labels))
    if labels is not None:
        raise ValueError(
            "`fit` takes labels beside an array of images only; tfnss.data.Images and tf.data hold their own"
        )
    return x


def check_labels(images: Images, classes: int) -> None:
    """Raises a ValueError where images have no labels for so many classes."""
    if not classes:
        return
    if images.labels is None:
        raise ValueError(f"a GAN of {classes} classes needs labels, and {images.name} has none")
    highest = int(images.labels.max())
    if highest >= classes:
        raise ValueError(
            f"{images.name} has the class {highest}, out of range for a GAN of {classes} classes (0 to {classes - 1})"
        )


def for_game(dataset: Any, classes: int) -> Any:
    """A dataset of `(images,)`, or of `(images, one-hot labels)` where there are classes.

    Raises:
        ValueError: For a dataset without batches of images of a static size, or without integer labels where there are
            classes.
    """
    spec = getattr(dataset, "element_spec", None)
    images, *rest = spec if isinstance(spec, (tuple, list)) else (spec,)
    if not isinstance(images, tf.TensorSpec) or images.shape.rank != 4 or images.shape[0] is None:
        raise ValueError(
            "`fit` takes tfnss.data.Images, an array of images, or a tf.data.Dataset of image batches of equal size "
            f"(`batch(n, drop_remainder=True)`). Received: {type(dataset).__name__} of {images}"
        )
    if images.dtype != tf.uint8 and not images.dtype.is_floating:
        raise ValueError(f"images of a dataset must be uint8, or floats in [-1, 1]. Received: {images.dtype.name}")
    if not classes:
        return dataset.map(lambda x, *_: (_floats(x),)) if rest else dataset.map(lambda x: (_floats(_first(x)),))
    if not rest or not isinstance(rest[0], tf.TensorSpec) or rest[0].shape.rank != 1 or not rest[0].dtype.is_integer:
        raise ValueError(
            f"a GAN of {classes} classes needs a dataset of (images, labels), labels integers [batch]. "
            f"Received: {rest[0] if rest else 'no labels'}"
        )

    def encoded(x: Any, labels: Any, *_: Any) -> tuple[Any, Any]:
        labels = tf.cast(labels, tf.int64)
        valid = tf.debugging.Assert(
            tf.reduce_all((labels >= 0) & (labels < classes)),
            [f"class out of range for a GAN of {classes} classes:", labels],
        )
        with tf.control_dependencies([valid]):
            return _floats(x), tf.one_hot(labels, classes)

    return dataset.map(encoded)


def _first(element: Any) -> Any:
    return element[0] if isinstance(element, (tuple, list)) else element


def _floats(images: Any) -> Any:
    return from_uint8(images) if images.dtype == tf.uint8 else tf.cast(images, tf.float32)


def check_range(dataset: tf.data.Dataset) -> None:
    """Raises a ValueError where the first images of a dataset of floats are not in [-1, 1] (but for rounding)."""
    for element in dataset.take(1):
        images = _first(element)
        if images.dtype.is_floating:
            low, high = float(tf.reduce_min(images)), float(tf.reduce_max(images))
            if not (low >= -1 - _ROUNDING and high <= 1 + _ROUNDING):
                raise ValueError(
                    "floats of a dataset must lie in [-1, 1]: `x / 127.5 - 1` brings pixels there, and uint8 needs nothing. "
                    f"Received: images from {low:g} to {high:g}"
                )


def static_batch_size(dataset: tf.data.Dataset) -> int:
    """Images in a global batch."""
    return dataset.element_spec[0].shape[0]


def cardinality(dataset: tf.data.Dataset) -> int:
    """Batches in a dataset.

    Raises:
        ValueError: If there is no telling.
    """
    size = int(dataset.cardinality())
    if size <= 0:
        raise ValueError("`fit` needs `steps_per_epoch` for a dataset that is endless, empty or of unknown size")
    return size


def check_batch_size(batch_size: int, replicas: int, accumulation_steps: int, discriminator: Any) -> None:
    """Raises a ValueError if a global batch of this size cannot be divided over replicas, steps and groups."""
    parts = replicas * accumulation_steps
    if batch_size % (2 * parts) and parts > 1:
        raise ValueError(
            f"{replicas} replicas and {accumulation_steps} accumulation steps need an even share each of the batch: "
            f"a multiple of {2 * parts}. Received: batch_size={batch_size}"
        )
    share = batch_size // parts
    for layer in discriminator._flatten_layers():
        if isinstance(layer, MinibatchStandardDeviation) and share % min(layer.group_size, share):
            raise ValueError(
                f"a share of {share} images is no multiple of the minibatch standard deviation's groups of "
                f"{layer.group_size}. Received: batch_size={batch_size}"
            )


def warn_of_mixed_groups(share: int, discriminator: Any, view: Any) -> None:
    """Says so where shown and clean images of a half batch meet in a group of the minibatch standard deviation.

    Every other image is shown, and group i holds every n-th image from i on: groups are of one kind for an even n.
    """
    if not isinstance(view, View) or not view.half_batch:
        return
    for layer in discriminator._flatten_layers():
        if not isinstance(layer, MinibatchStandardDeviation):
            continue
        group = min(layer.group_size, share)
        if group > 1 and share // group % 2:
            logger.warning(
                f"shown and clean images meet in the minibatch standard deviation's groups of {group}, which tells the "
                f"discriminator of the view: take a share of a multiple of {2 * group} images per device, or "
                f"View(..., half_batch=False). Received: a share of {share}"
            )
            return
