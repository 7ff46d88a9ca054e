"""Generators as SavedModels that TensorFlow loads without tfnss."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

from tfnss import files, random
from tfnss.generators import has_styles, labels_in_turn, latent_width, number_of_classes
from tfnss.images import to_uint8
from tfnss.layers import plain_gradients
from tfnss.random.stateless import noise_source, sampling_latents

Signature = tuple[Callable, list[tf.TensorSpec]]


def export(generator: keras.Model, filepath: str | os.PathLike) -> None:
    """Writes `generator` to the folder `filepath`, whole or not at all.

    Signatures, with the one output `images`, uint8 `[count, height, width, channels]`:

    - `serving_default(latents)`: float32 `[count, latent_dim]`. Noise, where the generator draws any, is that of seed 0.
    - `sample(count, seed)`: int32 scalars; the same images as `GAN.generate(count, seed=seed, batch_size=count)`.

    For a generator with styles (the attributes `mapping`, `synthesis` and `styles`) also:

    - `generate(latents, truncation, noise_seed)`: float32 scalar and int32 scalar.
    - `map(latents, truncation)`, with the output `styles`, float32 `[count, slots, style_dim]`.
    - `synthesize(styles, noise_seed)`.

    For a conditional generator every signature that takes latents takes `labels` too, int32 `[count]`; `sample` gives the
    classes in turn.

    Raises:
        ValueError: If there is something at `filepath` that is neither a SavedModel nor an empty folder.
    """
    place = Path(filepath)
    if place.exists() and not (place.is_dir() and (not any(place.iterdir()) or (place / "saved_model.pb").exists())):
        raise ValueError(f"{place} holds something other than a SavedModel; export to another folder")
    archive = keras.export.ExportArchive()
    archive.track(generator)
    with plain_gradients():
        signatures = _signatures(generator) | (_style_signatures(generator) if has_styles(generator) else {})
        for name, (function, arguments) in signatures.items():
            archive.add_endpoint(name, function, arguments)
    with files.replacing(filepath) as path:
        archive.write_out(path, verbose=False)


def _signatures(generator: keras.Model) -> dict[str, Signature]:
    classes = number_of_classes(generator)

    def images(latents: Any, *conditions: Any, seed: Any = 0) -> dict[str, Any]:
        with random.scope(noise_source(seed, 0)):
            return {"images": to_uint8(generator(latents, *conditions, training=False))}

    def serve(latents: Any, labels: Any = None) -> dict[str, Any]:
        return images(latents, *_one_hot(labels, classes))

    def sample(count: Any, seed: Any) -> dict[str, Any]:
        conditions = [labels_in_turn(0, count, classes)] if classes else []
        return images(sampling_latents(count, latent_width(generator), seed), *conditions, seed=seed)

    return {
        "serving_default": (serve, _inputs(generator)),
        "sample": (sample, [_integer("count"), _integer("seed")]),
    }


def _style_signatures(generator: Any) -> dict[str, Signature]:
    classes = number_of_classes(generator)

    def synthesize(styles: Any, noise_seed: Any) -> dict[str, Any]:
        with random.scope(noise_source(noise_seed, 0)):
            return {"images": to_uint8(generator.synthesis(styles, training=False))}

    def to_styles(latents: Any, *rest: Any) -> dict[str, Any]:
        *labels, truncation = rest
        conditions = _one_hot(labels[0], classes) if labels else []
        return {"styles": generator.styles(latents, *conditions, truncation=truncation)}

    def generate(latents: Any, *rest: Any) -> dict[str, Any]:
        *conditions, noise_seed = rest
        return synthesize(to_styles(latents, *conditions)["styles"], noise_seed)

    inputs = [*_inputs(generator), _floats("truncation")]
    styles = _floats("styles", None, generator.slots, generator.average_style.shape[0])
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
