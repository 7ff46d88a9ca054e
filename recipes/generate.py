"""Pictures of a run's generator, or of any exported model: samples by seed, interpolations, mixed styles.

    python -m recipes.generate runs/00000-dcgan_photos-nss --seeds 0-63 --out out
    python -m recipes.generate saved_models/faces --interpolate 3-7 --truncation 0.7 --out out
    python -m recipes.generate saved_models/faces --style-mix 0-3 10-15 --layers 0-3 --out out

A seed stands for one image: that of its latents, with the noise of `--noise-seed`. Images are made one by one, so it is
the same image in every picture, however many are asked for.
"""

import argparse
import functools
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf
from rich.progress import track

from recipes.running.directories import check_new
from recipes.running.options import Parser, reporting
from recipes.running.runs import CHECKPOINT, HISTORY, SETTINGS, check_single, load_run
from tfnss import exported, plots
from tfnss.serving import read_card
from tfnss.training.callbacks import read_history

PROGRAM = "python -m recipes.generate"
_DEFAULTS: dict[str, Any] = {"class": None, "truncation": None, "noise_seed": 0, "overwrite": False}
_MODES = {"seeds": "", "interpolate": "frames", "style_mix": "layers"}  # each with the flag that goes with it alone
_SINGLES = "images"  # a folder of its own, so that recipes.evaluate and others find images of one size there
_MAX_SEED, _MOST_FILES, _MOST_SHOWN, _MOST_MIXES = 2**31, 10**6, 100, 1024


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs the command line; ends with status 2 and one line on bad input."""
    given = _DEFAULTS | vars(_parser().parse_args(arguments))
    with reporting(PROGRAM, ValueError, OSError, tf.errors.OpError):
        _check(given)
        task = _task(given)
        out = Path(given["out"]).expanduser()
        if not given["overwrite"]:
            check_new(out, [*task.names, task.picture])
        model = _opened(Path(given["target"]).expanduser())
        _check_fit(model, given)
        _draw(task, _Model(model, given), out)
    singles = f", and {len(task.names)} images in {out / _SINGLES}" if task.names else ""
    print(f"{task.picture} is in {out}{singles}")


# -- the command line ---


def _parser() -> Parser:
    parser = Parser(prog=PROGRAM, description="Draw images of a run's generator, or of an exported model.")
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
        "--truncation", type=float, metavar="PSI", help="1 for none, 0 for the average; models with styles (default: 1)"
    )
    flag("--noise-seed", type=int, metavar="SEED", help="seed of the noise; models with styles (default: 0)")
    flag("--class", type=int, metavar="N", help="class of all images (default: the seed modulo the number of classes)")
    flag("--overwrite", action="store_true", help="replace files of the same names")
    return parser


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
    mixes = np.prod([len(seeds) for seeds in given.get("style_mix", ())])
    if mixes > _MOST_MIXES:
        raise ValueError(f"--style-mix makes a grid of at most {_MOST_MIXES} images. Received: {mixes:.0f}")
    if given["truncation"] is not None and not np.isfinite(given["truncation"]):
        raise ValueError(f"--truncation must be finite. Received: {given['truncation']}")
    if not 0 <= given["noise_seed"] < _MAX_SEED:
        raise ValueError(f"--noise-seed must lie in [0, 2**31). Received: {given['noise_seed']}")


# -- the model ---


def _opened(target: Path) -> exported.Exported:
    """The exported model at a path, or of a run there."""
    if (target / SETTINGS).exists():
        return _of_run(target)
    if not (target / "saved_model.pb").is_file():
        raise ValueError(f"{target} is neither the folder of a run nor of an exported model")
    return exported.load(target)


def _of_run(run: Path) -> exported.Exported:
    """A run's exported model; its checkpoint where there is none, or one of another moment."""
    check_single(run)
    path = run / "saved_model"
    if path.is_dir() and (_is_of_now(path, run) or not (run / CHECKPOINT).is_file()):
        return exported.load(path)
    return exported.of(load_run(run).generator_ema)


def _is_of_now(path: Path, run: Path) -> bool:
    """Whether a run's exported model is of the end of its history: a run that went back keeps one of its former future."""
    history = read_history(run / HISTORY)
    seen = read_card(path).get("images_seen")
    return not history or seen is None or seen == round(1000 * history[-1]["kimg"])


def _check_fit(model: exported.Exported, given: dict[str, Any]) -> None:
    """Raises a ValueError for flags that do not fit a model."""
    target, label, classes = given["target"], given["class"], model.classes
    if not model.slots and ("style_mix" in given or given["truncation"] is not None):
        raise ValueError(f"{target} has no styles, which --style-mix and --truncation need (as models.StyleGAN2 has)")
    if "layers" in given and given["layers"].stop > model.slots:
        last = given["layers"].stop - 1
        raise ValueError(f"--layers must lie in 0 to {model.slots - 1} for this model. Received: up to {last}")
    if label is None and classes is None:
        raise ValueError(f"{target} does not tell its number of classes: choose one with --class N")
    if label is not None and not 0 <= label < (_MAX_SEED if classes is None else classes):
        has = f"classes 0 to {classes - 1}" if classes else "no classes"
        raise ValueError(f"{target} has {has}. Received: --class {label}")


class _Model:
    """An exported model under the flags: of one class, truncation and noise, with layers to mix."""

    def __init__(self, model: exported.Exported, given: dict[str, Any]) -> None:
        truncation = 1.0 if given["truncation"] is None else given["truncation"]
        layers = given.get("layers", range(model.slots // 2))
        self.code = functools.partial(model.code, label=given["class"], truncation=truncation)
        self.image = functools.partial(model.image, noise_seed=given["noise_seed"])
        self.between = model.between
        self.mixed = functools.partial(model.mixed, layers=layers)


# -- the pictures ---


class _Task(NamedTuple):
    """What to draw.

    Attributes:
        names: Files of the single images; none if there is but the picture.
        picture: File of all of them together.
        columns: Its columns; None for about as many as rows.
        shown: Which of the images it shows; None for all.
        images: The images of a model, one after the other.
    """

    names: Sequence[str]
    picture: str
    columns: int | None
    shown: Iterable[int] | None
    images: Callable[[_Model], Iterator[np.ndarray]]


def _task(given: dict[str, Any]) -> _Task:
    if "style_mix" in given:
        rows, columns = given["style_mix"]
        return _Task([], "styles.png", len(columns) + 1, None, lambda model: _mixes(model, rows, columns))
    if "interpolate" in given:
        frames = given.get("frames", 10)
        names = [f"{_SINGLES}/frame{index:04d}.png" for index in range(frames)]
        shown = np.linspace(0, frames - 1, min(frames, _MOST_SHOWN)).round().astype(int)
        return _Task(
            names, "interpolation.png", min(10, frames), shown, lambda model: _way(model, given["interpolate"], frames)
        )
    seeds = given.get("seeds", range(64))
    names = [f"{_SINGLES}/seed{seed:04d}.png" for seed in seeds]
    return _Task(
        names, "grid.png", None, range(_MOST_SHOWN), lambda model: (model.image(model.code(seed)) for seed in seeds)
    )


def _way(model: _Model, seeds: tuple[int, int], frames: int) -> Iterator[np.ndarray]:
    first, last = map(model.code, seeds)
    yield model.image(first)
    for t in np.linspace(0, 1, frames)[1:-1]:
        yield model.image(model.between(first, last, t))
    yield model.image(last)


def _mixes(model: _Model, rows: Sequence[int], columns: Sequence[int]) -> Iterator[np.ndarray]:
    """Images of a grid: the columns' seeds in its first row, the rows' in its first column."""
    tops = [model.code(seed) for seed in columns]
    heads = [model.image(code) for code in tops]
    yield np.zeros_like(heads[0])
    yield from heads
    for seed in rows:
        row = model.code(seed)
        yield model.image(row)
        yield from (model.image(model.mixed(row, top)) for top in tops)


def _draw(task: _Task, model: _Model, out: Path) -> None:
    shown = None if task.shown is None else set(task.shown)
    cells = []
    for index, image in enumerate(
        track(task.images(model), total=len(task.names) or None, disable=not sys.stdout.isatty())
    ):
        if task.names:
            plots.save_png(image, out / task.names[index])
        if shown is None or index in shown:
            cells.append(image)
    plots.save_png(plots.grid(np.stack(cells), task.columns), out / task.picture)


if __name__ == "__main__":
    main()
