"""Runs read back: their settings, their recipe, their model."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tfnss.data import NAMES
from tfnss.files import expanded
from tfnss.running import catalogue
from tfnss.running.figure import doubts_in_words, in_words
from tfnss.running.file_names import CHECKPOINT, HISTORY, SAVED_MODEL, SETTINGS
from tfnss.running.hub import called


def read_settings(run_dir: Path) -> dict[str, Any]:
    """The content of a run's `settings.json`: `recipe`, `trials`, `settings`, `images` (of training), `versions`.

    Raises:
        ValueError: For a folder that holds no run, or a damaged file. The message names it.
    """
    path = run_dir / SETTINGS
    if not path.is_file():
        raise ValueError(f"{called(run_dir)} holds no run (no {SETTINGS})")
    try:
        saved = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(saved["recipe"], str) or not isinstance(saved["settings"], dict):
            raise TypeError("a value of another kind")
        saved["trials"]
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{called(path)} is damaged ({error})") from error
    return saved


def recipe_of(run_dir: Path) -> Any:
    """The recipe that made a run, by its name.

    Raises:
        ValueError: If there is none of its name, or the run is of another version of it.
    """
    saved = read_settings(run_dir)
    name = saved["recipe"]
    recipe = getattr(catalogue.module(name), "RECIPE", None) if name in catalogue.names() else None
    if recipe is None:
        raise ValueError(f"{called(run_dir / SETTINGS)} names the recipe {name}, which is not in this version")
    settings = _filled(recipe, saved["settings"])
    different = set(settings) ^ {option.name for option in recipe.all_options()}
    if different:
        raise ValueError(
            f"{called(run_dir / SETTINGS)} is of another version of its recipe: it differs in {', '.join(sorted(different))}"
        )
    for option in recipe.all_options():
        if not option.accepts(settings[option.name]):
            raise ValueError(f"{called(run_dir / SETTINGS)} is damaged ({option.name}: {settings[option.name]})")
    return recipe


def completed(recipe: Any, settings: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of a run of a recipe, with those that it has got since version 0.1.0 as that had them."""
    return recipe.resolve(_filled(recipe, settings))


def _filled(recipe: Any, settings: Mapping[str, Any]) -> dict[str, Any]:
    return {option.name: option.of_old_runs for option in recipe.all_options() if option.later} | dict(settings)


def paper_figures(recipe: Any, settings: dict[str, Any]) -> str:
    """The paper's figures for a run that is the paper's in all settings but incidental ones; empty where there are none.

    A folder may hold the paper's data set, which is how most of them come: then the figures say which it would be. They say
    too if the paper has no moving average of the generator, where the run has one.
    """
    settings = completed(recipe, settings)
    data, theirs = settings["data"], recipe.defaults["data"]
    if data != theirs and data in NAMES:
        return ""
    names = [option.name for option in recipe.all_options() if not option.incidental and option.name != "data"]
    found = []
    for row, figures in recipe.paper:
        published = (recipe.settings(**published | row) for published in ({}, recipe.as_published or {}))
        if any(all(settings[name] == expected[name] for name in names) for expected in published):
            found += figures
    if not found:
        return ""
    clauses = [in_words(found)]
    if data != theirs:
        clauses.append(f"if the images are {theirs}")
    if settings.get("ema_kimg") != 0 and not all(figure.averaged for figure in found):
        clauses.append("with the generator's last weights, not their average as here")
    doubts = doubts_in_words(found)
    return ", ".join(clauses) + (f"; doubtful: {doubts}" if doubts else "")


def load_run(run_dir: str | os.PathLike, checkpoint: str | os.PathLike | None = None) -> Any:
    """The model of a run as its newest checkpoint, or another of its, left it: a compiled `tfnss.GAN`.

    Args:
        run_dir: Folder of the run; `~` at its start is spelled out.
        checkpoint: File of the checkpoint, likewise; None for the newest.

    Raises:
        ValueError: For a folder that holds no run, a run without a checkpoint, or damaged files. The message names them.
    """
    from tfnss.training.callbacks import restore

    run_dir = expanded(run_dir)
    recipe = recipe_of(run_dir)
    settings = completed(recipe, read_settings(run_dir)["settings"])
    if checkpoint is None:
        check_trained(run_dir)
    gan = recipe.build(settings)
    path = run_dir / CHECKPOINT if checkpoint is None else expanded(checkpoint)
    try:
        restore(gan, path)
    except ValueError as error:
        raise ValueError(str(error).replace(str(path), called(path))) from error
    return gan


def checkpoint_called(run_dir: Path, name: str) -> Path:
    """The checkpoint of this name, in the working directory or the run.

    Raises:
        ValueError: If there is none. The message says which there are.
    """
    from tfnss.training.callbacks.checkpoint import KEPT, kept

    paths = expanded(name), run_dir / name
    found = next((path for path in paths if path.is_file()), None)
    if found is None:
        there = [path for path in (run_dir / CHECKPOINT, *kept(run_dir / KEPT)) if path.is_file()]
        others = ", ".join(str(path.relative_to(run_dir)) for path in there)
        raise ValueError(f"{name} is not there; the run has {others or 'no checkpoint yet'}")
    return found


def official_networks(path: Path) -> tuple[Any, Any]:
    """The averaged generator of an official pickle of StyleGAN, StyleGAN2 or ADA, and its discriminator; None without one.

    Raises:
        ValueError: For another file, or a damaged one. The message names it.
    """
    return catalogue.own_package("models").official_networks(path)


def check_trained(run_dir: Path) -> None:
    """Raises a ValueError if a folder holds no run, or one without a checkpoint."""
    recipe_of(run_dir)
    if not (run_dir / CHECKPOINT).is_file():
        raise ValueError(f"{called(run_dir)} has no checkpoint yet ({CHECKPOINT}): train it first, or --resume it")


def check_single(run_dir: Path) -> None:
    """Raises a ValueError if a folder holds the runs of several seeds, of which one is to be named."""
    runs = members(run_dir)
    if runs != [run_dir]:
        raise ValueError(f"{called(run_dir)} holds runs of several seeds: name one of them, such as {called(runs[0])}")


def members(run_dir: Path) -> list[Path]:
    """The runs of several seeds below a run directory, or the run itself."""
    if not read_settings(run_dir)["trials"]:
        return [run_dir]
    runs = sorted(run_dir.glob("seed-[0-9]*"), key=lambda path: (len(path.name), path.name))
    if not runs:
        raise ValueError(f"{called(run_dir)} holds no runs yet (seed-*)")
    return runs


def exported_model(run_dir: Path) -> Any:
    """A run's exported model, a `tfnss.serving.Exported`; of its checkpoint where there is none, or one of another moment.

    Raises:
        ValueError: As `load_run`.
    """
    from tfnss.serving import exported

    check_single(run_dir)
    path = run_dir / SAVED_MODEL
    if path.is_dir() and (_is_of_now(path, run_dir) or not (run_dir / CHECKPOINT).is_file()):
        return exported.load(path)
    return exported.of(load_run(run_dir).generator_ema, class_names(run_dir))


def class_names(run_dir: Path) -> list[str] | None:
    """The names of a run's classes, by number; None for a run without classes, or an early one.

    Raises:
        ValueError: As `read_settings`.
    """
    images = read_settings(run_dir).get("images")
    names = images.get("class_names") if isinstance(images, dict) else None
    return names if isinstance(names, list) and all(isinstance(name, str) for name in names) else None


def _is_of_now(path: Path, run_dir: Path) -> bool:
    """Whether a run's exported model is of the end of its history: a run that went back keeps one of its former future."""
    from tfnss.serving import read_card
    from tfnss.training.callbacks import read_history

    history, card = read_history(run_dir / HISTORY), read_card(path)
    seen = card.get("images_seen")
    if "best" in card:  # of an earlier moment, on purpose
        return not history or seen is None or seen <= round(1000 * history[-1]["kimg"])
    return not history or seen is None or seen == round(1000 * history[-1]["kimg"])
