"""Run directories: what their files are called, and how to read them."""

import contextlib
import importlib
import json
import os
import pkgutil
import socket
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import recipes
import tfnss
from tfnss import files
from tfnss.training.callbacks import restore

try:
    import fcntl
except ImportError:  # not a Unix: there, nothing keeps a second process off a run
    fcntl = None  # type: ignore[assignment]

CHECKPOINT, HISTORY, METRICS, SETTINGS = "checkpoint.weights.h5", "history.csv", "metrics.jsonl", "settings.json"
_LOCK = ".lock"


def read_settings(run_dir: Path) -> dict[str, Any]:
    """The content of a run's `settings.json`: `recipe`, `trials`, `settings`, `images` (of training), `versions`.

    Raises:
        ValueError: For a folder that holds no run, or a damaged file. The message names it.
    """
    path = run_dir / SETTINGS
    if not path.is_file():
        raise ValueError(f"{run_dir} holds no run (no {SETTINGS})")
    try:
        saved = json.loads(path.read_text())
        if not isinstance(saved["recipe"], str) or not isinstance(saved["settings"], dict):
            raise TypeError("a value of another kind")
        saved["trials"]
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{path} is damaged ({error})") from error
    return saved


def described(images: tfnss.data.Images) -> dict[str, Any]:
    """What a run remembers of the images that it is trained on."""
    return {"count": len(images), "fingerprint": images.fingerprint}


def warn_of_other_images(run_dir: Path, images: tfnss.data.Images) -> None:
    """Warns if a run began with other images than these: they, and their order, are part of it."""
    begun, now = read_settings(run_dir).get("images"), described(images)
    if not isinstance(begun, dict) or begun == now:
        return
    if begun.get("count") != now["count"]:
        found = f"{images.name} holds {now['count']} images, not the {begun.get('count')} that the run began with"
        warnings.warn(f"{found}: resumed, it cannot be the same run", stacklevel=2)
    else:
        found = f"the images in {images.name} have changed since the run began, or their files were written anew"
        warnings.warn(f"{found}: resumed, it may not be the same run", stacklevel=2)


def recipe_of(run_dir: Path) -> Any:
    """The recipe that made a run, one of this package's modules.

    Raises:
        ValueError: If there is none of its name, or the run is of another version of it.
    """
    saved = read_settings(run_dir)
    name = saved["recipe"]
    known = {module.name for module in pkgutil.iter_modules(recipes.__path__)}
    recipe = getattr(importlib.import_module(f"recipes.{name}"), "RECIPE", None) if name in known else None
    if recipe is None:
        raise ValueError(f"{run_dir / SETTINGS} names the recipe {name}, which is not in this version")
    different = {option.name for option in recipe.all_options()} ^ set(saved["settings"])
    if different:
        raise ValueError(
            f"{run_dir / SETTINGS} is of another version of its recipe: it differs in {', '.join(sorted(different))}"
        )
    for option in recipe.all_options():
        if not option.accepts(saved["settings"][option.name]):
            raise ValueError(f"{run_dir / SETTINGS} is damaged ({option.name}: {saved['settings'][option.name]})")
    return recipe


def paper_figures(recipe: Any, settings: dict[str, Any]) -> str:
    """The paper's figures for a run that is the paper's in all settings but incidental ones; empty where there are none.

    A folder may hold the paper's data set, which is how most of them come: then the figures say which it would be.
    """
    data, theirs = settings["data"], recipe.defaults["data"]
    if data != theirs and data in tfnss.data.NAMES:
        return ""
    names = [option.name for option in recipe.all_options() if not option.incidental and option.name != "data"]
    for row, figures in recipe.paper:
        expected = recipe.settings(**row)
        if all(settings[name] == expected[name] for name in names):
            return figures if data == theirs else f"{figures}, if the images are {theirs}"
    return ""


def load_run(run_dir: Path) -> Any:
    """The model of a run as its checkpoint left it, a compiled `tfnss.GAN`.

    Raises:
        ValueError: For a folder that holds no run, a run without a checkpoint, or damaged files. The message names them.
    """
    recipe, settings = recipe_of(run_dir), read_settings(run_dir)["settings"]
    check_trained(run_dir)
    gan = recipe.build(settings)
    restore(gan, run_dir / CHECKPOINT)
    return gan


def check_trained(run_dir: Path) -> None:
    """Raises a ValueError if a folder holds no run, or one without a checkpoint."""
    recipe_of(run_dir)
    if not (run_dir / CHECKPOINT).is_file():
        raise ValueError(f"{run_dir} has no checkpoint yet ({CHECKPOINT}): train it first, or --resume it")


def members(run_dir: Path) -> list[Path]:
    """The runs of several seeds below a run directory, or the run itself."""
    if not read_settings(run_dir)["trials"]:
        return [run_dir]
    runs = sorted(run_dir.glob("seed-[0-9]*"), key=lambda path: (len(path.name), path.name))
    if not runs:
        raise ValueError(f"{run_dir} holds no runs yet (seed-*)")
    return runs


# -- who writes ---


def is_free(run_dir: Path) -> bool:
    """Whether a new run can be made there: nothing is there, or what is left of one that was killed before it began."""
    if not run_dir.exists():
        return True
    return run_dir.is_dir() and {path.name for path in run_dir.iterdir()} <= {_LOCK, f".partial.{SETTINGS}"}


@contextlib.contextmanager
def only_writer(run_dir: Path) -> Iterator[None]:
    """Keeps other processes from writing a run, by a lock on a file in its folder. It ends with this process at the latest.

    Raises:
        ValueError: If another process writes it. The message names it.
    """
    if fcntl is None:
        yield
        return
    path = run_dir / _LOCK
    with _locked(path) as file:
        file.truncate(0)
        file.write(f"process {os.getpid()} on {socket.gethostname()}")
        file.flush()
        try:
            yield
        finally:
            files.remove(path)


def _locked(path: Path) -> Any:
    while True:
        file = open(path, "a+")  # noqa: SIM115, its lock is to outlive this function
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            writer = file.read() or "another process"
            file.close()
            raise ValueError(f"{path.parent} is being written by {writer}: let it end, or stop it") from None
        except OSError:  # a file system without locks
            return file
        if path.exists() and os.path.samestat(os.fstat(file.fileno()), path.stat()):
            return file
        file.close()  # the process that held it has just removed it
