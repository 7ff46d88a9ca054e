"""What a run starts from (`--init`): the weights of another run, of a checkpoint, a Keras file or an official pickle."""

import functools
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from tfnss import files
from tfnss.resolution import plain
from tfnss.running.catalogue import own_package
from tfnss.running.file_names import CHECKPOINT, INIT, SETTINGS
from tfnss.running.hub import called, located
from tfnss.running.recipe import Recipe
from tfnss.running.stored import (
    check_single,
    check_trained,
    completed,
    load_run,
    official_networks,
    read_settings,
    recipe_of,
)

if TYPE_CHECKING:
    from tfnss.training.fine_tuning import Taken, Trained

_NAMED = 8  # layers on a line, at most
_WEIGHTS = ".weights.h5"


class _Source(NamedTuple):
    """What is known of what a run starts from.

    Attributes:
        weights: Its weights; None for a checkpoint without its run, which only the networks that it is of can read.
        recipe: The recipe of a run,
        settings: and its settings; of a file, those that any generator shows.
        configs: What `get_config` gives of the generator and, or None, the discriminator of a file; None for a run.
    """

    weights: "Trained | None"
    recipe: Recipe | None
    settings: dict[str, Any]
    configs: tuple[dict[str, Any], dict[str, Any] | None] | None


def starting_settings(recipe: Recipe, place: str) -> dict[str, Any]:
    """The settings that a run takes from what it starts from, unless they are given.

    They are the defaults of fine-tuning, and those that say how the networks are built: of a run of the same family of
    recipes, or as far as a file shows them.

    Raises:
        ValueError: If there is nothing to start from. The message says what is there instead.
    """
    options, source = recipe.all_options(), _source(place)
    found = dict(source.settings) if source.recipe is None or source.recipe.build is recipe.build else {}
    if source.configs is not None and recipe.described is not None:
        found |= recipe.described(*source.configs)
    fine_tuned = {option.name: option.fine_tuned for option in options if option.fine_tuned is not None}
    return fine_tuned | {name: found[name] for name in (o.name for o in options if o.of_networks) if name in found}


def trained(place: str) -> "Trained | Path":
    """The weights that a run starts from, as `GAN.init_from` takes them.

    Raises:
        ValueError: As `starting_settings`.
    """
    return _source(place).weights or located(place)


def begin_from(gan: Any, place: str, run_dir: Path) -> None:
    """Gives a new run its first weights, says and writes down which, and makes its first checkpoint.

    Raises:
        ValueError: As `starting_settings`, and for weights of which none fit.
    """
    from tfnss.training.callbacks import Checkpoint

    records = gan.init_from(trained(place))
    print(*told(place, records), f"All names are in {run_dir / INIT}.", sep="\n")
    with files.replacing(run_dir / INIT) as temporary:
        whole = {"source": place, **{record.network: _lists(record) for record in records}}
        temporary.write_text(json.dumps(whole, indent=2) + "\n", encoding="utf-8")
    first = Checkpoint(run_dir / CHECKPOINT)
    first.set_model(gan)
    first.on_epoch_end(0)


def told(place: str, records: "Sequence[Taken]") -> list[str]:
    """Lines about what was taken; the average's are the generator's."""
    lines = []
    for name in ("generator", "discriminator"):
        record = next((record for record in records if record.network == name), None)
        if record is None:
            lines.append(f"{name}: none is in {place}: it has its initial weights")
            continue
        parts = [f"{name}: {len(record.taken)} of {record.layers} layers from {place}"]
        parts += [f"initial: {_named(record.initial)}"] if record.initial else []
        parts += [f"not used: {_named(record.unused)}"] if record.unused else []
        lines.append("; ".join(parts))
    return lines


def _lists(record: "Taken") -> dict[str, list[str]]:
    return {name: getattr(record, name) for name in ("taken", "initial", "unused")}


def _named(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


def _source(place: str) -> _Source:
    path = located(place)
    run_dir = _run_of(path)
    weights = path if run_dir is None or path.is_file() else run_dir / CHECKPOINT
    if run_dir is not None and path == run_dir:
        check_single(run_dir)
        check_trained(run_dir)
    if not weights.is_file():
        there = (
            "is an exported model, whose weights have no names"
            if (path / "saved_model.pb").is_file()
            else ("is neither the folder of a run, a .weights.h5 or .keras file of ours, nor a pickle of StyleGAN2")
        )
        raise ValueError(f"--init {path} {there}: name a trained run")
    status = weights.stat()
    return _read(weights, run_dir, status.st_mtime_ns, status.st_size)


def _run_of(path: Path) -> Path | None:
    """The run whose folder a path is, or whose checkpoint."""
    candidates = (path.parent, path.parent.parent) if path.name.endswith(_WEIGHTS) else (path,)
    return next((folder for folder in candidates if (folder / SETTINGS).is_file()), None)


@functools.lru_cache(maxsize=1)  # read once for the settings, the check before anything is written, and every seed
def _read(weights: Path, run_dir: Path | None, _modified: int, _size: int) -> _Source:
    from tfnss.generators import image_shape
    from tfnss.training.fine_tuning import open_keras_file, trained_of
    from tfnss.training.roles import is_functional

    name = called(weights)
    if run_dir is not None:
        settings = completed(recipe_of(run_dir), read_settings(run_dir)["settings"])
        return _Source(trained_of(load_run(run_dir, weights), name=name), recipe_of(run_dir), settings, None)
    if name.endswith(_WEIGHTS):
        return _Source(None, None, {}, None)
    if name.endswith(".keras"):
        models = own_package("models")
        for model in models.__all__:  # with the layers that such a file can hold
            getattr(models, model)
        opened = open_keras_file(weights)
        generator, discriminator = getattr(opened, "generator", opened), getattr(opened, "discriminator", None)
        whole = trained_of(opened, name=name)
    else:
        generator, discriminator = official_networks(weights)
        whole = trained_of(generator, discriminator, name)._replace(family="StyleGAN2")
    configs = generator.get_config(), None if discriminator is None else discriminator.get_config()
    height, width = image_shape(generator)[1:3]
    settings = {"resolution": plain((height, width))} if is_functional(generator) and height and width else {}
    return _Source(whole, None, settings, configs)
