"""The settings that a recipe's flags come to."""

from pathlib import Path
from typing import Any

from tfnss.console import check_range
from tfnss.data import NAMES
from tfnss.running.changes import check_changes
from tfnss.running.mode import Mode
from tfnss.running.recipe import Recipe
from tfnss.running.starting_point import starting_settings
from tfnss.running.stored import completed, read_settings, recipe_of


def settings_of(recipe: Recipe, given: dict[str, Any], mode: Mode) -> tuple[dict[str, Any], int | None]:
    """The run's settings and number of trials: saved ones to resume, else defaults under the given flags.

    Raises:
        ValueError: For values outside their ranges, or flags that contradict the run to resume.
    """
    if mode.checkpoint is not None and not mode.resume:
        raise ValueError("--checkpoint goes with --resume: it says where to go back to")
    if mode.change and not mode.resume:
        raise ValueError("--change goes with --resume: a new run takes any settings")
    if mode.resume:
        return _resumed(recipe, given, mode)
    if mode.trials is not None:
        check_range({"trials": mode.trials}, "trials", 1)
    given = _located(given)
    inherited = {} if given.get("init") is None else starting_settings(recipe, given["init"])
    settings = _located(recipe.settings(**(recipe.smoke if mode.smoke else {}) | inherited | given))
    if settings["checkpoint_every"] is None:
        settings["checkpoint_every"] = settings["kimg"] / 20
    return _checked(settings), mode.trials


def _checked(settings: dict[str, Any]) -> dict[str, Any]:
    for name in ("kimg", "batch_size", "checkpoint_every"):
        check_range(settings, name, above=True)
    for name, least in (("fid_every", 0), ("fid_images", 2), ("cache_gb", 0), ("keep", 1)):
        check_range(settings, name, least)
    check_range(settings, "seed", below=2**31)
    check_range(settings, "freeze_d", 0)
    if settings["keep_best"] != "none" and not settings["fid_every"]:
        raise ValueError("--keep-best fid needs FIDs: add --fid-every KIMG")
    return settings


def _resumed(recipe: Recipe, given: dict[str, Any], mode: Mode) -> tuple[dict[str, Any], int | None]:
    if mode.place is None:
        raise ValueError("--resume needs the run to continue: --resume RUN, or --run-dir DIR")
    saved = _saved(recipe, mode.place)
    if mode.checkpoint is not None and saved["trials"] is not None:
        raise ValueError(f"--checkpoint goes with the run of one seed: --run-dir {mode.place / 'seed-...'}")
    given, settings = _located(given), completed(recipe, saved["settings"])
    trials = {"trials": mode.trials} if mode.trials else {}
    check_changes(recipe, settings | {"trials": saved["trials"]}, given | trials, mode.change)
    return _checked(settings | given), saved["trials"]


def _saved(recipe: Recipe, run_dir: Path) -> dict[str, Any]:
    saved = read_settings(run_dir)
    if saved["recipe"] != recipe.name:
        raise ValueError(f"{run_dir} is a run of {saved['recipe']}, not of {recipe.name}")
    recipe_of(run_dir)
    return saved


def _located(settings: dict[str, Any]) -> dict[str, Any]:
    """The settings with whole paths of data and of what a run starts from: a resumed run finds them from anywhere."""
    data, init = settings.get("data"), settings.get("init")
    if init is not None:
        settings = settings | {"init": str(Path(init).expanduser().resolve())}
    if data is None or data in NAMES or not Path(data).expanduser().exists():
        return settings
    return settings | {"data": str(Path(data).expanduser().resolve())}
