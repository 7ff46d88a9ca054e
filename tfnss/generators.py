"""What the library asks of a generator."""

import inspect
from typing import Any, Protocol

import keras
import numpy as np
import tensorflow as tf


class StyledGenerator(Protocol):
    """A generator whose images come from styles: path lengths, truncation and mixed styles need one.

    Attributes:
        latent_dim: Width of the latents.
        slots: Number of styles of an image.
        average_style: The average of the styles that `mapping` gives, a variable `[style_dim]`; or of each class,
            `[classes, style_dim]`.
    """

    latent_dim: int
    slots: int
    average_style: Any

    def mapping(self, latents: Any, labels: Any = None) -> Any:
        """Styles `[batch, style_dim]` of latents `[batch, latent_dim]` and, where there are classes, one-hot labels."""

    def styles(self, latents: Any, labels: Any = None, *, truncation: Any = 1.0, training: bool = False) -> Any:
        """Styles `[batch, slots, style_dim]`; `truncation` is their distance from the average, as a share."""

    def synthesis(self, styles: Any, *, training: bool = False) -> Any:
        """Images in [-1, 1] of what `styles` gives."""


def latent_width(generator: Any) -> Any:
    """Width of the latents: the attribute `latent_dim`, else that of a functional model's input; None if unknown."""
    width = getattr(generator, "latent_dim", None)
    if width is None and getattr(generator, "input_shape", None) is not None:
        width = generator.input_shape[-1]
    return width


def has_styles(generator: Any) -> bool:
    """Whether it is a `StyledGenerator`."""
    return all(hasattr(generator, part) for part in ("mapping", "styles", "synthesis"))


def number_of_classes(generator: Any) -> int:
    """Of a conditional generator, which takes one-hot labels after the latents: its attribute `classes`; else 0."""
    return getattr(generator, "classes", 0)


def check_takes_labels(generator: Any, discriminator: Any) -> None:
    """Raises a ValueError for networks that are to be conditional and take no labels beside latents or images.

    Keras' functional and Sequential models are such: they take all their inputs as one argument.
    """
    for name, network, first in (("generator", generator, "latents"), ("discriminator", discriminator, "images")):
        several = len(getattr(network, "inputs", None) or ()) > 1
        if (several or number_of_classes(generator)) and not _takes_two(network):
            raise ValueError(
                f"the {name} of a conditional GAN must be a subclass of keras.Model whose `call` takes {first} and labels: "
                f"see docs/tutorials/classes.md. Received: {type(network).__name__} {getattr(network, 'name', '')}"
            )


def _takes_two(network: Any) -> bool:
    """Whether a network can be called as the engine calls conditional ones."""
    signature = inspect.signature(network.call)
    options = {"training": True} if "training" in signature.parameters else {}
    try:
        signature.bind(None, None, **options)
    except TypeError:
        return False
    return True


def copied(network: Any) -> Any:
    """The same network with weights of its own."""
    copy = type(network).from_config(network.get_config())
    copy.set_weights(network.get_weights())
    return copy


def in_float32(network: Any) -> Any:
    """The same network in float32: itself, or a copy of one whose layers compute in half precision.

    What differences or derivatives of images are taken of has to be: half precision rounds images by more than the path
    length's step changes them, and loses the small gradients of large images.

    Args:
        network: A Keras model; anything else is given back as it is.
    """
    if not isinstance(network, keras.Layer) or all(x.compute_dtype == "float32" for x in network._flatten_layers()):
        return network
    copy = copied(network)
    for layer in copy._flatten_layers():
        layer.dtype_policy = "float32"
    return copy


def image_shape(generator: Any) -> tuple[int | None, ...]:
    """Shape `(None, height, width, channels)` of its images."""
    classes = number_of_classes(generator)
    widths = [latent_width(generator), *([classes] if classes else [])]
    images = generator(*(keras.KerasTensor((1, width)) for width in widths))
    return (None, *images.shape[1:])


def labels_in_turn(start: Any, count: Any, classes: int) -> Any:
    """One-hot labels of images `start` and on, where image i is of class i modulo the number of classes."""
    return tf.one_hot((tf.cast(start, tf.int64) + tf.range(tf.cast(count, tf.int64))) % classes, classes)


def one_hot(labels: Any, classes: int) -> Any:
    """One-hot labels, float32 `[count, classes]`, of integers `[count]`.

    Raises:
        ValueError: For labels that are no integers or out of range.
    """
    labels = np.asarray(labels)
    if not classes:
        raise ValueError("`labels` go with a conditional generator; this one has no classes")
    if labels.ndim != 1 or labels.dtype.kind not in "iu":
        raise ValueError(f"`labels` must be integers, one per image. Received: shape {labels.shape}, {labels.dtype}")
    wrong = labels[(labels < 0) | (labels >= classes)]
    if len(wrong):
        raise ValueError(f"class out of range: {wrong[0]}. The generator has classes 0 to {classes - 1}")
    return tf.one_hot(labels, classes)
