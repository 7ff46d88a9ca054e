"""Pictures of an exported model: samples, interpolations, mixed styles, steps along a direction.

A key stands for one image: a seed, or the name of a picture whose styles are given. Images are made one by one: so it is the
same image in every picture, however many are asked for.
"""

import functools
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from rich.progress import track

from tfnss import plots
from tfnss.serving.exported import Code, Exported

SINGLES = "images"  # a folder of its own, so that `tfnss evaluate` and others find images of one size there
_MOST_SHOWN = 100

Key = int | str
Step = Callable[[Code, float], Code]  # so many steps along a direction


class Model:
    """An exported model of given truncation and noise, with layers to mix, classes, and the codes of pictures.

    A seed's class is the seed modulo the number of classes, or, where some are given, of those in turn.
    """

    def __init__(
        self,
        model: Exported,
        labels: Sequence[int] | None = None,
        truncation: float | None = None,
        noise_seed: int = 0,
        layers: range | None = None,
        pictures: Mapping[str, Code] | None = None,
    ) -> None:
        layers = range(model.slots // 2) if layers is None else layers
        self._model, self._labels, self._truncation = model, labels, 1.0 if truncation is None else truncation
        self._pictures = pictures or {}
        self.slots = model.slots
        self.image = functools.partial(model.image, noise_seed=noise_seed)
        self.between = model.between
        self.mixed = functools.partial(model.mixed, layers=layers)

    def code(self, key: Key, truncation: float | None = None) -> Code:
        """The code of a seed or a picture, with another truncation than the model's if one is given."""
        truncation = self._truncation if truncation is None else truncation
        if isinstance(key, int):
            return self._model.code(key, self._label(key), truncation)
        return self._model.truncated(self._pictures[key], truncation)

    def captions(self, keys: Sequence[Key]) -> list[str] | None:
        """The names of the pictures, or of the seeds' classes; None where classes have no names."""
        names = dict(enumerate(self._model.class_names))
        if self._pictures:
            return [str(key) for key in keys]
        return [names.get(self._label(int(key)) or 0, "") for key in keys] if names else None

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
        keys: Their keys, by which the picture says their names or classes; None for a picture without captions.
    """

    names: Sequence[str]
    picture: str
    columns: int | None
    shown: Iterable[int] | None
    images: Callable[[Model], Iterator[np.ndarray]]
    keys: Sequence[Key] | None = None


def samples(keys: Sequence[Key]) -> Task:
    """An image of each key, and a grid."""
    names = [f"{SINGLES}/{_name(key)}.png" for key in keys]

    def images(model: Model) -> Iterator[np.ndarray]:
        return (model.image(model.code(key)) for key in keys)

    return Task(names, "grid.png", None, range(_MOST_SHOWN), images, keys[:_MOST_SHOWN])


def interpolation(seeds: tuple[int, int], frames: int) -> Task:
    """Images on the way from one seed to the other: of the first one's class, or in W, which leads to the other's."""
    names = [f"{SINGLES}/frame{index:04d}.png" for index in range(frames)]
    shown = np.linspace(0, frames - 1, min(frames, _MOST_SHOWN)).round().astype(int)
    return Task(names, "interpolation.png", min(10, frames), shown, lambda model: _way(model, seeds, frames))


def style_mix(rows: Sequence[Key], columns: Sequence[Key]) -> Task:
    """A grid of the rows' images with the columns' styles."""
    return Task([], "styles.png", len(columns) + 1, None, lambda model: _mixes(model, rows, columns))


def steps(keys: Sequence[Key], amounts: Sequence[float], step: Step) -> Task:
    """A row for each key: its image at so many steps along a direction."""

    def images(model: Model) -> Iterator[np.ndarray]:
        return (model.image(step(model.code(key), amount)) for key in keys for amount in amounts)

    return Task([], "direction.png", len(amounts), None, images)


def _name(key: Key) -> str:
    return key if isinstance(key, str) else f"seed{key:04d}"


def _way(model: Model, seeds: tuple[int, int], frames: int) -> Iterator[np.ndarray]:
    first, last = map(model.code, seeds)
    yield model.image(first)
    for t in np.linspace(0, 1, frames)[1:-1]:
        yield model.image(model.between(first, last, t))
    yield model.image(first._replace(point=last.point))  # what is not on the way is the first's throughout


def _mixes(model: Model, rows: Sequence[Key], columns: Sequence[Key]) -> Iterator[np.ndarray]:
    """Images of a grid: the columns' own in its first row, the rows' in its first column."""
    tops = [model.code(key) for key in columns]
    heads = [model.image(code) for code in tops]
    yield np.zeros_like(heads[0])
    yield from heads
    for key in rows:
        row = model.code(key)
        yield model.image(row)
        yield from (model.image(model.mixed(row, top)) for top in tops)


def draw(task: Task, model: Model, out: Path) -> None:
    """Writes the files of a task to a folder."""

    def save(index: int, image: np.ndarray) -> None:
        if task.names:
            plots.save_png(image, out / task.names[index])

    plots.save_png(picture(task, model, save, sys.stdout.isatty()), out / task.picture)


def picture(
    task: Task, model: Model, each: Callable[[int, np.ndarray], None] | None = None, progress: bool = False
) -> np.ndarray:
    """The picture of a task, uint8 `[height, width, channels]`; `each` is called with every image and its number."""
    shown = None if task.shown is None else set(task.shown)
    cells = []
    for index, image in enumerate(track(task.images(model), total=len(task.names) or None, disable=not progress)):
        if each is not None:
            each(index, image)
        if shown is None or index in shown:
            cells.append(image)
    captions = None if task.keys is None else model.captions(task.keys)
    return plots.grid(np.stack(cells), task.columns, captions)
