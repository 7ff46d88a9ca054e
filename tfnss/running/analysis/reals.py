"""Real images beside a model's, and its discriminator's answers to both."""

import functools
from collections.abc import Callable, Iterator, Mapping
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
    from tfnss.data.named import NAMED

    *size, channels = model.image_shape
    options: dict[str, Any] = {"labels": labels, "channels": channels, "background": model.settings.get("background")}
    if given["data"] not in NAMED:
        options["cache_gb"] = 0.0  # files are read when they are needed: an analysis needs few of them, and each once
    return tfnss.data.load(given["data"], size, 1, download=given["download"], **options)


class Reals:
    """At most `count` of the real images of `load_reals`, chosen by the seed.

    Attributes:
        labels: Their labels, if asked for.
    """

    def __init__(self, model: Model, given: Mapping[str, Any], count: int, labels: bool = False) -> None:
        self._images = load_reals(model, given, labels)
        self._chosen = np.random.default_rng(given["seed"]).permutation(len(self._images))[:count]
        self.labels = None if self._images.labels is None else self._images.labels[self._chosen]

    def __len__(self) -> int:
        return len(self._chosen)

    def batches(self, batch_size: int) -> Iterator[np.ndarray]:
        """uint8 `[batch, height, width, channels]`; floats in [-1, 1] of a data set that has them."""
        for start in range(0, len(self), batch_size):
            yield self._images.take(self._chosen[start : start + batch_size])

    def all(self) -> np.ndarray:
        """Those of all batches, of few images."""
        return self._images.take(self._chosen)


def floats_of(images: np.ndarray) -> np.ndarray:
    """Images in [-1, 1], of uint8 ones or such."""
    from tfnss.uint8 import from_uint8

    return np.asarray(from_uint8(images)) if images.dtype == np.uint8 else images


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
