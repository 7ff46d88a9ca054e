"""What there is to look at in a model: a tab each, with its controls and the function that draws its picture.

The pictures are those of `tfnss generate` for the same seeds and settings. Nothing here knows how a page is made.
"""

import functools
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from tfnss.analysis import Directions
from tfnss.running import drawn
from tfnss.running.file_names import SETTINGS
from tfnss.running.hub import located
from tfnss.running.sample_grids import read_grid, sample_grids
from tfnss.running.stored import read_settings
from tfnss.serving import Exported, drawing
from tfnss.serving.exported import Code
from tfnss.showing.controls import Choice, Control, Slider, Whole

_MOST_SEEDS, _SEEDS = 64, 16  # of a grid
_MOST_ROWS, _ROWS, _COLUMNS = 8, 4, 7
_MOST_FRAMES, _FRAMES = 30, 10
_MOST_STEPS, _STEPS = 10.0, 3.0
_TRUNCATIONS = (-1.0, 1.5)
_MOST_MIXED = 10


class Drawn(NamedTuple):
    """What a tab shows.

    Attributes:
        picture: uint8 `[height, width, channels]`.
        caption: What it is, in a few words.
    """

    picture: np.ndarray
    caption: str


class Tab(NamedTuple):
    """One thing to look at.

    Attributes:
        title: A word or two.
        about: What is seen, in a sentence.
        controls: What can be set.
        draw: Takes the values of the controls, in their order.
    """

    title: str
    about: str
    controls: Sequence[Control]
    draw: Callable[..., Drawn]


def tabs_of(model: Exported, given: Mapping[str, Any], noise_given: bool) -> list[Tab]:
    """The tabs that a model has.

    Args:
        model: The model.
        given: The flags of `tfnss show`: what it was opened from, and where the controls stand at first.
        noise_given: Whether one of them chose the noise's seed.

    Raises:
        ValueError: For classes that the model has not, and pictures or directions that do not fit it.
    """
    common = _Common(model, given)
    tabs = [_seeds(common), _interpolation(common)]
    if model.classes and model.classes > 1:
        tabs.append(_classes(common))
    pictures = drawn.pictures(model, given, noise_given) if "styles" in given else {}
    if model.slots:
        tabs.append(_directions(common, pictures))
    if pictures:
        tabs.append(_pictures(common, pictures))
    run = located(given["target"])
    if (run / SETTINGS).is_file() and sample_grids(run):
        tabs.append(_training(run))
    return tabs


class _Common:
    """The model, and the controls that tabs of it share: of classes, truncation and noise, where it has them."""

    def __init__(self, model: Exported, given: Mapping[str, Any]) -> None:
        self.model, self.given = model, given
        self._classes = drawn.classes(model, given)

    def controls(self, classes: bool = True) -> list[Control]:
        """The controls; without that of the classes for a tab which shows all of them."""
        found: list[Control] = []
        if classes and self._has_classes:
            label = "Classes, in turn (none: all of them)"
            found.append(Choice(label, self._options(), self._classes or [], several=True))
        return found + (self._of_styles() if self.model.slots else [])

    def drawable(self, values: Sequence[Any], pictures: Mapping[str, Code] | None = None) -> drawing.Model:
        """The model, and pictures that go with it, as the values of `controls()` say."""
        classes, *rest = values if self._has_classes else (None, *values)
        return self.of_classes(classes, rest, pictures)

    def of_classes(
        self, classes: Sequence[int] | None, values: Sequence[Any], pictures: Mapping[str, Code] | None = None
    ) -> drawing.Model:
        """The same of classes, and values of `controls(classes=False)`."""
        truncation, noise_seed = values or (None, 0)
        return drawing.Model(self.model, classes or self._classes, truncation, noise_seed, None, pictures)

    @property
    def _has_classes(self) -> bool:
        return self.model.classes != 0 and bool(self._options())

    def _options(self) -> list[tuple[str, int]]:
        """Names and numbers of the classes; of those given, where the model does not tell how many it has."""
        numbers = self._classes or [] if self.model.classes is None else range(self.model.classes)
        names = dict(enumerate(self.model.class_names))
        return [(names.get(number, str(number)), number) for number in numbers]

    def _of_styles(self) -> list[Control]:
        truncation = 1.0 if self.given["truncation"] is None else self.given["truncation"]
        least, most = min(_TRUNCATIONS[0], truncation), max(_TRUNCATIONS[1], truncation)
        return [
            Slider("Truncation (1 is none)", least, most, 0.05, truncation),
            _seed("Seed of the noise", self.given["noise_seed"]),
        ]


def _seed(label: str, start: int, count: int = 1) -> Whole:
    """A control of the first of so many seeds, at most."""
    return Whole(label, 0, drawn.MAX_SEED - count, start)


def _seeds(common: _Common) -> Tab:
    def draw(first: int, count: int, *values: Any) -> Drawn:
        keys = range(first, first + count)
        return Drawn(drawing.picture(drawing.samples(keys), common.drawable(values)), _in_words(keys))

    own: list[Control] = [_seed("First seed", 0, _MOST_SEEDS), Slider("Images", 1, _MOST_SEEDS, 1, _SEEDS)]
    return Tab("Seeds", "An image of each seed, row by row.", [*own, *common.controls()], draw)


def _interpolation(common: _Common) -> Tab:
    place = "styles" if common.model.slots else "latents"

    def draw(first: int, last: int, frames: int, *values: Any) -> Drawn:
        task = drawing.interpolation((first, last), frames)
        return Drawn(drawing.picture(task, common.drawable(values)), f"from seed {first} to seed {last}")

    own: list[Control] = [_seed("From seed", 0), _seed("To seed", 1), Slider("Images", 3, _MOST_FRAMES, 1, _FRAMES)]
    about = f"Images on the way from one seed's {place} to another's."
    return Tab("Interpolation", about, [*own, *common.controls()], draw)


def _classes(common: _Common) -> Tab:
    classes = common.model.classes or 0
    names = dict(enumerate(common.model.class_names))

    def draw(first: int, rows: int, seed: int, *values: Any) -> Drawn:
        numbers = range(first, min(first + rows, classes))
        keys = range(seed, seed + _COLUMNS)
        task = drawing.samples(keys)._replace(columns=_COLUMNS)
        found = [drawing.picture(task, common.of_classes([number], values)) for number in numbers]
        called = ", ".join(names.get(number, f"class {number}") for number in numbers)
        return Drawn(np.concatenate(found), f"{called}: {_in_words(keys)}")

    controls: list[Control] = [
        Whole("First class", 0, classes - 1, 0),
        Slider("Classes", 1, min(_MOST_ROWS, classes), 1, min(_ROWS, classes)),
        _seed("First seed", 0, _COLUMNS),
        *common.controls(classes=False),
    ]
    return Tab("Classes", "A row of images of each class, of the same seeds.", controls, draw)


def _directions(common: _Common, pictures: Mapping[str, Code]) -> Tab:
    model, sources = common.model, _Sources(common)
    width, layers = sources.at_first()

    def draw(
        source: str, index: int, most: float, first_layer: int, last_layer: int, seed: int, rows: int, *rest: Any
    ) -> Drawn:
        values = list(rest)
        projected = bool(pictures) and values.pop(0)
        if first_layer > last_layer:
            raise ValueError("the first layer that moves lies after the last one: change one of them")
        step = sources.step(source, index, range(first_layer, last_layer + 1))
        keys = list(pictures)[:rows] if projected else range(seed, seed + rows)
        task = drawing.steps(keys, np.linspace(-most, most, _COLUMNS).tolist(), step)
        picture = drawing.picture(task, common.drawable(values, pictures if projected else None))
        what = ", ".join(map(str, keys)) if projected else _in_words(range(seed, seed + rows))
        return Drawn(picture, f"direction {index}, {-most:g} to {most:g} steps: {what}")

    of = [Choice("Of", [("Seeds", False), ("Pictures of --styles", True)], False)] if pictures else []
    controls: list[Control] = [
        Choice("Directions", sources.options(), sources.start),
        Whole("Direction (0: the strongest)", 0, width - 1, common.given["direction"]),
        Slider("Steps each way", 0.5, _MOST_STEPS, 0.5, _STEPS),
        Slider("First layer that moves", 0, model.slots - 1, 1, min(layers)),
        Slider("Last layer that moves", 0, model.slots - 1, 1, max(layers)),
        _seed("First seed", 0, _MOST_ROWS),
        Slider("Rows", 1, _MOST_ROWS, 1, _ROWS),
        *of,
        *common.controls(),
    ]
    about = "Images moved along a direction of the styles; those in the middle have not moved."
    return Tab("Directions", about, controls, draw)


class _Sources:
    """Where directions come from, each found once."""

    def __init__(self, common: _Common) -> None:
        self._model, self._given = common.model, common.given
        self.start = common.given["directions"]
        self._found = functools.cache(self._find)

    def options(self) -> list[tuple[str, str]]:
        """What each is called, and its value: the flag `directions`."""
        found = {"pca": "Principal components of the styles"}
        if self._model.generator is not None:
            found["sefa"] = "Weights of the layers (SeFa)"
        found.setdefault(self.start, Path(self.start).name)
        return [(name, value) for value, name in found.items()]

    def at_first(self) -> tuple[int, Sequence[int]]:
        """How many there are of the flags' source, and the layers that they are meant for.

        Raises:
            ValueError: For a direction of the flags beyond them, and for those of another model.
        """
        count, layers = self._model.code(0, 0).point.shape[-1], range(self._model.slots)
        index = self._given["direction"]
        if self.start == "pca":  # which takes a while, and has as many as the styles are wide
            if not 0 <= index < count:
                raise ValueError(f"--direction must lie in 0 to {count - 1}. Received: {index}")
            return count, layers
        found = self._found(self.start, layers if self.start == "sefa" else None)
        drawn.steps(self._model, self._given, found)  # a ValueError for those that do not fit
        return len(found.vectors), found.layers

    def step(self, source: str, index: int, layers: range) -> Callable[[Code, float], Code]:
        """What moves a code along a direction, in layers; weights are looked at in those layers alone."""
        found = self._found(source, layers if source == "sefa" else None)
        flags = {**self._given, "directions": source, "direction": index}
        return drawn.steps(self._model, flags, found._replace(layers=tuple(layers)))

    def _find(self, source: str, layers: range | None) -> Directions:
        chosen = {} if layers is None else {"layers": layers}
        return drawn.directions(self._model, {**self._given, "directions": source, **chosen}, progress=False)


def _pictures(common: _Common, pictures: Mapping[str, Code]) -> Tab:
    names = list(pictures)

    def draw(mixed: bool, *values: Any) -> Drawn:
        drawable = common.of_classes(None, values, pictures)
        some = names[:_MOST_MIXED] if mixed else names
        task = drawing.style_mix(some, some) if mixed else drawing.samples(some)
        caption = "the picture of each row with the coarse styles of each column" if mixed else f"{len(names)} pictures"
        return Drawn(drawing.picture(task, drawable), caption)

    shown = Choice("Pictures", [("Each on its own", False), ("Mixed with each other", True)], False)
    return Tab("Pictures", "Pictures that tfnss project found.", [shown, *common.controls(classes=False)], draw)


def _training(run: Path) -> Tab:
    def draw(kimg: float) -> Drawn:
        grids = sample_grids(run)
        if not grids:
            raise ValueError(f"{run} has no grids of samples (samples/fakes_*.png) any more")
        index = min(range(len(grids)), key=lambda index: abs(grids[index].kimg - kimg))
        caption = f"after {grids[index].kimg:g} kimg, grid {index + 1} of {len(grids)}"
        return Drawn(read_grid(grids[index].path), caption)

    total = max(read_settings(run)["settings"].get("kimg") or 0, sample_grids(run)[-1].kimg, 0.001)
    about = "The run's samples over its training, those that are nearest; newer ones show as they come."
    return Tab("Training", about, [Slider("Thousands of images seen (kimg)", 0, total, total / 1000, total)], draw)


def _in_words(seeds: Sequence[int]) -> str:
    return f"seed {seeds[0]}" if len(seeds) == 1 else f"seeds {seeds[0]} to {seeds[-1]}"
