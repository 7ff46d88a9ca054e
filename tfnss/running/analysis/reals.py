"""Real images beside a model's, and its discriminator's answers to both."""

import functools
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

import tfnss
from tfnss.running.analysis.model import Model


def load_reals(model: Model, given: Mapping[str, Any], labels: bool = False) -> "tfnss.data.Images":
    """The real images, at the size of a model's.

    Args:
        model: The model.
        given: The settings of an analysis with `reals`: `data`, `download`.
        labels: Whether they need labels.

    Raises:
        ValueError: For images or labels that are not to be had.
    """
    *size, channels = model.image_shape
    background = model.settings.get("background")
    return tfnss.data.load(
        given["data"], size, 1, download=given["download"], labels=labels, channels=channels, background=background
    )


def real_images(
    model: Model, given: Mapping[str, Any], count: int, labels: bool = False
) -> tuple[np.ndarray, np.ndarray | None]:
    """At most `count` of the real images, chosen by the seed, and their labels if asked for.

    Raises:
        ValueError: As `load_reals`.
    """
    images = load_reals(model, given, labels)
    chosen = np.random.default_rng(given["seed"]).permutation(len(images))[:count]
    return images.take(chosen), None if images.labels is None else images.labels[chosen]


def discriminating(discriminator: Any, batch_size: int) -> Callable[..., np.ndarray]:
    """A discriminator in inference: logits of at most `batch_size` images in [-1, 1], and their one-hot labels if any."""
    import tensorflow as tf

    call = tf.function(functools.partial(discriminator, training=False), autograph=False)

    def logits(images: np.ndarray, labels: Any = None) -> np.ndarray:
        inputs = [np.asarray(x) for x in (images, labels) if x is not None]
        # Repeated to a whole batch: one that falls into groups (of the minibatch standard deviation) need be.
        filled = [tf.constant(np.resize(x, (batch_size, *x.shape[1:]))) for x in inputs]
        return np.asarray(tf.cast(call(*filled), tf.float32))[: len(images)]

    return logits
