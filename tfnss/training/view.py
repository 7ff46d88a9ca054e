"""What the discriminator is shown of an image: a scale-space at an annealed time."""

import inspect
import logging
from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf
from keras import ops

from tfnss.layers.augment import Augment
from tfnss.training.augmentation import Augmentation
from tfnss.training.schedules import Annealing, ExponentialAnnealing

logger = logging.getLogger("tfnss")


@keras.saving.register_keras_serializable("tfnss")
class View(keras.layers.Layer):
    """Shows images through a scale-space whose time is annealed over the run (NSS-GAN, section 4.4).

    Args:
        space: Layer called as `space(images, time)`: `NoisyScaleSpace`, `ScaleSpace`, `NoiseSpace` or your own.
        annealing: Function from progress to time; by default the paper's, from 256.
        half_batch: Whether only half of the images, every other one, passes through the space.

    Call arguments:
        images: Floats `[batch, height, width, channels]` in [-1, 1].
        progress: Share of the run that is done, a scalar in [0, 1].

    Raises:
        ValueError: For a space that takes no time, and an annealing that is no function.
    """

    def __init__(
        self,
        space: keras.layers.Layer,
        annealing: Annealing | None = None,
        half_batch: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        _check_space(space)
        _check_annealing(annealing)
        self.autocast = False  # progress stays exact under 16-bit policies
        self.space = space
        self.annealing = annealing or ExponentialAnnealing(initial_time=256)
        self.half_batch = half_batch
        self.built = True

    def call(self, images: Any, progress: Any) -> Any:
        time = self.annealing(progress)
        if self.half_batch:
            return on_half(lambda half: self.space(half, time), images)
        return self.space(images, time)

    def projected(self, values: Any) -> Any:
        """Of values, one for each image of a batch, those of the images that pass through the space."""
        return values[: values.shape[0] // 2 * 2 : 2] if self.half_batch else values

    def logs(self, progress: Any) -> dict[str, Any]:
        """What the training history records of this view."""
        return {"time": self.annealing(progress)}

    def get_config(self) -> dict:
        return {
            **super().get_config(),
            "space": keras.saving.serialize_keras_object(self.space),
            "annealing": keras.saving.serialize_keras_object(self.annealing),
            "half_batch": self.half_batch,
        }

    @classmethod
    def from_config(cls, config: dict) -> "View":
        config = dict(config)
        for part in ("space", "annealing"):
            config[part] = keras.saving.deserialize_keras_object(config[part])
        return cls(**config)


def _check_space(space: Any) -> None:
    if isinstance(space, (Augmentation, Augment)):
        raise ValueError(
            "a view is no place for an augmentation: give compile(augmentation=tfnss.Augmentation(...)). "
            f"Received: {space!r:.100}"
        )
    if not callable(space) or isinstance(space, (type, View)) or not _takes_time(space):
        raise ValueError(
            "a view must be a scale-space layer, such as tfnss.NoisyScaleSpace(), or one of your own that is called as "
            f"space(images, time). Received: {space!r:.100}"
        )


def _takes_time(space: Any) -> bool:
    """Whether a second argument may be one, which is `training` or `mask` of Keras' own layers."""
    try:
        function = space.call if isinstance(space, keras.layers.Layer) else space
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):  # of some functions there is no telling
        return True
    if any(parameter.kind is parameter.VAR_POSITIONAL for parameter in parameters):
        return True
    positional = [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    return len(positional) > 1 and positional[1] not in ("training", "mask")


def _check_annealing(annealing: Any) -> None:
    if annealing is not None and (not callable(annealing) or isinstance(annealing, type)):
        raise ValueError(
            "`annealing` must be a function from progress to time, such as tfnss.ExponentialAnnealing(initial_time=256). "
            f"Received: annealing={annealing!r:.100}"
        )


def as_view(view: keras.layers.Layer | None, annealing: Annealing | None) -> keras.layers.Layer | None:
    """What `compile` is given, as one layer.

    Raises:
        ValueError: For an annealing without a scale-space.
    """
    if annealing is None and (view is None or isinstance(view, View)):
        return view
    if view is None or isinstance(view, View):
        raise ValueError("`annealing` goes with a `view` that is a scale-space layer")
    return View(view, annealing)


def on_half(function: Callable, images: Any) -> Any:
    """Applies `function` to images 0, 2, 4, ... of the batch, to half of them rounded down, and keeps the others.

    Every other one, not the first half: then the strided groups of a minibatch standard deviation are homogeneous for an
    even number of groups (`shares.warn_of_mixed_groups`), and no group tells the discriminator which half it sees.
    """
    half = ops.shape(images)[0] // 2
    shape = ops.shape(images)[1:]
    pairs = ops.reshape(images[: 2 * half], (half, 2, *shape))
    mixed = ops.stack([function(pairs[:, 0]), pairs[:, 1]], axis=1)
    return ops.concatenate([ops.reshape(mixed, (2 * half, *shape)), images[2 * half :]], axis=0)


def warn_of_no_length(view: Any, images_total: keras.Variable) -> None:
    """Says so where a view is annealed over a run whose length nobody told. It looks when a step is traced."""
    if view is None:
        return
    with tf.init_scope():
        unknown = tf.executing_eagerly() and not int(images_total.numpy())
    if unknown:
        logger.warning(
            "the length of the run is not known, so that schedules stay at their start: compile(total_kimg=...) tells it"
        )
