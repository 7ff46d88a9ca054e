"""Pictures of an exported model: samples by seed, interpolations, mixed styles.

A seed stands for one image, and images are made one by one: so it is the same image in every picture, however many are asked
for.
"""

import functools
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from rich.progress import track

from tfnss import plots
from tfnss.serving.exported import Code, Exported

SINGLES = "images"  # a folder of its own, so that `tfnss evaluate` and others find images of one size there
_MOST_SHOWN = 100


class Model:
    """An exported model of given truncation and noise, with layers to mix, and classes.

    A seed's class is the seed modulo the number of classes, or, where some are given, of those in turn.
    """

    def __init__(
        self,
        model: Exported,
        labels: Sequence[int] | None = None,
        truncation: float | None = None,
        noise_seed: int = 0,
        layers: range | None = None,
    ) -> None:
        layers = range(model.slots // 2) if layers is None else layers
        self._model, self._labels, self._truncation = model, labels, 1.0 if truncation is None else truncation
        self.image = functools.partial(model.image, noise_seed=noise_seed)
        self.between = model.between
        self.mixed = functools.partial(model.mixed, layers=layers)

    def code(self, seed: int) -> Code:
        """The code of a seed."""
        return self._model.code(seed, self._label(seed), self._truncation)

    def captions(self, seeds: Sequence[int]) -> list[str] | None:
        """The names of the seeds' classes; None where classes have no names."""
        names = dict(enumerate(self._model.class_names))
        return [names.get(self._label(seed) or 0, "") for seed in seeds] if names else None

    def _label(self, seed: int) -> int | None:
        labels = self._labels or range(self._model.classes or 0)
        return labels[seed % len(labels)] if labels else None


class Task(NamedTuple):
    """What to draw.

    Attributes:
        names: Files of the single images; none if there is but the picture.
        picture: File of all of them together.
        columns: Its columns; None for about as many as rows.
        shown: Which of the images it shows; None for all.
        images: The images of a model, one after the other.
        seeds: Their seeds, by which the picture says their classes; None for a picture without captions.
    """

    names: Sequence[str]
    picture: str
    columns: int | None
    shown: Iterable[int] | None
    images: Callable[[Model], Iterator[np.ndarray]]
    seeds: Sequence[int] | None = None


def samples(seeds: Sequence[int]) -> Task:
    """An image of each seed, and a grid."""
    names = [f"{SINGLES}/seed{seed:04d}.png" for seed in seeds]

    def images(model: Model) -> Iterator[np.ndarray]:
        return (model.image(model.code(seed)) for seed in seeds)

    return Task(names, "grid.png", None, range(_MOST_SHOWN), images, seeds[:_MOST_SHOWN])


def interpolation(seeds: tuple[int, int], frames: int) -> Task:
    """Images on the way from one seed to the other."""
    names = [f"{SINGLES}/frame{index:04d}.png" for index in range(frames)]
    shown = np.linspace(0, frames - 1, min(frames, _MOST_SHOWN)).round().astype(int)
    return Task(names, "interpolation.png", min(10, frames), shown, lambda model: _way(model, seeds, frames))


def style_mix(rows: Sequence[int], columns: Sequence[int]) -> Task:
    """A grid of the rows' seeds with the columns' styles."""
    return Task([], "styles.png", len(columns) + 1, None, lambda model: _mixes(model, rows, columns))


def _way(model: Model, seeds: tuple[int, int], frames: int) -> Iterator[np.ndarray]:
    first, last = map(model.code, seeds)
    yield model.image(first)
    for t in np.linspace(0, 1, frames)[1:-1]:
        yield model.image(model.between(first, last, t))
    yield model.image(last)


def _mixes(model: Model, rows: Sequence[int], columns: Sequence[int]) -> Iterator[np.ndarray]:
    """Images of a grid: the columns' seeds in its first row, the rows' in its first column."""
    tops = [model.code(seed) for seed in columns]
    heads = [model.image(code) for code in tops]
    yield np.zeros_like(heads[0])
    yield from heads
    for seed in rows:
        row = model.code(seed)
        yield model.image(row)
        yield from (model.image(model.mixed(row, top)) for top in tops)


def draw(task: Task, model: Model, out: Path) -> None:
    """Writes the files of a task to a folder."""
    shown = None if task.shown is None else set(task.shown)
    cells = []
    for index, image in enumerate(
        track(task.images(model), total=len(task.names) or None, disable=not sys.stdout.isatty())
    ):
        if task.names:
            plots.save_png(image, out / task.names[index])
        if shown is None or index in shown:
            cells.append(image)
    captions = None if task.seeds is None else model.captions(task.seeds)
    plots.save_png(plots.grid(np.stack(cells), task.columns, captions), out / task.picture)
