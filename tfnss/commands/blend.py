"""`tfnss blend`: makes a model of others.

    tfnss blend runs/00001-faces runs/00002-paintings --at 32 --out runs/blend
    tfnss blend ffhq.pkl runs/00002-paintings --at 32 --out runs/blend
    tfnss blend runs/00001-faces --mean --out runs/mean

What comes out is the folder of a run, which `tfnss generate`, `export`, `project`, `evaluate` and `analyse` take as any
other, and which `--resume` goes on with. Its settings and discriminator are those of the first run among the models, for
--mean of the newest checkpoint.
"""

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tfnss import files
from tfnss.console import Parser, parser_of, reporting, say, start_tensorflow
from tfnss.files import expanded
from tfnss.processes import quoted
from tfnss.running.file_names import CHECKPOINT, SETTINGS
from tfnss.running.hub import called, located

if TYPE_CHECKING:
    from tfnss.running.analysis.model import Model, Place

PROGRAM = "tfnss blend"
SUMMARY = "Blend two models by resolution, or average checkpoints."


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs the command line; ends with status 2 and one line on bad input."""
    given = vars(parser_of(PROGRAM, SUMMARY, add_flags).parse_args(arguments))
    with reporting(PROGRAM, ValueError, OSError):
        out = expanded(given["out"])
        _check(given, out)
        start_tensorflow()
        import tensorflow as tf

        with reporting(PROGRAM, tf.errors.OpError):
            places = _places([located(model) for model in given["models"]], "mean" in given)
            if "mean" in given:
                _mean(places, out)
            else:
                _blend(places, given["at"], out)
        say(f"{out} is a run with that model: tfnss generate {quoted(out)} --out DIR draws it")


def add_flags(parser: Parser) -> None:
    """Adds the flags of this command."""
    flag = parser.add_argument
    flag(
        "models",
        metavar="MODEL",
        nargs="+",
        help="folders of runs, checkpoints of runs (.weights.h5), runs of the Hub (hf://USER/NAME), or beside a run a "
        "pickle of StyleGAN2 or a .keras file",
    )
    how = parser.add_mutually_exclusive_group(required=True)
    how.add_argument(
        "--at",
        type=int,
        metavar="PIXELS",
        help="of two models: layers below this resolution, and the styles, are the first's, the others the second's; both "
        "should have begun from the same weights",
    )
    how.add_argument(
        "--mean",
        action="store_true",
        help="the mean of the checkpoints that a run has kept (--keep), or of several checkpoints or runs",
    )
    flag("--out", metavar="DIR", required=True, help="folder of the new run; it must not be there")


def _check(given: dict[str, Any], out: Path) -> None:
    if "at" in given and len(given["models"]) != 2:
        raise ValueError(f"--at takes two models. Received: {len(given['models'])}")
    if out.exists():
        raise ValueError(f"--out {out} is there already: name another folder")
    files.check_folder(out.parent, f"--out {out}")


def _places(models: Sequence[Path], mean: bool) -> list["Place"]:
    from tfnss.running.analysis.model import place_of
    from tfnss.training.callbacks.checkpoint import KEPT, kept

    places = [place_of(model) for model in models]
    if mean and len(places) == 1 and places[0].path == places[0].run:
        found = kept(places[0].path / KEPT)
        if len(found) < 2:
            raise ValueError(
                f"{places[0].path} has kept no checkpoints but the newest: train with --keep N, or name several"
            )
        places = [place_of(path) for path in found]
    elif mean and len(places) == 1:
        raise ValueError(f"--mean takes a run, or several checkpoints. Received: {places[0].path} alone")
    if mean and any(place.run is None for place in places):
        raise ValueError("--mean takes checkpoints of runs: a file of a single average has no others to go with")
    if all(place.run is None for place in places):
        raise ValueError("one of the models must be a run: its settings are those of the new run")
    return places


def _blend(places: Sequence["Place"], resolution: int, out: Path) -> None:
    from tfnss.analysis import blended
    from tfnss.running.analysis.model import opened

    models = opened(places)
    try:
        new = blended(models[0].generator, models[1].generator, resolution)
    except ValueError as error:
        raise ValueError(f"{places[0].path} and {places[1].path}: {error}") from error
    base = next(model for model in models if model.place.run is not None)
    for network in (base.gan.generator, base.gan.generator_ema):
        network.set_weights(new.get_weights())
    _write(base, {"blend": [called(place.path) for place in places], "at": resolution}, out)


def _mean(places: Sequence["Place"], out: Path) -> None:
    from tfnss.analysis import mean_weights
    from tfnss.running.analysis.model import opened

    newest: Model | None = None

    def weights() -> Iterator[list[np.ndarray]]:
        nonlocal newest
        for place in _tracked(places):
            (model,) = opened([place])
            both = [*model.gan.generator_ema.get_weights(), *model.gan.generator.get_weights()]
            newest = model if newest is None or (model.kimg or 0) >= (newest.kimg or 0) else newest
            yield both

    try:
        found = mean_weights(weights())
    except ValueError as error:
        raise ValueError(f"{places[0].path} and others: {error}") from error
    assert newest is not None
    count = len(newest.gan.generator_ema.weights)
    newest.gan.generator_ema.set_weights(found[:count])
    newest.gan.generator.set_weights(found[count:])
    _write(newest, {"mean": [called(place.path) for place in places]}, out)


def _tracked(places: Sequence["Place"]) -> Any:
    from rich.progress import track

    return track(places, "checkpoints", disable=not sys.stdout.isatty())


def _write(model: "Model", made_of: dict[str, Any], out: Path) -> None:
    """Writes the folder of a run with a model's weights: whole or not at all."""
    from tfnss.running.stored import read_settings
    from tfnss.training.callbacks import Checkpoint

    assert model.place.run is not None
    saved = read_settings(model.place.run) | {"trials": None, "made_of": made_of}
    with files.replacing(out) as folder:
        folder.mkdir()
        (folder / SETTINGS).write_text(json.dumps(saved, indent=2) + "\n", encoding="utf-8")
        checkpoint = Checkpoint(folder / CHECKPOINT)
        checkpoint.set_model(model.gan)
        checkpoint.on_epoch_end(0)
