"""What a resumed run may do otherwise than it began, and the record of it in its settings."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tfnss import files
from tfnss.running.file_names import SETTINGS
from tfnss.running.option import in_words
from tfnss.running.recipe import Recipe
from tfnss.running.stored import read_settings

_OF_IMAGES = ("data", "background")  # what of the settings that can change says which images a run sees


def check_changes(recipe: Recipe, saved: Mapping[str, Any], given: Mapping[str, Any], allowed: bool) -> None:
    """Checks flags that differ from the settings of the run that is resumed.

    Args:
        recipe: The run's recipe.
        saved: Its settings, and its number of trials.
        given: The flags.
        allowed: Whether changes were asked for (`--change`). A longer run needs no asking.

    Raises:
        ValueError: For a change that was not asked for, or of what is part of the networks.
    """
    changeable = {option.name for option in recipe.all_options() if option.changeable}
    for name, value in given.items():
        if saved.get(name) == value or (name == "kimg" and value > saved["kimg"]):
            continue
        flag, was = f"--{name.replace('_', '-')} {in_words(value)}", json.dumps(in_words(saved.get(name)))
        if name not in changeable and allowed:
            raise ValueError(f"{flag} cannot change from the run's {was}: start another run")
        if not allowed:
            way = ", add --change to go on with it" if name in changeable else ""
            raise ValueError(f"{flag} contradicts the run's {was}: leave it out to resume{way}, or start another run")


def changes_images(saved: Mapping[str, Any], settings: Mapping[str, Any]) -> bool:
    """Whether settings ask for other images than saved ones."""
    return any(saved.get(name) != settings.get(name) for name in _OF_IMAGES)


def record_changes(
    run_dir: Path, settings: Mapping[str, Any], images_seen: int | None, images: Callable[[], dict[str, Any]]
) -> None:
    """Brings a run's `settings.json` to new settings, and keeps in its `changes` what held before, and up to which image.

    Args:
        run_dir: Folder of the run.
        settings: The settings from now on.
        images_seen: Where the run stands; None for the folder of several seeds, which stand anywhere.
        images: Gives what the run is to remember of its images, where the settings ask for others.
    """
    saved = read_settings(run_dir)
    before = {
        name: saved["settings"].get(name) for name, value in settings.items() if saved["settings"].get(name) != value
    }
    if not before:
        return
    change = {"until_images_seen": images_seen, "settings": before}
    if changes_images(saved["settings"], settings):
        change["images"] = saved.get("images")
        saved["images"] = images()
    saved["changes"] = [*saved.get("changes", []), change]
    saved["settings"] = dict(settings)
    with files.replacing(run_dir / SETTINGS) as temporary:
        temporary.write_text(json.dumps(saved, indent=2) + "\n", encoding="utf-8")
