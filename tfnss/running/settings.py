"""The settings that a recipe's flags come to."""

import json
from pathlib import Path
from typing import Any

from tfnss.console import check_range
from tfnss.data import NAMES
from tfnss.running.command_line import Mode
from tfnss.running.recipe import Recipe
from tfnss.running.stored import read_settings, recipe_of


def settings_of(recipe: Recipe, given: dict[str, Any], mode: Mode) -> tuple[dict[str, Any], int | None]:
    """The run's settings and number of trials: saved ones to resume, else defaults under the given flags.

    Raises:
        ValueError: For values outside their ranges, or flags that contradict the run to resume.
    """
    if mode.checkpoint is not None and not mode.resume:
        raise ValueError("--checkpoint goes with --resume: it says where to go back to")
    if mode.resume:
        return _resumed(recipe, given, mode)
    if mode.trials is not None:
        check_range({"trials": mode.trials}, "trials", 1)
    settings = _located(recipe.settings(**(recipe.smoke if mode.smoke else {}) | given))
    if settings["checkpoint_every"] is None:
        settings["checkpoint_every"] = settings["kimg"] / 20
    for name in ("kimg", "batch_size", "checkpoint_every"):
        check_range(settings, name, above=True)
    for name, least in (("fid_every", 0), ("fid_images", 2), ("cache_gb", 0), ("keep", 1)):
        check_range(settings, name, least)
    check_range(settings, "seed", below=2**31)
    return settings, mode.trials


def _resumed(recipe: Recipe, given: dict[str, Any], mode: Mode) -> tuple[dict[str, Any], int | None]:
    if mode.place is None:
        raise ValueError("--resume needs the run to continue: --run-dir DIR")
    saved = _saved(recipe, mode.place)
    if mode.checkpoint is not None and saved["trials"] is not None:
        raise ValueError(f"--checkpoint goes with the run of one seed: --run-dir {mode.place / 'seed-...'}")
    given = _located(given) | ({"trials": mode.trials} if mode.trials else {})
    _check_unchanged(saved["settings"] | {"trials": saved["trials"]}, given)
    return saved["settings"], saved["trials"]


def _saved(recipe: Recipe, run_dir: Path) -> dict[str, Any]:
    saved = read_settings(run_dir)
    if saved["recipe"] != recipe.name:
        raise ValueError(f"{run_dir} is a run of {saved['recipe']}, not of {recipe.name}")
    recipe_of(run_dir)
    return saved


def _check_unchanged(saved: dict[str, Any], given: dict[str, Any]) -> None:
    """Raises a ValueError if a flag contradicts a run's saved settings."""
    for name, value in given.items():
        if saved.get(name) != value:
            raise ValueError(
                f"--{name.replace('_', '-')} {value} contradicts the run's {json.dumps(saved.get(name))}: "
                "leave it out to resume, or start another run"
            )


def _located(settings: dict[str, Any]) -> dict[str, Any]:
    """The settings with the whole path of a folder of data: a resumed run finds it from anywhere, by any of its names."""
    data = settings.get("data")
    if data is None or data in NAMES or not Path(data).expanduser().exists():
        return settings
    return settings | {"data": str(Path(data).expanduser().resolve())}
