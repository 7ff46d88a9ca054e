"""`tfnss generate`: pictures of a run's generator, or of any exported model.

    tfnss generate runs/00000-dcgan_photos-nss --seeds 0-63 --out out
    tfnss generate saved_models/faces --interpolate 3-7 --truncation 0.7 --out out
    tfnss generate saved_models/faces --style-mix 0-3 10-15 --layers 0-3 --out out
    tfnss generate runs/00000-stylegan2_photos64-plain-diffaugment-plain --class cat --class dog --out out
    tfnss generate runs/00000-stylegan2_photos64-plain-diffaugment-plain --styles projected/styles.npz --mix --out out
    tfnss generate runs/00000-stylegan2_photos64-plain-diffaugment-plain --seeds 0-3 --direction 0 --by -2,0,2 --out out

A seed stands for one image: that of its latents, with the noise of `--noise-seed`. Where classes have names, the grid of
`--seeds` tells them. With `--styles` the pictures of `tfnss project` take the place of seeds.
"""

import argparse
import math
import re
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from tfnss import files
from tfnss.console import Parser, floats, parser_of, reporting, start_tensorflow
from tfnss.files import expanded
from tfnss.running import drawn

if TYPE_CHECKING:
    from tfnss.serving.drawing import Task

PROGRAM = "tfnss generate"
SUMMARY = "Draw images of a run or an exported model."
_DEFAULTS: dict[str, Any] = drawn.DEFAULTS | {"overwrite": False, "by": (-2.0, -1.0, 0.0, 1.0, 2.0)}
_DETAILS = {  # flags, and those that one of goes with them
    "frames": ("interpolate",),
    "layers": ("style_mix", "mix", "direction"),
    "mix": ("styles",),
    "by": ("direction",),
    "directions": ("direction",),
}
_SEEDS, _SHOWN_SEEDS = range(64), range(4)
_MAX_SEED, _MOST_FILES, _MOST_CELLS = drawn.MAX_SEED, 10**6, 1024


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs the command line; ends with status 2 and one line on bad input."""
    flags = vars(parser_of(PROGRAM, SUMMARY, add_flags).parse_args(arguments))
    given = _DEFAULTS | flags
    with reporting(PROGRAM, ValueError, OSError):
        _check(given, flags)
        start_tensorflow()
        import tensorflow as tf

        with reporting(PROGRAM, tf.errors.OpError):
            _draw(given, "noise_seed" in flags)


def _draw(given: dict[str, Any], noise_given: bool) -> None:
    from tfnss.serving import drawing

    out = expanded(given["out"])
    files.check_folder(out, f"--out {out}")
    names = _names(given)
    task = _task(given, names)
    if not given["overwrite"]:
        files.check_new(out, [*task.names, task.picture])
    styled = noise_given or any(name in given for name in ("style_mix", "mix", "direction"))
    model = drawn.opened(given, "--style-mix, --direction, --styles, --noise-seed and --truncation", styled)
    shown = drawn.with_flags(model, given, noise_given)
    if "direction" in given:
        task = _task(given, names, drawn.stepping(model, given, sys.stdout.isatty()))
    drawing.draw(task, shown, out)
    singles = f", and {len(task.names)} images in {out / drawing.SINGLES}" if task.names else ""
    print(f"{task.picture} is in {out}{singles}")


def _names(given: dict[str, Any]) -> list[str] | None:
    """The names of given pictures; None for seeds."""
    from tfnss.analysis import load_styles

    if "styles" not in given:
        return None
    names = load_styles(expanded(given["styles"])).names
    if "mix" in given:
        _check_cells("--mix", len(names) ** 2)
    return names


def _task(given: dict[str, Any], names: list[str] | None, step: Callable[..., Any] | None = None) -> "Task":
    from tfnss.serving import drawing

    if "style_mix" in given:
        return drawing.style_mix(*given["style_mix"])
    if "interpolate" in given:
        return drawing.interpolation(given["interpolate"], given.get("frames", 10))
    if "direction" in given:
        keys = names or given.get("seeds", _SHOWN_SEEDS)
        _check_cells("--direction", len(keys) * len(given["by"]))
        return drawing.steps(keys, given["by"], step or (lambda code, amount: code))
    if names is not None:
        return drawing.style_mix(names, names) if "mix" in given else drawing.samples(names)
    return drawing.samples(given.get("seeds", _SEEDS))


# -- the command line ---


def add_flags(parser: Parser) -> None:
    """Adds the flags of this command."""
    flag = parser.add_argument
    flag("target", metavar="RUN_OR_MODEL", help=drawn.TARGET)
    flag("--out", metavar="DIR", required=True, help="folder that gets the PNG files")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--seeds", type=seeds_flag, help="an image of each, and a grid (default: 0-63)")
    what.add_argument(
        "--interpolate", type=_pair, metavar="A-B", help="images on the way from seed A to seed B, of the class of A"
    )
    what.add_argument(
        "--style-mix",
        type=seeds_flag,
        nargs=2,
        metavar=("ROWS", "COLUMNS"),
        help="a grid of the rows' seeds with the columns' styles",
    )
    what.add_argument("--mix", action="store_true", help="the same of all pictures of --styles with each other")
    drawn.add_direction_flags(flag)
    flag("--by", type=floats, metavar="X,...", help="how far, in steps of the direction (default: -2,-1,0,1,2)")
    flag("--frames", type=int, metavar="N", help="images from A to B (default: 10)")
    flag(
        "--layers",
        type=layers_flag,
        metavar="A-B",
        help="styles taken from the columns (default: the first half), or moved along the direction (default: all)",
    )
    drawn.add_flags(flag)
    flag("--overwrite", action="store_true", help="replace files of the same names")


def seeds_flag(text: str) -> list[int]:
    """`0-63,100` as seeds, each once."""
    spans = [_span(part, text) for part in text.split(",")]
    if sum(map(len, spans)) > _MOST_FILES:
        raise argparse.ArgumentTypeError(f"at most {_MOST_FILES} seeds. Received: {text}")
    return list(dict.fromkeys(seed for span in spans for seed in span))


def _pair(text: str) -> tuple[int, int]:
    span = re.fullmatch(r"(\d+)-(\d+)", text)
    if not span or max(map(int, span.groups())) >= _MAX_SEED:
        raise argparse.ArgumentTypeError(f"two seeds in [0, 2**31), such as 3-7. Received: {text}")
    return int(span[1]), int(span[2])


def layers_flag(text: str) -> range:
    """`0-3` as numbers of layers."""
    return _span(text, text)


def _span(part: str, text: str) -> range:
    found = re.fullmatch(r"(\d+)(?:-(\d+))?", part)
    first, last = (int(found[1]), int(found[2] or found[1])) if found else (1, 0)
    if not first <= last < _MAX_SEED:
        raise argparse.ArgumentTypeError(f"ascending numbers in [0, 2**31), such as 0-63. Received: {text}")
    return range(first, last + 1)


def _check(given: dict[str, Any], flags: dict[str, Any]) -> None:
    for detail, modes in _DETAILS.items():
        if detail in flags and not any(mode in flags for mode in modes):
            words = " or ".join("--" + mode.replace("_", "-") for mode in modes)
            raise ValueError(f"--{detail} goes with {words}")
    for one, other in (("seeds", "styles"), ("interpolate", "styles"), ("style_mix", "styles"), *_against_direction()):
        if one in flags and other in flags:
            raise ValueError(f"--{one.replace('_', '-')} does not go with --{other}: leave one out")
    if not 2 <= given.get("frames", 2) <= _MOST_FILES:
        raise ValueError(f"--frames must lie in 2 to {_MOST_FILES}. Received: {given['frames']}")
    _check_cells("--style-mix", math.prod(len(seeds) for seeds in given.get("style_mix", ())))
    if not all(map(math.isfinite, given["by"])):
        raise ValueError(f"--by must be finite numbers. Received: {','.join(map(str, given['by']))}")
    drawn.check(given)


def _against_direction() -> list[tuple[str, str]]:
    return [(mode, "direction") for mode in ("interpolate", "style_mix", "mix")]


def _check_cells(flag: str, cells: int) -> None:
    if cells > _MOST_CELLS:
        raise ValueError(f"{flag} makes a grid of at most {_MOST_CELLS} images. Received: {cells}")
