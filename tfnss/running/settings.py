"""The settings that a recipe's flags come to."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tfnss.console import check_range, count_or_all
from tfnss.data import NAMES
from tfnss.files import expanded
from tfnss.running.changes import check_changes
from tfnss.running.hub import pinned
from tfnss.running.mode import Mode
from tfnss.running.recipe import Recipe
from tfnss.running.starting_point import starting_settings
from tfnss.running.stored import completed, read_settings, recipe_of

_LARGE = 2**31  # no sensible setting is: of larger ones, something overflows


def settings_of(recipe: Recipe, given: dict[str, Any], mode: Mode) -> tuple[dict[str, Any], int | None]:
    """The run's settings and number of trials: saved ones to resume, else defaults under the given flags.

    Raises:
        ValueError: For values outside their ranges, or flags that contradict the run to resume.
    """
    _check_numbers(given)
    if mode.checkpoint is not None and not mode.resume:
        raise ValueError("--checkpoint goes with --resume: it says where to go back to")
    if mode.change and not mode.resume:
        raise ValueError("--change goes with --resume: a new run takes any settings")
    for name in ("paper", "smoke"):
        if mode.resume and getattr(mode, name):
            raise ValueError(f"--{name} is for new runs: leave it out to resume")
    if mode.paper and recipe.as_published is None:
        raise ValueError(f"--paper: {recipe.name} is of no paper; `tfnss recipes` lists those that are")
    if mode.resume:
        return _resumed(recipe, given, mode)
    given = _located(given)
    inherited = {} if given.get("init") is None else starting_settings(recipe, given["init"])
    published = (recipe.as_published or {}) if mode.paper else {}
    settings = _located(recipe.settings(**published | (recipe.smoke if mode.smoke else {}) | inherited | given))
    if settings["checkpoint_every"] is None:
        settings["checkpoint_every"] = settings["kimg"] / 20
    _check_trials(settings, mode.trials)
    return _checked(settings), mode.trials


def _check_numbers(given: Mapping[str, Any]) -> None:
    for name, value in given.items():
        if isinstance(value, int | float) and not abs(value) < _LARGE:
            flag = "--" + name.replace("_", "-")
            raise ValueError(f"{flag} must be a number, and smaller than 2**31. Received: {value}")


def _check_trials(settings: Mapping[str, Any], trials: int | None) -> None:
    if trials is not None:
        check_range({"trials": trials}, "trials", 1)
        if settings["seed"] + trials > 2**31:
            raise ValueError(
                f"--trials {trials} from --seed {settings['seed']} on needs seeds of 2**31 and more: take fewer"
            )


def _checked(settings: dict[str, Any]) -> dict[str, Any]:
    for name in ("kimg", "batch_size", "checkpoint_every"):
        check_range(settings, name, above=True)
    for name, least in (("fid_every", 0), ("fid_images", 2), ("cache_gb", 0), ("keep", 1)):
        check_range(settings, name, least)
    if "usage_every" in settings:
        check_range(settings, "usage_every")
    check_range(settings, "seed", below=2**31)
    check_range(settings, "freeze_d", 0)
    if settings["keep_best"] != "none" and not settings["fid_every"]:
        raise ValueError("--keep-best fid needs FIDs: add --fid-every KIMG")
    most_reals(settings)
    if settings["fid_reference"] != "none" and settings["fid_reals"] is not None:
        raise ValueError(
            "--fid-reference stands in for the real images, which --fid-reals counts: leave one out (--fid-reference none)"
        )
    if settings["fid_reference"] != "none" and not settings["fid_every"]:
        raise ValueError("--fid-reference is for FIDs: add --fid-every KIMG (or --fid-reference none)")
    return settings


def most_reals(settings: Mapping[str, Any]) -> int | None:
    """Most real images of a run's FID; None for all.

    Raises:
        ValueError: For a number below 2.
    """
    most = settings["fid_reals"]
    return settings["fid_images"] if most is None else count_or_all(most, "--fid-reals")


def _resumed(recipe: Recipe, given: dict[str, Any], mode: Mode) -> tuple[dict[str, Any], int | None]:
    if mode.place is None:
        raise ValueError("--resume needs the run to continue: --resume RUN, or --run-dir DIR")
    saved = _saved(recipe, mode.place)
    if mode.checkpoint is not None and saved["trials"] is not None:
        raise ValueError(f"--checkpoint goes with the run of one seed: --run-dir {mode.place / 'seed-...'}")
    given, settings = _located(given), completed(recipe, saved["settings"])
    trials = {} if mode.trials is None else {"trials": mode.trials}
    check_changes(recipe, settings | {"trials": saved["trials"]}, given | trials, mode.change)
    return _checked(settings | given), saved["trials"]


def _saved(recipe: Recipe, run_dir: Path) -> dict[str, Any]:
    saved = read_settings(run_dir)
    if saved["recipe"] != recipe.name:
        raise ValueError(f"{run_dir} is a run of {saved['recipe']}, not of {recipe.name}")
    recipe_of(run_dir)
    return saved


def _located(settings: dict[str, Any]) -> dict[str, Any]:
    """The settings with whole paths of what it is from, and commits of the Hub: a resumed run finds that from anywhere, by
    any name."""
    if settings.get("init") is not None:
        settings = settings | {"init": pinned(settings["init"])}
    return settings | {
        name: str(expanded(settings[name]).resolve())
        for name, others in (("data", NAMES), ("fid_reference", ("none",)), ("init", ()))
        if settings.get(name) not in (None, *others) and expanded(settings[name]).exists()
    }
