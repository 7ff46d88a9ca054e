"""The model card: what an exported model tells of itself."""

import json
import os
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

from tfnss.generators import image_shape, latent_width, number_of_classes
from tfnss.serving.one_file import card_beside
from tfnss.version import __version__

CARD = "model_card.json"


def read_card(path: str | os.PathLike) -> dict[str, Any]:
    """The model card of an exported model, of a folder or of one file; empty if it has none.

    Raises:
        ValueError: For a damaged card. The message names it.
    """
    file = card_beside(Path(path)) if Path(path).is_file() else Path(path, CARD)
    if not file.exists():
        return {}
    try:
        card = json.loads(file.read_text())
        if not isinstance(card, dict):
            raise ValueError("no object")
    except ValueError as error:
        raise ValueError(f"{file} is damaged ({error}); the model works without it") from error
    return card


def complete_card(
    generator: Any, given: dict[str, Any], descriptions: dict[str, Any], **of_format: Any
) -> dict[str, Any]:
    """The given entries of a card, what the generator tells itself, and what its format has to tell."""
    _, height, width, channels = image_shape(generator)
    own = {
        "resolution": [height, width],
        "channels": channels,
        "latent_dim": latent_width(generator),
        "classes": number_of_classes(generator),
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
