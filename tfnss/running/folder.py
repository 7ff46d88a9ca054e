"""The folder of a run: how it is made, and what it remembers of its settings and images."""

import contextlib
import hashlib
import json
import platform
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

import tfnss
from tfnss import files
from tfnss.running.changes import changes_images
from tfnss.running.file_names import SETTINGS
from tfnss.running.lock import LOCK, only_writer
from tfnss.running.mode import Mode
from tfnss.running.recipe import Recipe
from tfnss.running.stored import read_settings


def claim(mode: Mode, held: contextlib.ExitStack) -> None:
    """Keeps the run that is to be resumed for this process, or sees that one can be made: before what takes long.

    Raises:
        ValueError: If another process writes it, or the folder is not empty.
    """
    if mode.place is not None and mode.resume:
        held.enter_context(only_writer(mode.place))
    elif mode.place is not None:
        _check_free(mode.place)


def open_run(recipe: Recipe, settings: dict[str, Any], mode: Mode, chief: bool, held: contextlib.ExitStack) -> Path:
    """The folder of a run, kept for this process: last, when everything else has been found good."""
    if not chief:  # all workers take part in saving; what the others write is thrown away
        return held.enter_context(scratch_copy(mode.place if mode.resume else None))
    if mode.place is not None and mode.resume:
        return mode.place
    return _make_run_dir(recipe, settings, mode.place, held)


def _make_run_dir(recipe: Recipe, settings: dict[str, Any], place: Path | None, held: contextlib.ExitStack) -> Path:
    run_dir = place or _next_run_dir(recipe, settings)
    try:
        run_dir.mkdir(parents=True, exist_ok=place is not None)
    except FileExistsError:
        if place is not None:
            raise
        return _make_run_dir(recipe, settings, place, held)  # another process has just taken the number
    except OSError as error:
        raise ValueError(f"{run_dir} cannot be made ({error.strerror}): name another place with --run-dir") from error
    held.enter_context(only_writer(run_dir))
    _check_free(run_dir)
    return run_dir


def _next_run_dir(recipe: Recipe, settings: dict[str, Any]) -> Path:
    names = [recipe.name, *(settings[option.name] for option in recipe.options if option.in_name)]
    numbers = [int(path.name[:5]) for path in Path("runs").glob("[0-9][0-9][0-9][0-9][0-9]-*")]
    return Path("runs", "-".join([f"{max(numbers, default=-1) + 1:05d}", *names]))


def _check_free(run_dir: Path) -> None:
    if not is_free(run_dir):
        raise ValueError(f"{run_dir} is not empty: add --resume to continue its run, or name another --run-dir")


def seeds(settings: dict[str, Any], trials: int | None, run_dir: Path) -> list[tuple[dict[str, Any], Path]]:
    """Settings and folder of every seed's run."""
    if trials is None:
        return [(settings, run_dir)]
    numbers = range(settings["seed"], settings["seed"] + trials)
    return [(settings | {"seed": seed}, run_dir / f"seed-{seed}") for seed in numbers]


def write_settings(
    recipe: Recipe, settings: dict[str, Any], trials: int | None, images: tfnss.data.Images, run_dir: Path
) -> None:
    """Writes a new run's `settings.json`."""
    path = run_dir / SETTINGS
    if path.exists():
        return
    versions = {"python": platform.python_version(), "tensorflow": tf.__version__, "keras": keras.__version__}
    saved = {
        "recipe": recipe.name,
        "trials": trials,
        "settings": settings,
        "images": identity(images),
        "versions": versions,
    }
    with files.replacing(path) as temporary:
        temporary.write_text(json.dumps(saved, indent=2) + "\n", encoding="utf-8")


def identity(images: tfnss.data.Images) -> dict[str, Any]:
    """What a run remembers of the images that it is trained on."""
    classes = {}
    if images.class_names is not None and images.class_counts is not None:
        used = int(images.class_counts.nonzero()[0].max()) + 1  # a data set may name more
        classes = {"class_names": images.class_names[:used], "class_counts": images.class_counts[:used].tolist()}
        classes["labels"] = hashlib.sha256(np.asarray(images.labels, np.int64).tobytes()).hexdigest()
    return {"count": len(images), "fingerprint": images.fingerprint, **classes}


def warn_of_other_images(run_dir: Path, images: tfnss.data.Images, settings: dict[str, Any] | None = None) -> None:
    """Warns if a run began with other images than these: they, and their order, are part of it.

    Args:
        run_dir: Folder of the run.
        images: The images.
        settings: The settings from now on: who asks for other images needs no warning.
    """
    saved, now = read_settings(run_dir), identity(images)
    begun = saved.get("images")
    if not isinstance(begun, dict) or (settings is not None and changes_images(saved["settings"], settings)):
        return
    if all(begun.get(name) == now[name] for name in ("count", "fingerprint")):
        if begun.get("labels", now.get("labels")) != now.get("labels"):  # early runs did not tell
            found = f"the classes of the images in {images.name} have changed since the run began"
            warnings.warn(f"{found}: resumed, it cannot be the same run", stacklevel=2)
        return
    if begun.get("count") != now["count"]:
        found = f"{images.name} holds {now['count']} images, not the {begun.get('count')} that the run began with"
        warnings.warn(f"{found}: resumed, it cannot be the same run", stacklevel=2)
    else:
        found = f"the images in {images.name} have changed since the run began, or their files were written anew"
        warnings.warn(f"{found}: resumed, it may not be the same run", stacklevel=2)


@contextlib.contextmanager
def scratch_copy(run_dir: Path | None) -> Iterator[Path]:
    """A folder to be thrown away, for what processes beside the chief write; with a run's state in it, to resume that."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "run"
        if run_dir is not None:
            shutil.copytree(run_dir, copy, ignore=shutil.ignore_patterns("samples", "events", "saved_model", ".*"))
        yield copy


def is_free(run_dir: Path) -> bool:
    """Whether a new run can be made there: nothing is there, or what is left of one that was killed before it began."""
    if not run_dir.exists():
        return True
    return run_dir.is_dir() and {path.name for path in run_dir.iterdir()} <= {LOCK, f".partial.{SETTINGS}"}
