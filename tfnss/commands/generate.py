"""`tfnss generate`: pictures of a run's generator, or of any exported model.

    tfnss generate runs/00000-dcgan_photos-nss --seeds 0-63 --out out
    tfnss generate saved_models/faces --interpolate 3-7 --truncation 0.7 --out out
    tfnss generate saved_models/faces --style-mix 0-3 10-15 --layers 0-3 --out out
    tfnss generate runs/00001-stylegan2_photos64 --class cat --class dog --out out

A seed stands for one image: that of its latents, with the noise of `--noise-seed`. Where classes have names, the grid of
`--seeds` tells them.
"""

import argparse
import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tfnss import files
from tfnss.console import Parser, parser_of, reporting, start_tensorflow
from tfnss.files import expanded
from tfnss.running.file_names import SETTINGS

if TYPE_CHECKING:
    from tfnss.serving import Exported
    from tfnss.serving.drawing import Task

PROGRAM = "tfnss generate"
SUMMARY = "Draw images of a run or an exported model."
_DEFAULTS: dict[str, Any] = {"class": None, "truncation": None, "noise_seed": 0, "overwrite": False}
_MODES = {"seeds": "", "interpolate": "frames", "style_mix": "layers"}  # each with the flag that goes with it alone
_MAX_SEED, _MOST_FILES, _MOST_MIXES = 2**31, 10**6, 1024
_LISTED = 10  # names of classes in an error


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs the command line; ends with status 2 and one line on bad input."""
    given = _DEFAULTS | vars(parser_of(PROGRAM, SUMMARY, add_flags).parse_args(arguments))
    with reporting(PROGRAM, ValueError, OSError):
        _check(given)
        start_tensorflow()
        import tensorflow as tf

        with reporting(PROGRAM, tf.errors.OpError):
            _draw(given)


def _draw(given: dict[str, Any]) -> None:
    from tfnss.serving import drawing

    task, out = _task(given), expanded(given["out"])
    files.check_folder(out, f"--out {out}")
    if not given["overwrite"]:
        files.check_new(out, [*task.names, task.picture])
    model = _opened(expanded(given["target"]))
    _check_fit(model, given)
    classes = _classes(model, given)
    drawn = drawing.Model(model, classes, given["truncation"], given["noise_seed"], given.get("layers"))
    drawing.draw(task, drawn, out)
    singles = f", and {len(task.names)} images in {out / drawing.SINGLES}" if task.names else ""
    print(f"{task.picture} is in {out}{singles}")


def _task(given: dict[str, Any]) -> "Task":
    from tfnss.serving import drawing

    if "style_mix" in given:
        return drawing.style_mix(*given["style_mix"])
    if "interpolate" in given:
        return drawing.interpolation(given["interpolate"], given.get("frames", 10))
    return drawing.samples(given.get("seeds", range(64)))


def _opened(target: Path) -> "Exported":
    """The exported model at a path, or of a run there."""
    from tfnss.running.stored import exported_model
    from tfnss.serving import load

    if (target / SETTINGS).exists():
        return exported_model(target)
    if not (target / "saved_model.pb").is_file():
        raise ValueError(f"{target} is neither the folder of a run nor of an exported model")
    return load(target)


# -- the command line ---


def add_flags(parser: Parser) -> None:
    """Adds the flags of this command."""
    flag = parser.add_argument
    flag("target", metavar="RUN_OR_MODEL", help="folder of a run, or of an exported model (a SavedModel)")
    flag("--out", metavar="DIR", required=True, help="folder that gets the PNG files")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--seeds", type=_seeds, help="an image of each, and a grid (default: 0-63)")
    what.add_argument("--interpolate", type=_pair, metavar="A-B", help="images on the way from seed A to seed B")
    what.add_argument(
        "--style-mix",
        type=_seeds,
        nargs=2,
        metavar=("ROWS", "COLUMNS"),
        help="a grid of the rows' seeds with the columns' styles",
    )
    flag("--frames", type=int, metavar="N", help="images from A to B (default: 10)")
    flag("--layers", type=_layers, metavar="A-B", help="styles taken from the columns (default: the first half)")
    flag(
        "--truncation",
        type=float,
        metavar="PSI",
        help="1 for none, 0 for the average, of its class where there are classes; models with styles (default: 1)",
    )
    flag("--noise-seed", type=int, metavar="SEED", help="seed of the noise; models with styles (default: 0)")
    flag(
        "--class",
        action="append",
        metavar="CLASS",
        help="class of all images, a name or a number; given several times, they are taken in turn (default: all in turn)",
    )
    flag("--overwrite", action="store_true", help="replace files of the same names")


def _seeds(text: str) -> list[int]:
    """`0-63,100` as numbers, each once."""
    spans = [_span(part, text) for part in text.split(",")]
    if sum(map(len, spans)) > _MOST_FILES:
        raise argparse.ArgumentTypeError(f"at most {_MOST_FILES} seeds. Received: {text}")
    return list(dict.fromkeys(seed for span in spans for seed in span))


def _pair(text: str) -> tuple[int, int]:
    span = re.fullmatch(r"(\d+)-(\d+)", text)
    if not span or max(map(int, span.groups())) >= _MAX_SEED:
        raise argparse.ArgumentTypeError(f"two seeds in [0, 2**31), such as 3-7. Received: {text}")
    return int(span[1]), int(span[2])


def _layers(text: str) -> range:
    return _span(text, text)


def _span(part: str, text: str) -> range:
    found = re.fullmatch(r"(\d+)(?:-(\d+))?", part)
    first, last = (int(found[1]), int(found[2] or found[1])) if found else (1, 0)
    if not first <= last < _MAX_SEED:
        raise argparse.ArgumentTypeError(f"ascending numbers in [0, 2**31), such as 0-63. Received: {text}")
    return range(first, last + 1)


def _check(given: dict[str, Any]) -> None:
    for mode, detail in _MODES.items():
        if detail in given and mode not in given:
            raise ValueError(f"--{detail} goes with --{mode.replace('_', '-')}")
    if not 2 <= given.get("frames", 2) <= _MOST_FILES:
        raise ValueError(f"--frames must lie in 2 to {_MOST_FILES}. Received: {given['frames']}")
    mixes = math.prod(len(seeds) for seeds in given.get("style_mix", ()))
    if mixes > _MOST_MIXES:
        raise ValueError(f"--style-mix makes a grid of at most {_MOST_MIXES} images. Received: {mixes}")
    if given["truncation"] is not None and not math.isfinite(given["truncation"]):
        raise ValueError(f"--truncation must be finite. Received: {given['truncation']}")
    if not 0 <= given["noise_seed"] < _MAX_SEED:
        raise ValueError(f"--noise-seed must lie in [0, 2**31). Received: {given['noise_seed']}")


def _check_fit(model: "Exported", given: dict[str, Any]) -> None:
    """Raises a ValueError for flags that do not fit a model."""
    target = given["target"]
    if not model.slots and ("style_mix" in given or given["truncation"] is not None):
        raise ValueError(f"{target} has no styles, which --style-mix and --truncation need (as models.StyleGAN2 has)")
    if "layers" in given and given["layers"].stop > model.slots:
        last = given["layers"].stop - 1
        raise ValueError(f"--layers must lie in 0 to {model.slots - 1} for this model. Received: up to {last}")


def _classes(model: "Exported", given: dict[str, Any]) -> list[int] | None:
    """The numbers of the classes asked for; None for all."""
    if given["class"] is None and model.classes is None:
        raise ValueError(f"{given['target']} does not tell its number of classes: choose one with --class N")
    if given["class"] is None:
        return None
    numbers = [model.class_number(text) for text in given["class"]]
    for number, text in zip(numbers, given["class"], strict=True):
        if number is None:
            raise ValueError(f"{given['target']} has {_known(model)}. Received: --class {text}")
    return [number for number in numbers if number is not None]


def _known(model: "Exported") -> str:
    """The classes that there are, in words."""
    if model.classes == 0:
        return "no classes"
    if model.classes is None:
        return "classes without names: choose a number from 0 on"
    names, more = model.class_names[:_LISTED], len(model.class_names) - _LISTED
    listed = f" ({', '.join(names)}{f' and {more} more' if more > 0 else ''})" if names else ""
    return f"classes 0 to {model.classes - 1}{listed}"
