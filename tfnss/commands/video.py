"""`tfnss video`: films of a run's generator, or of any exported model.

    tfnss video runs/00000-stylegan2_photos64-plain-diffaugment-plain --seeds 1,2,3 --out loop.webp
    tfnss video saved_models/faces --seeds 0-15 --grid 2x2 --frames 90 --truncation 0.7 --out loop.mp4
    tfnss video saved_models/faces --seeds 0-3 --sweep truncation --out average.webp
    tfnss video runs/00000-stylegan2_photos64-plain-diffaugment-plain --seeds 0-3 --direction 0 --by 3 --out direction.webp
    tfnss video runs/00000-stylegan2_photos64-plain-diffaugment-plain --training --out training.webp

Films of a generator are loops: they go through the images of the seeds and back to the first, smoothly, in W where there are
styles. A film is an animated WebP, GIF or PNG (.webp, .gif, .png), or an MP4 (.mp4, with the extra `video`).
"""

import argparse
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tfnss import files
from tfnss.commands.generate import layers_flag, seeds_flag
from tfnss.console import Parser, check_range, parser_of, reporting, start_tensorflow
from tfnss.files import expanded
from tfnss.films import SUFFIXES, check_film
from tfnss.running import drawn
from tfnss.running.file_names import SETTINGS
from tfnss.running.hub import own_folder

if TYPE_CHECKING:
    from tfnss.serving import Exported
    from tfnss.serving.drawing import Model
    from tfnss.serving.exported import Code

PROGRAM = "tfnss video"
SUMMARY = "Film a model's images, or the training of a run."
_DEFAULTS: dict[str, Any] = drawn.DEFAULTS | {"frames": 60, "sweep": "seeds", "by": 3.0, "overwrite": False}
_SWEEPS = ("seeds", "truncation")
_FPS, _FPS_OF_TRAINING = 30.0, 10.0
_SEEDS = range(6)
_MOST_CELLS = 256
_OF_TRAINING = ("target", "training", "out", "fps", "overwrite")  # flags that go with --training


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs the command line; ends with status 2 and one line on bad input."""
    flags = vars(parser_of(PROGRAM, SUMMARY, add_flags).parse_args(arguments))
    given = _DEFAULTS | flags
    given.setdefault("fps", _FPS_OF_TRAINING if "training" in flags else _FPS)
    with reporting(PROGRAM, ValueError, OSError):
        out = expanded(given["out"])
        _check(given, flags, out)
        if "training" in flags:
            _film_training(own_folder(given["target"]), out, given["fps"])
            return
        start_tensorflow()
        import tensorflow as tf

        with reporting(PROGRAM, tf.errors.OpError):
            _film(given, out, "noise_seed" in flags)


def add_flags(parser: Parser) -> None:
    """Adds the flags of this command."""
    flag = parser.add_argument
    flag("target", metavar="RUN_OR_MODEL", help=drawn.TARGET)
    flag("--out", metavar="FILE", required=True, help=f"film to write ({' '.join(SUFFIXES)})")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--seeds", type=seeds_flag, help="images to go through (default: 0-5)")
    what.add_argument(
        "--training",
        action="store_true",
        help="the grids of samples of a run, one after the other, in place of its images",
    )
    flag(
        "--sweep",
        choices=_SWEEPS,
        help="seeds: from image to image; truncation: each image on its own, over the average to its opposite and back "
        "(default: seeds)",
    )
    drawn.add_direction_flags(flag)
    flag("--by", type=float, metavar="X", help="how far both ways, in steps of the direction (default: 3)")
    flag("--frames", type=int, metavar="N", help="frames from an image to the next, or there and back (default: 60)")
    flag("--fps", type=float, metavar="N", help="frames a second (default: 30; 10 for --training)")
    flag(
        "--grid",
        type=_grid,
        metavar="COLUMNSxROWS",
        help="images beside each other, each with its share of the seeds (default: one, or one for each seed that moves on "
        "its own)",
    )
    flag("--layers", type=layers_flag, metavar="A-B", help="styles that move, the others standing still (default: all)")
    drawn.add_flags(flag)
    flag("--overwrite", action="store_true", help="replace the file")


def _grid(text: str) -> tuple[int, int]:
    found = re.fullmatch(r"(\d{1,4})x(\d{1,4})", text)
    columns, rows = map(int, found.groups()) if found else (0, 0)
    if not 1 <= columns * rows <= _MOST_CELLS:
        raise argparse.ArgumentTypeError(
            f"columns and rows, such as 3x2, at most {_MOST_CELLS} images. Received: {text}"
        )
    return columns, rows


def _check(given: dict[str, Any], flags: dict[str, Any], out: Path) -> None:
    for name in flags if "training" in flags else ():
        if name not in _OF_TRAINING:
            raise ValueError(f"--{name.replace('_', '-')} does not go with --training, which shows what is there")
    for name in ("by", "directions"):
        if name in flags and "direction" not in flags:
            raise ValueError(f"--{name} goes with --direction")
    if "seeds" in flags and "styles" in flags:
        raise ValueError("--seeds does not go with --styles: leave one out")
    if "sweep" in flags and "direction" in flags:
        raise ValueError("--sweep does not go with --direction: leave one out")
    if given["sweep"] == "truncation" and "layers" in flags:
        raise ValueError("--layers does not go with --sweep truncation: leave one out")
    check_range(given, "frames", 2, below=10**5)
    if not np.isfinite(given["by"]):
        raise ValueError(f"--by must be finite. Received: {given['by']}")
    drawn.check(given)
    check_film(out, given["fps"])
    files.check_folder(out.parent, f"--out {out}")
    if out.is_dir():
        raise ValueError(f"--out {out} is a folder: name a file in it")
    if not given["overwrite"]:
        files.check_new(out.parent, [out.name])


def _film(given: dict[str, Any], out: Path, noise_given: bool) -> None:
    from rich.progress import track

    from tfnss import plots
    from tfnss.analysis import load_styles
    from tfnss.films import save_film

    names = load_styles(expanded(given["styles"])).names if "styles" in given else None
    keys = names or list(given.get("seeds", _SEEDS))
    alone = "direction" in given or given["sweep"] == "truncation"
    columns, cells = _cells(keys, given.get("grid"), alone)
    styled = alone or noise_given or "layers" in given
    opened = drawn.opened(given, "--sweep, --direction, --layers, --styles, --noise-seed and --truncation", styled)
    model = drawn.with_flags(opened, given, noise_given)
    total = given["frames"] * (1 if alone else len(cells[0]))
    first = plots.grid(np.stack([model.image(model.code(cell[0])) for cell in cells]), columns)
    check_film(out, given["fps"], total, first.shape)
    moving = _moving(opened, model, cells, given)

    def frames() -> Iterator[np.ndarray]:
        for codes in track(zip(*moving, strict=True), "frames", total=total, disable=not sys.stdout.isatty()):
            yield plots.grid(np.stack([model.image(code) for code in codes]), columns)

    save_film(frames(), out, given["fps"])
    print(f"{out}: {total} frames, {total / given['fps']:.1f} seconds")


def _cells(keys: Sequence[Any], grid: tuple[int, int] | None, alone: bool) -> tuple[int, list[Sequence[Any]]]:
    """The columns of the grid, and the keys of each of its images."""
    if grid is None:
        grid = (int(np.ceil(np.sqrt(len(keys)))), 0) if alone else (1, 1)
    count = len(keys) if alone else grid[0] * grid[1]
    if alone and grid[1] and grid[0] * grid[1] != count:
        raise ValueError(f"--grid {grid[0]}x{grid[1]} has {grid[0] * grid[1]} places for {count} images")
    if count > _MOST_CELLS:
        raise ValueError(f"a film shows at most {_MOST_CELLS} images beside each other. Received: {count}")
    if len(keys) % count or (not alone and len(keys) < 2 * count):
        raise ValueError(
            f"{len(keys)} images are to be shared out over {count}, at least 2 for each and the same number: give other "
            "--seeds, or another --grid"
        )
    share = len(keys) // count
    return grid[0], [keys[start : start + share] for start in range(0, len(keys), share)]


def _moving(
    opened: "Exported", model: "Model", cells: Sequence[Sequence[Any]], given: dict[str, Any]
) -> "list[Iterator[Code]]":
    """The codes of each cell, frame by frame."""
    from tfnss.analysis.motion import through, through_steps, through_truncation

    frames = given["frames"]
    if "direction" in given:
        step = drawn.stepping(opened, given, sys.stdout.isatty())
        return [through_steps(model, cell[0], frames, step, given["by"]) for cell in cells]
    if given["sweep"] == "truncation":
        truncation = 1.0 if given["truncation"] is None else given["truncation"]
        return [through_truncation(model, cell[0], frames, truncation) for cell in cells]
    return [through(model, cell, frames, given.get("layers")) for cell in cells]


def _film_training(run: Path, out: Path, fps: float) -> None:
    """A run's grids of samples, the last of which stands for a second."""
    from tfnss.films import save_film
    from tfnss.running.sample_grids import read_grid, sample_grids
    from tfnss.running.stored import check_single

    if not (run / SETTINGS).is_file():
        raise ValueError(f"{run} is not the folder of a run, which --training needs")
    check_single(run)
    pictures = [grid.path for grid in sample_grids(run)]
    if len(pictures) < 2:
        raise ValueError(f"{run} has fewer than 2 grids of samples (samples/fakes_*.png): train it first")

    shape = read_grid(pictures[0]).shape
    total = len(pictures) + round(fps)
    check_film(out, fps, total, shape)

    def frames() -> Iterator[np.ndarray]:
        for path in [*pictures, *[pictures[-1]] * round(fps)]:
            frame = read_grid(path)
            if frame.shape != shape:
                raise ValueError(f"{path} is of another size than {pictures[0].name}")
            yield frame

    save_film(frames(), out, fps)
    print(f"{out}: {len(pictures)} grids of samples, {total / fps:.1f} seconds")
