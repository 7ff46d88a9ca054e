"""Formats of one file: what it ends in, how it begins, and the card beside it. It imports no TensorFlow."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from tfnss import files


class Kind(NamedTuple):
    """A format: its suffix, and the bytes by which its files are known, from `place` on."""

    suffix: str
    place: int
    mark: bytes


KINDS = {
    "keras": Kind(".keras", 0, b"PK"),
    "onnx": Kind(".onnx", 0, b"\x08"),  # the first field of ONNX' protocol buffer
    "litert": Kind(".tflite", 4, b"TFL3"),
}


def card_beside(path: Path) -> Path:
    """Where the card of a model of one file is: `FILE.json`."""
    return path.with_name(f"{path.name}.json")


def check_place(path: Path, format: str) -> None:
    """Raises a ValueError if a file of this format is not to be written at a path."""
    suffix, place, mark = KINDS[format]
    if path.suffix != suffix:
        raise ValueError(f"{path} does not end in {suffix}, as a file of the format {format} has to")
    if path.is_dir():
        raise ValueError(f"{path} is a folder; export to another place")
    if path.exists():
        with path.open("rb") as file:
            known = file.read(place + len(mark))[place:] == mark
        if not known:
            raise ValueError(f"{path} holds something other than a model of the format {format}; export elsewhere")
    elif card_beside(path).exists():
        raise ValueError(f"{card_beside(path)} is there already, and belongs to no model; export elsewhere")


def write(path: Path, fill: Callable[[Path], Any], card: Callable[[Path], dict[str, Any]]) -> None:
    """Writes a model, and then its card, each whole or not at all.

    Args:
        path: The model's file.
        fill: Writes the model to the path that it is given.
        card: Gives the card, of that path when it is filled.
    """
    with files.replacing(card_beside(path)) as beside, files.replacing(path) as model:  # whose place comes first
        fill(model)
        beside.write_text(json.dumps(card(model), indent=2) + "\n", encoding="utf-8")
