"""What came of an analysis, written down: its picture, the numbers behind it, and the run's report."""

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tfnss import files
from tfnss.running.analysis.declaration import Analysis, Found
from tfnss.running.analysis.model import Model, Place
from tfnss.running.analysis.outcome import read_outcome
from tfnss.running.file_names import SETTINGS
from tfnss.running.hub import called, is_copy
from tfnss.running.lock import is_locked, only_writer


def picture_of(analysis: Analysis, places: Sequence[Place], out: Path | None, overwrite: bool) -> Path:
    """Where the picture goes: a given path, else the folder of the first run among the models, else the working directory.

    A run's folder gets each analysis under the same name, so that a new one takes the place of an old one there; elsewhere
    nothing is replaced unless asked for.

    Raises:
        ValueError: For a path that cannot be written, or what would be replaced. The message names it.
    """
    run = next((place.run for place in places if place.run is not None and not is_copy(place.run)), None)
    name = (analysis.picture or analysis.name) + analysis.suffixes[0]
    picture = out or (run or Path()) / name
    if picture.suffix.lower() not in analysis.suffixes:
        raise ValueError(f"--out must name a picture ({' '.join(analysis.suffixes)}). Received: {picture}")
    if picture.is_dir():
        raise ValueError(f"--out {picture} is a folder; name a file")
    files.check_folder(picture.parent, f"--out {picture}")
    numbers = picture.with_suffix(".json")
    if numbers.exists() and read_outcome(numbers) is None:
        raise ValueError(f"{numbers} is there already, and not of an analysis: name another --out")
    if not overwrite and (out is not None or run is None):
        files.check_new(picture.parent, [picture.name, numbers.name])
    return picture


def write(
    analysis: Analysis, models: Sequence[Model], settings: Mapping[str, Any], found: Found, picture: Path
) -> list[Path]:
    """Writes the files of an analysis, and gives their paths. The last is the one that tells of the others.

    Raises:
        OSError: For a full disk, and the like.
    """
    numbers = picture.with_suffix(".json")
    record = {
        "analysis": analysis.name,
        "summary": analysis.summary,
        "models": [{"name": model.name, "path": called(model.place.path), "kimg": model.kimg} for model in models],
        "settings": settings,
        "remarks": analysis.remarks,
        "told": found.told,
        "picture": picture.name,
        "numbers": found.numbers,
    }
    text = json.dumps(plain(record), indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    files.remove(numbers)  # first, so that a kill leaves no picture under the words for another
    written = {picture: found.draw}
    written |= {picture.with_name(picture.stem + ending): save for ending, save in found.more.items()}
    for path, save in written.items():
        save(path)
    with files.replacing(numbers) as temporary:
        temporary.write_text(text, encoding="utf-8")
    return [*written, numbers]


def plain(value: Any) -> Any:
    """A value as JSON has it: arrays are lists, and what is no number is null."""
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in value]
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return str(value) if isinstance(value, Path) else value


def renew_report(folder: Path) -> Path | None:
    """The report of the run in a folder, written again; None if the folder is no run's, or a process writes that now."""
    if not (folder / SETTINGS).is_file() or is_locked(folder):
        return None
    from tfnss.running.report import write_report

    with only_writer(folder):
        return write_report(folder)
