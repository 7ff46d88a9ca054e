"""Classes that Keras finds once their modules are imported, as it saves and loads them."""

import importlib
import sys
from collections.abc import Iterator
from typing import Any

import keras


def modules(config: Any) -> Iterator[str]:
    """The modules of all objects of a configuration."""
    if isinstance(config, dict):
        if isinstance(config.get("module"), str) and "class_name" in config:
            yield config["module"]
        config = list(config.values())
    if isinstance(config, list):
        for part in config:
            yield from modules(part)


def deserialized(config: Any, custom_objects: dict | None = None) -> Any:
    """What a configuration describes, with the parts of tfnss that it names imported.

    A package imports its modules when they are first used, so what a file names may be none of those that were.
    """
    for name in modules(config):
        if name.startswith(f"{__package__}.") and name not in sys.modules:
            try:
                importlib.import_module(name)
            except ImportError:
                continue  # of another version: Keras tells which class is missing
    return keras.saving.deserialize_keras_object(config, custom_objects=custom_objects)
