"""Generators as SavedModels that TensorFlow loads without tfnss."""

import json
from pathlib import Path
from typing import Any

import keras

from tfnss import files
from tfnss.layers import plain_gradients
from tfnss.serving.card import CARD, complete_card, description
from tfnss.serving.signatures import signatures


def write(generator: keras.Model, path: Path, card: dict[str, Any]) -> None:
    """Writes a folder of the format `tf_saved_model` (see `tfnss.serving.export`)."""
    if path.exists() and not (path.is_dir() and (not any(path.iterdir()) or (path / "saved_model.pb").exists())):
        raise ValueError(f"{path} holds something other than a SavedModel; export to another folder")
    archive = keras.export.ExportArchive()
    archive.track(generator)
    functions = signatures(generator)
    with plain_gradients(), files.replacing(path) as folder:  # both traces: here, and while they are written
        descriptions = {name: description(function) for name, function in functions.items()}
        for name, function in functions.items():
            archive.add_endpoint(name, function)
        archive.write_out(folder, verbose=False)
        whole = complete_card(generator, card, descriptions, format="tf_saved_model")
        (folder / CARD).write_text(json.dumps(whole, indent=2) + "\n", encoding="utf-8")
