"""Generators as SavedModels that TensorFlow loads without tfnss."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

import tfnss
from tfnss import files, random
from tfnss.generators import has_styles, image_shape, labels_in_turn, latent_width, number_of_classes
from tfnss.images import to_uint8
from tfnss.layers import plain_gradients
from tfnss.random.stateless import noise_source, sampling_latents

CARD = "model_card.json"


Signature = tuple[Callable, list[tf.TensorSpec]]


def export(generator: keras.Model, filepath: str | os.PathLike, card: dict[str, Any] | None = None) -> None:
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

    The folder also gets a `model_card.json`: `name`, `resolution` ([height, width] in pixels), `channels`, `latent_dim`,
    `classes` (0 for none), `signatures` (what each does, its inputs and outputs) and `versions`.

    Args:
        generator: The model.
        filepath: Folder to write; a SavedModel that is there is replaced.
        card: More entries of the card, of JSON's values: its `name`, settings, metrics.

    Raises:
        ValueError: If there is something at `filepath` that is neither a SavedModel nor an empty folder, or for a `card`
            that is no JSON.
    """
    place = Path(filepath)
    if place.exists() and not (place.is_dir() and (not any(place.iterdir()) or (place / "saved_model.pb").exists())):
        raise ValueError(f"{place} holds something other than a SavedModel; export to another folder")
    try:
        json.dumps(card, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise ValueError(f"`card` must hold JSON's values alone ({error})") from error
    archive = keras.export.ExportArchive()
    archive.track(generator)
    functions = signatures(generator)
    with plain_gradients(), files.replacing(filepath) as path:  # both traces: here, and while they are written
        descriptions = {name: _description(function) for name, function in functions.items()}
        for name, function in functions.items():
            archive.add_endpoint(name, function)
        archive.write_out(path, verbose=False)
        (path / CARD).write_text(json.dumps(_card(generator, card or {}, descriptions), indent=2) + "\n")


def read_card(path: str | os.PathLike) -> dict[str, Any]:
    """The model card of an exported model; empty if it has none.

    Raises:
        ValueError: For a damaged card. The message names it.
    """
    file = Path(path, CARD)
    if not file.exists():
        return {}
    try:
        card = json.loads(file.read_text())
        if not isinstance(card, dict):
            raise ValueError("no object")
    except ValueError as error:
        raise ValueError(f"{file} is damaged ({error}); the model works without it") from error
    return card


def _card(generator: Any, given: dict[str, Any], descriptions: dict[str, Any]) -> dict[str, Any]:
    _, height, width, channels = image_shape(generator)
    own = {
        "resolution": [height, width],
        "channels": channels,
        "latent_dim": latent_width(generator),
        "classes": number_of_classes(generator),
        "signatures": descriptions,
        "versions": {"tfnss": tfnss.__version__, "keras": keras.__version__, "tensorflow": tf.__version__},
    }
    return {"name": generator.name, **given, **own}


def _description(function: Any) -> dict[str, Any]:
    outputs = function.get_concrete_function().structured_outputs
    return {
        "does": function.python_function.__doc__,
        "inputs": {spec.name: _in_words(spec) for spec in function.input_signature},
        "outputs": {name: _in_words(spec) for name, spec in outputs.items()},
    }


def _in_words(spec: Any) -> str:
    sizes = ", ".join("count" if size is None else str(size) for size in spec.shape)
    return f"{spec.dtype.name} [{sizes}]" if sizes else f"{spec.dtype.name} scalar"


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
        """Styles of standard normal latents, one per slot of the synthesis; truncation 0 is the average, 1 is none."""
        *labels, truncation = rest
        conditions = _one_hot(labels[0], classes) if labels else []
        return {"styles": generator.styles(latents, *conditions, truncation=truncation)}

    def generate(latents: Any, *rest: Any) -> dict[str, Any]:
        """Images of standard normal latents with truncated styles (1 is none) and the noise of a seed."""
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
