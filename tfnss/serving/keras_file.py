"""Generators as Keras' own files."""

import json
import zipfile
from pathlib import Path
from typing import Any

import keras

from tfnss.generators import image_shape, latent_width, number_of_classes
from tfnss.registered import modules
from tfnss.serving import one_file
from tfnss.serving.card import complete_card


def write(generator: keras.Model, path: Path, card: dict[str, Any]) -> None:
    """Writes a file of the format `keras` (see `tfnss.serving.export`)."""
    one_file.check_place(path, "keras")

    def whole(file: Path) -> dict[str, Any]:
        with zipfile.ZipFile(file) as parts:
            config = json.loads(parts.read("config.json"))
        own = {name for name in modules(config) if name.split(".")[0] not in ("keras", "builtins")}
        return complete_card(generator, card, {"call": _description(generator)}, format="keras", imports=sorted(own))

    one_file.write(path, generator.save, whole)


def _description(generator: keras.Model) -> dict[str, Any]:
    classes = number_of_classes(generator)
    labels = {"labels": f"float32 [count, {classes}], one-hot"} if classes else {}
    sizes = ", ".join(map(str, image_shape(generator)[1:]))
    return {
        "does": "Images of standard normal latents, nominally in [-1, 1]; layers draw their noise themselves.",
        "inputs": {"latents": f"float32 [count, {latent_width(generator)}]", **labels},
        "outputs": {"images": f"float32 [count, {sizes}]"},
    }
