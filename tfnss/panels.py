"""Pictures of several parts: panels with axes above, rows of images below.

A panel is a function that draws on the axes it is given: `lines`, `bands` and `histograms` make such functions.
"""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from tfnss import files, plots

Panel = Callable[[Any], None]
_COLUMN, _PANEL = 1.25, 3.6  # inches
_LINES = ("-", "--", ":", "-.")


def save_composed(
    panels: Mapping[str, Panel], rows: Mapping[str, np.ndarray], path: str | os.PathLike, columns: int | None = None
) -> None:
    """Draws panels side by side, and under them rows of images, each under its label.

    Args:
        panels: By their titles.
        rows: uint8 images `[count, height, width, channels]` (1, 3 or 4 channels) by label, which may differ in size.
        path: Picture to write.
        columns: Images beside each other; longer rows are broken. None for as many as the longest row has.
    """
    columns = columns or max((len(images) for images in rows.values()), default=1)
    tiled = {label: _tiled(images, columns) for label, images in rows.items()}
    width = max(5.5 * len(panels), _COLUMN * columns, 4)
    tiled = {plots.wrapped(label, width): image for label, image in tiled.items()}
    heights = [_PANEL] * bool(panels)
    heights += [
        0.1 + plots.LINE * (label.count("\n") + 1) + _COLUMN * columns * image.shape[0] / image.shape[1]
        for label, image in tiled.items()
    ]
    figure = plots.new_figure(width, sum(heights))
    places = figure.add_gridspec(len(heights), 1, height_ratios=heights)
    if panels:
        inner = places[0].subgridspec(1, len(panels))
        for index, (title, draw) in enumerate(panels.items()):
            axes = figure.add_subplot(inner[index])
            draw(axes)
            axes.set_title(plots.wrapped(title, width / len(panels) - 1), fontsize="medium")
    for index, (label, image) in enumerate(tiled.items(), start=bool(panels)):
        axes = figure.add_subplot(places[index])
        axes.imshow(image.squeeze(-1) if image.shape[-1] == 1 else image, cmap="gray", vmin=0, vmax=255)
        axes.set_anchor("W")
        axes.set_title(label, loc="left", fontsize="medium")
        axes.axis("off")
    with files.replacing(path) as temporary:
        figure.savefig(temporary, dpi=120)


def _tiled(images: np.ndarray, columns: int) -> np.ndarray:
    """Images in rows of so many, with white between them and in places that are left over."""
    gap = max(1, images.shape[2] // 32)
    left_over = -len(images) % columns
    padded = np.pad(images, ((0, left_over), (0, gap), (0, gap), (0, 0)), constant_values=255)
    padded[len(images) :] = 255
    return plots.grid(padded, columns)


def lines(
    curves: Mapping[str, tuple[Sequence[Any], Any]],
    xlabel: str,
    ylabel: str,
    levels: Mapping[str, float] | None = None,
    logarithmic: bool = False,
) -> Panel:
    """Curves, places and values by label, over horizontal lines; with `logarithmic`, on logarithmic values.

    Labels "model, kind" give each model a colour, and each kind a way of drawing its line.
    """

    def draw(axes: Any) -> None:
        looks = _looks(curves)
        for label, (places, values) in curves.items():
            axes.plot(places, values, looks[label], marker=".", label=label)
        for label, level in (levels or {}).items():
            axes.axhline(level, color="black", linestyle="--", linewidth=1, label=label)
        axes.set(xlabel=xlabel, ylabel=ylabel, yscale="log" if logarithmic else "linear")
        axes.legend(fontsize="x-small" if len(curves) > 4 else "small", framealpha=0.5)

    return draw


def _looks(labels: Iterable[str]) -> dict[str, str]:
    """Matplotlib's word for the colour and the line of each label."""
    parts = {label: label.rpartition(", ") for label in labels}
    models = list(dict.fromkeys(model or kind for model, _, kind in parts.values()))
    kinds = list(dict.fromkeys(kind if model else "" for model, _, kind in parts.values()))
    return {
        label: f"C{models.index(model or kind) % 10}{_LINES[kinds.index(kind if model else '') % len(_LINES)]}"
        for label, (model, _, kind) in parts.items()
    }


def bands(curves: Mapping[str, tuple[np.ndarray, np.ndarray]], xlabel: str, ylabel: str) -> Panel:
    """Means and standard deviations by label, from place 1 on, on a logarithmic scale: a line each, within a band."""

    def draw(axes: Any) -> None:
        for label, (mean, std) in curves.items():
            shown = np.where(mean > 0, mean, np.nan)  # a logarithm has no 0
            places = np.arange(1, len(mean) + 1)
            (line,) = axes.plot(places, shown, label=label)
            low = np.maximum(shown - std, np.min(mean, where=mean > 0, initial=np.inf) / 10)
            axes.fill_between(places, low, shown + std, color=line.get_color(), alpha=0.25, linewidth=0)
        some = any((mean > 0).any() for mean, _ in curves.values())  # a logarithmic axis of nothing warns
        axes.set(xlabel=xlabel, ylabel=ylabel, yscale="log" if some else "linear")
        axes.legend(fontsize="small")

    return draw


def histograms(
    values: Mapping[str, np.ndarray],
    xlabel: str,
    bins: int,
    percentile: float = 100,
    marks: Mapping[str, Sequence[float]] | None = None,
) -> Panel:
    """Histograms over each other, on one axis from 0 to a percentile of the values that reach farthest.

    Args:
        values: `[count]` by label.
        xlabel: What they are.
        bins: Number of bins.
        percentile: Which one. What is above counts in the last bin.
        marks: Places of vertical lines by the label of the values, in their colour.
    """

    def draw(axes: Any) -> None:
        end = max(float(np.percentile(each, percentile)) for each in values.values()) or 1.0
        for label, each in values.items():
            _, _, bars = axes.hist(np.minimum(each, end), bins=bins, range=(0, end), alpha=0.5, label=label)
            for place in (marks or {}).get(label, ()):
                axes.axvline(min(place, end), color=bars[0].get_facecolor(), alpha=1, linestyle="--", linewidth=1)
        axes.set(xlabel=xlabel, ylabel="images")
        axes.legend(fontsize="small", loc="upper right")  # the best place takes long to find among many bars

    return draw
