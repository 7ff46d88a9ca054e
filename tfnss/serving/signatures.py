"""What an exported generator offers: functions of latents, seeds and styles."""

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from tfnss import random
from tfnss.generators import has_styles, labels_in_turn, latent_width, number_of_classes
from tfnss.random.stateless import noise_source, sampling_latents
from tfnss.uint8 import to_uint8

Signature = tuple[Callable, list[tf.TensorSpec]]


def signatures(generator: Any) -> dict[str, Any]:
    """The functions that a SavedModel of `generator` offers, by name (see `export`), as `tf.function`s."""
    found = _image_signatures(generator) | (_style_signatures(generator) if has_styles(generator) else {})
    return {
        name: tf.function(function, input_signature=inputs, autograph=False)
        for name, (function, inputs) in found.items()
    }


def _image_signatures(generator: Any) -> dict[str, Signature]:
    classes = number_of_classes(generator)

    def images(latents: Any, *conditions: Any, seed: Any = 0) -> dict[str, Any]:
        with random.scope(noise_source(seed, 0)):
            return {"images": to_uint8(generator(latents, *conditions, training=False))}

    def serve(latents: Any, labels: Any = None) -> dict[str, Any]:
        """Images of standard normal latents, with the noise of seed 0."""
        return images(latents, *_one_hot(labels, classes))

    def sample(count: Any, seed: Any) -> dict[str, Any]:
        """Images of latents and noise that follow from the seed, in [0, 2**31); of classes in turn, if it has classes."""
        conditions = [labels_in_turn(0, count, classes)] if classes else []
        return images(sampling_latents(count, latent_width(generator), seed), *conditions, seed=seed)

    return {
        "serving_default": (serve, _inputs(generator)),
        "sample": (sample, [_integer("count"), _integer("seed")]),
    }


def _style_signatures(generator: Any) -> dict[str, Signature]:
    classes = number_of_classes(generator)

    def synthesize(styles: Any, noise_seed: Any) -> dict[str, Any]:
        """Images of styles, with the noise of a seed."""
        with random.scope(noise_source(noise_seed, 0)):
            return {"images": to_uint8(generator.synthesis(styles, training=False))}

    def to_styles(latents: Any, *rest: Any) -> dict[str, Any]:
        """Styles of standard normal latents, one per slot; truncation 1 is none, 0 the average (of the class, if any)."""
        *labels, truncation = rest
        conditions = _one_hot(labels[0], classes) if labels else []
        return {"styles": generator.styles(latents, *conditions, truncation=truncation)}

    def generate(latents: Any, *rest: Any) -> dict[str, Any]:
        """Images of standard normal latents with truncated styles (1 is none) and the noise of a seed."""
        *conditions, noise_seed = rest
        return synthesize(to_styles(latents, *conditions)["styles"], noise_seed)

    inputs = [*_inputs(generator), _floats("truncation")]
    styles = _floats("styles", None, generator.slots, generator.average_style.shape[-1])
    return {
        "generate": (generate, [*inputs, _integer("noise_seed")]),
        "map": (to_styles, inputs),
        "synthesize": (synthesize, [styles, _integer("noise_seed")]),
    }


def _inputs(generator: Any) -> list[tf.TensorSpec]:
    """Latents, and labels where there are classes."""
    labels = [_integer("labels", None)] if number_of_classes(generator) else []
    return [_floats("latents", None, latent_width(generator)), *labels]


def _one_hot(labels: Any, classes: int) -> list[Any]:
    if not classes:
        return []
    valid = tf.debugging.Assert(
        tf.reduce_all((labels >= 0) & (labels < classes)), [f"class out of range 0 to {classes - 1}:", labels]
    )
    with tf.control_dependencies([valid]):
        return [tf.one_hot(labels, classes)]


def _floats(name: str, *shape: int | None) -> tf.TensorSpec:
    return tf.TensorSpec(shape, tf.float32, name=name)


def _integer(name: str, *shape: int | None) -> tf.TensorSpec:
    return tf.TensorSpec(shape, tf.int32, name=name)
