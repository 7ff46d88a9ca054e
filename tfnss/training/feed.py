"""What the game is fed with: images from the place where the clock stands."""

import contextlib
import copy
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tfnss.data import Images
from tfnss.data.classes import check_classes
from tfnss.data.reading import check_floats
from tfnss.training.growth import Stage
from tfnss.training.py_dataset import NumberedBatches
from tfnss.uint8 import from_uint8

_LOOKED_AT = 4  # batches of a dataset
_KINDS = (
    "`fit` takes tfnss.data.Images, an array of images, a keras.utils.PyDataset, or a tf.data.Dataset of image batches of "
    "equal size (`batch(n, drop_remainder=True)`)"
)


class Feed:
    """Batches for the game, checked when this is made.

    Args:
        x: What `fit` takes: `tfnss.data.Images` or an array, which are read on from the clock; a `keras.utils.PyDataset`,
            likewise; or a `tf.data.Dataset`, which is read from its start.
        labels: Labels of an array.
        batch_size: Images in the global batch, of an array.
        seed: Seed of the order, of an array.
        classes: Number of classes of the game; 0 for none.
        whole: Whether these are all images, so that every class is to be among them.

    Attributes:
        batch_size: Images in the global batch.
        image_shape: Height, width and channels of the images at their full size.

    Raises:
        ValueError: For anything else; batches without a static size; images that are neither uint8 nor floats in [-1, 1];
            labels that are missing, do not fit the images, or are no integers in the range of the classes; and classes
            without images, as far as the labels are known.
    """

    def __init__(
        self, x: Any, labels: Any, batch_size: int | None, seed: int, classes: int, whole: bool = True
    ) -> None:
        self._source: Any = _as_source(x, labels, batch_size, seed)
        self._classes = classes
        if isinstance(self._source, Images):
            check_labels(self._source, classes, whole)
        first = self.from_clock(0)
        self.batch_size, *self.image_shape = first.element_spec[0].shape
        self._steps = _own_steps(self._source)

    @property
    def steps_per_epoch(self) -> int:
        """Batches in one pass over the images.

        Raises:
            ValueError: If there is no telling.
        """
        if self._steps <= 0:
            raise ValueError("`fit` needs `steps_per_epoch` for a dataset that is endless, empty or of unknown size")
        return self._steps

    def from_clock(self, images_seen: int, steps: int | None = None) -> tf.data.Dataset:
        """Batches of `(images,)`, or of `(images, one-hot labels)` where there are classes; at least `steps` of them."""
        source = self._source
        if isinstance(source, Images):
            source = source.dataset(images_seen=images_seen)
        elif isinstance(source, NumberedBatches):
            source = source.dataset(images_seen, steps)
        return _for_game(source, self._classes)

    def at(self, stage: Stage) -> "Feed":
        """The same images as a stage has them: in batches of another size, their sides halved.

        Raises:
            ValueError: For a source of which there are no others.
        """
        batch_size = stage.batch_size or self.batch_size
        if (batch_size, stage.halvings) == (self.batch_size, 0):
            return self
        if not isinstance(self._source, Images):
            raise ValueError(
                "networks that grow need images of several sizes: give `fit` tfnss.data.Images or an array. "
                f"Received: batches of {self.batch_size} images of one size"
            )
        other = copy.copy(self)
        other._source, other.batch_size = self._source.at(batch_size, stage.halvings), batch_size
        return other

    def check_range(self) -> None:
        """Raises a ValueError where the first floats of a dataset are not in [-1, 1]. It reads some batches of them."""
        if isinstance(self._source, NumberedBatches):
            self._source.check_range()
        elif isinstance(self._source, tf.data.Dataset):
            _check_range(self._source)

    def own_errors(self) -> contextlib.AbstractContextManager:
        """A block in which an error of an image that cannot be used is raised as its own, not as TensorFlow's."""
        return self._source.own_errors() if isinstance(self._source, Images) else contextlib.nullcontext()


def _as_source(x: Any, labels: Any, batch_size: int | None, seed: int) -> Any:
    if isinstance(x, np.ndarray):
        return Images(x, batch_size=batch_size or 32, seed=seed, labels=None if labels is None else np.asarray(labels))
    if labels is not None:
        raise ValueError("`fit` takes labels beside an array of images only; other kinds of data hold their own")
    if batch_size is not None and batch_size != getattr(x, "batch_size", None):
        raise ValueError(
            f"`fit` takes `batch_size` for an array only; other data have their own. Received: {batch_size}"
        )
    return NumberedBatches(x) if isinstance(x, keras.utils.PyDataset) else x


def _own_steps(source: Any) -> int:
    """Batches in a source; 0 or below if there is no telling."""
    if isinstance(source, Images):
        return source.steps_per_epoch
    return source.count if isinstance(source, NumberedBatches) else int(source.cardinality())


def check_labels(images: Images, classes: int, whole: bool = True) -> None:
    """Raises a ValueError where images have no labels for so many classes."""
    if not classes:
        return
    if images.labels is None:
        raise ValueError(f"a GAN of {classes} classes needs labels, and {images.name} has none")
    check_classes(images.labels, classes, images.name, whole)


def _for_game(dataset: Any, classes: int) -> Any:
    """A dataset of `(images,)`, or of `(images, one-hot labels)` where there are classes.

    Raises:
        ValueError: For a dataset without batches of images of a static size, or without integer labels where there are
            classes.
    """
    spec = getattr(dataset, "element_spec", None)
    images, *rest = spec if isinstance(spec, (tuple, list)) else (spec,)
    if not isinstance(images, tf.TensorSpec) or images.shape.rank != 4 or images.shape[0] is None:
        raise ValueError(f"{_KINDS}. Received: {type(dataset).__name__} of {images}")
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


def _check_range(dataset: tf.data.Dataset) -> None:
    """Raises a ValueError where the first images of a dataset of floats are not in [-1, 1]."""
    ranges = []
    for element in dataset.take(_LOOKED_AT):
        images = _first(element)
        if not images.dtype.is_floating:
            return
        ranges.append((float(tf.reduce_min(images)), float(tf.reduce_max(images))))
    if not ranges:
        raise ValueError("the dataset gives no batch of images")
    lows, highs = zip(*ranges, strict=True)
    check_floats(float(np.min(lows)), float(np.max(highs)), "the dataset")
