"""The files of a run: what they are called, and how to read them."""

import importlib
import json
import pkgutil
from pathlib import Path
from typing import Any

import recipes
import tfnss
from tfnss.training.callbacks import restore

CHECKPOINT, HISTORY, METRICS, SETTINGS = "checkpoint.weights.h5", "history.csv", "metrics.jsonl", "settings.json"


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


def check_single(run_dir: Path) -> None:
    """Raises a ValueError if a folder holds the runs of several seeds, of which one is to be named."""
    runs = members(run_dir)
    if runs != [run_dir]:
        raise ValueError(f"{run_dir} holds runs of several seeds: name one of them, such as {runs[0]}")


def members(run_dir: Path) -> list[Path]:
    """The runs of several seeds below a run directory, or the run itself."""
    if not read_settings(run_dir)["trials"]:
        return [run_dir]
    runs = sorted(run_dir.glob("seed-[0-9]*"), key=lambda path: (len(path.name), path.name))
    if not runs:
        raise ValueError(f"{run_dir} holds no runs yet (seed-*)")
    return runs
