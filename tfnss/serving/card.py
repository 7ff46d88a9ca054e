"""The model card: what an exported model tells of itself."""

import json
import os
from collections.abc import Mapping
from typing import Any

import keras
import tensorflow as tf

from tfnss.files import expanded
from tfnss.generators import image_shape, latent_width, number_of_classes
from tfnss.serving.one_file import card_beside
from tfnss.version import __version__

CARD = "model_card.json"


def read_card(path: str | os.PathLike) -> dict[str, Any]:
    """The model card of an exported model, of a folder or of one file; empty if it has none.

    Raises:
        ValueError: For a damaged card. The message names it.
    """
    path = expanded(path)
    file = card_beside(path) if path.is_file() else path / CARD
    if not file.exists():
        return {}
    try:
        card = json.loads(file.read_text(encoding="utf-8"))
        if not isinstance(card, dict):
            raise ValueError("no object")
    except ValueError as error:
        raise ValueError(f"{file} is damaged ({error}); the model works without it") from error
    return card


def class_names_of(card: Mapping[str, Any]) -> list[str] | None:
    """The names of a card's classes, by number; None where it has none, or something else."""
    names = card.get("class_names")
    return names if isinstance(names, list) and all(isinstance(name, str) for name in names) else None


def complete_card(
    generator: Any, given: dict[str, Any], descriptions: dict[str, Any], **of_format: Any
) -> dict[str, Any]:
    """The given entries of a card, what the generator tells itself, and what its format has to tell.

    Raises:
        ValueError: For `class_names` that are no list of strings, or more than there are classes.
    """
    _, height, width, channels = image_shape(generator)
    classes, names = number_of_classes(generator), class_names_of(given)
    if given.get("class_names") is not None and (names is None or len(names) > classes):
        raise ValueError(
            f"`class_names` of the card must be a list of strings, one for each of {classes} classes. "
            f"Received: {given['class_names']}"
        )
    own = {
        "resolution": [height, width],
        "channels": channels,
        "latent_dim": latent_width(generator),
        "classes": classes,
        "signatures": descriptions,
        "versions": {"tfnss": __version__, "keras": keras.__version__, "tensorflow": tf.__version__},
        **of_format,
    }
    return {"name": generator.name, **given, **own}


def description(function: Any) -> dict[str, Any]:
    """What a signature does, takes and gives, in words."""
    outputs = function.get_concrete_function().structured_outputs
    return {
        "does": function.python_function.__doc__,
        "inputs": {spec.name: _in_words(spec) for spec in function.input_signature},
        "outputs": {name: _in_words(spec) for name, spec in outputs.items()},
    }


def _in_words(spec: Any) -> str:
    sizes = ", ".join("count" if size is None else str(size) for size in spec.shape)
    return f"{spec.dtype.name} [{sizes}]" if sizes else f"{spec.dtype.name} scalar"
