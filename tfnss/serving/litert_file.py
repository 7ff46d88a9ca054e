"""Generators as LiteRT models (formerly TensorFlow Lite)."""

import re
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf
from tensorflow.lite.python.convert import ConverterError

from tfnss.layers import plain_gradients
from tfnss.serving import one_file
from tfnss.serving.card import complete_card, description
from tfnss.serving.portable import Portable, portable

_SIGNATURE = "serving_default"


def write(generator: keras.Model, path: Path, card: dict[str, Any], optimizations: Sequence[Any] = ()) -> None:
    """Writes a file of the format `litert` (see `tfnss.serving.export`)."""
    one_file.check_place(path, "litert")
    with plain_gradients():
        found = portable(generator)
        model = _converted(found, optimizations)
        signature = description(found.function)
    whole = complete_card(generator, card, {_SIGNATURE: signature}, format="litert", noise=found.noise)
    one_file.write(path, lambda file: file.write_bytes(model), lambda _: whole)


def _converted(found: Portable, optimizations: Sequence[Any]) -> bytes:
    """By way of a SavedModel: from the function itself, the converter keeps variables that nothing sets."""
    archive = keras.export.ExportArchive()
    archive.track(found.generator)
    archive.add_endpoint(_SIGNATURE, found.function)
    with tempfile.TemporaryDirectory() as folder:
        archive.write_out(folder, verbose=False)
        converter = tf.lite.TFLiteConverter.from_saved_model(folder, signature_keys=[_SIGNATURE])
        converter.optimizations = list(optimizations)
        try:
            return converter.convert()
        except ConverterError as error:
            lacking = sorted(set(re.findall(r"'tf\.(\w+)' op", str(error))))
            why = f"it has no {', '.join(lacking)}" if lacking else " ".join(str(error).split())
            raise ValueError(f"the generator is no LiteRT model ({why})") from error
