"""`tfnss export`: writes a run's generator as a model for other programs.

    tfnss export runs/00000-dcgan_photos-nss --format onnx
    tfnss export runs/00000-dcgan_photos-nss --checkpoint checkpoints/000012800.weights.h5 --out faces.keras --format keras

It is the averaged generator of the newest checkpoint, or of another one.
"""

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tfnss.console import Parser, parser_of, reporting, say, start_tensorflow
from tfnss.files import expanded
from tfnss.running.file_names import CHECKPOINT, SAVED_MODEL
from tfnss.running.hub import is_remote, located
from tfnss.serving.one_file import KINDS

PROGRAM = "tfnss export"
SUMMARY = "Export a run's generator to SavedModel, ONNX, ..."
FORMATS = ("saved_model", *KINDS)
FOLDER = "exports"  # of a run, for what is not its one SavedModel
_DEFAULTS: dict[str, Any] = {"format": "saved_model", "checkpoint": None, "out": None}


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs the command line; ends with status 2 and one line on bad input."""
    given = _DEFAULTS | vars(parser_of(PROGRAM, SUMMARY, add_flags).parse_args(arguments))
    with reporting(PROGRAM, ValueError, OSError):
        if is_remote(given["run"]) and given["out"] is None:
            raise ValueError(f"{given['run']} is not to be written into: name a place for the model with --out")
        start_tensorflow()
        import tensorflow as tf

        with reporting(PROGRAM, tf.errors.OpError):
            _export(located(given["run"]), given["format"], given["checkpoint"], given["out"])


def add_flags(parser: Parser) -> None:
    """Adds the flags of this command."""
    flag = parser.add_argument
    flag(
        "run",
        metavar="RUN",
        help="folder of a run (one seed of those of --trials), or a run of the Hub (hf://USER/NAME)",
    )
    flag("--format", choices=FORMATS, help="default: saved_model, a folder; the others are one file")
    flag(
        "--checkpoint",
        metavar="FILE",
        help=f"one of those in RUN/checkpoints, of --keep (default: {CHECKPOINT}, the newest)",
    )
    flag(
        "--out",
        metavar="PATH",
        help=f"folder or file to write, or to replace if it is such a model (default: RUN/{SAVED_MODEL}; of another "
        f"format or checkpoint, RUN/{FOLDER}/ and the number of images seen)",
    )


def _export(run: Path, format: str, checkpoint: str | None, out: str | None) -> None:
    from tfnss.running.report import model_card
    from tfnss.running.stored import check_single, checkpoint_called, load_run
    from tfnss.serving import read_card

    check_single(run)
    gan = load_run(run, None if checkpoint is None else checkpoint_called(run, checkpoint))
    seen = int(gan.images_seen.numpy())
    if out is not None:
        place = expanded(out)
    elif format == "saved_model" and checkpoint is None:
        place = run / SAVED_MODEL
    else:
        place = run / FOLDER / f"{seen:09d}{KINDS[format].suffix if format in KINDS else ''}"
    with _only_writer(run, place):
        gan.export(place, format, card=model_card(run, seen))
    card = read_card(place)
    say(f"{place}: the average after {seen} images")
    for name, signature in card["signatures"].items():
        say(f"  {name}: {_words(signature['inputs'])} -> {_words(signature['outputs'])}")
    if card.get("imports"):
        say(f"  before keras.saving.load_model: import {', '.join(card['imports'])}")


@contextlib.contextmanager
def _only_writer(run: Path, place: Path) -> Iterator[None]:
    """In the block no other process writes the run's one SavedModel, if that is the place: a training does at its end."""
    from tfnss.running.lock import only_writer

    with contextlib.ExitStack() as held:
        if place.resolve() == (run / SAVED_MODEL).resolve():
            try:
                held.enter_context(only_writer(run))
            except ValueError as error:
                raise ValueError(f"{error}, or name another place for the model with --out") from None
        yield


def _words(values: dict[str, str]) -> str:
    return ", ".join(f"{name} {what}" for name, what in values.items())
