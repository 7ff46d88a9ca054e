"""Pictures: grids of images, and the curves of a run."""

import itertools
import os
import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from tfnss import files

if TYPE_CHECKING:
    from matplotlib.figure import Figure

CAPTION_HEIGHT = 14  # pixels of the strip under an image
LINE, _CHARACTER = 0.2, 0.085  # inches: height of a line of a title, and mean width of its characters


def grid(images: np.ndarray, columns: int | None = None, captions: Sequence[str] | None = None) -> np.ndarray:
    """Tiles uint8 images `[count, height, width, channels]` into one, by default as square as can be.

    Places that are left over are black, and transparent where there is alpha. Captions stand under the images, in strips
    of `CAPTION_HEIGHT` pixels, as much of them as there is room for.
    """
    if captions is not None:
        strips = [_strip(caption, *images.shape[2:]) for caption in captions]
        images = np.concatenate([images, strips], axis=1)
    count, height, width, channels = images.shape
    columns = columns or int(np.ceil(np.sqrt(count)))
    rows = -(-count // columns)
    cells = np.zeros((rows * columns, height, width, channels), images.dtype)
    cells[:count] = images
    tiled = cells.reshape(rows, columns, height, width, channels).swapaxes(1, 2)
    return tiled.reshape(rows * height, columns * width, channels)


def _strip(caption: str, width: int, channels: int) -> np.ndarray:
    """White text on black, uint8 `[CAPTION_HEIGHT, width, channels]`, opaque."""
    strip = Image.new("L", (width, CAPTION_HEIGHT))
    draw = ImageDraw.Draw(strip)
    font = ImageFont.load_default(10)
    while caption and draw.textlength(caption, font) > width:
        caption = caption[:-1]
    draw.text((0, 1), caption, 255, font)
    pixels = np.repeat(np.asarray(strip)[..., np.newaxis], channels, axis=2)
    if channels == 4:
        pixels[..., 3] = 255
    return pixels


def save_png(image: np.ndarray, path: str | os.PathLike) -> None:
    """Writes one uint8 image `[height, width, channels]` (1, 3 or 4 channels) as a PNG file."""
    with files.replacing(path) as temporary:
        Image.fromarray(image.squeeze(-1) if image.shape[-1] == 1 else image).save(temporary)


def save_curves(rows: Sequence[Mapping[str, float]], path: str | os.PathLike) -> None:
    """Draws a run over kimg: losses, the discriminator's predictions and, where there are any, time and FID.

    The predictions are drawn as in NSS-GAN's figure 3: median, and the bands of half and of nine tenths of the images.

    Args:
        rows: Rows of a training history: `kimg`, `d_loss`, `g_loss`, the percentiles of `real_prediction` and
            `fake_prediction` (`_p5` and so on), `time`, `fid`.
        path: PNG file to write.
    """
    columns = {name for row in rows for name in row}
    panels: list[tuple[str, dict[str, str]]] = [("loss", {"d_loss": "discriminator", "g_loss": "generator"})]
    panels.append(("prediction, percentiles", {"real_prediction_p50": "D(real)", "fake_prediction_p50": "D(fake)"}))
    panels += [
        (title, {name: name}) for name, title in (("time", "scale-space time"), ("fid", "FID")) if name in columns
    ]
    figure = new_figure(4.5 * len(panels), 3.2)
    all_axes: Any = figure.subplots(1, len(panels))
    for axes, (title, lines) in zip(all_axes, panels, strict=True):
        for column, label in lines.items():
            (line,) = axes.plot(*_series(rows, column), label=label, marker=".")
            if column.endswith("_p50"):
                _draw_bands(axes, rows, column.removesuffix("_p50"), line.get_color())
        axes.set(title=title, xlabel="kimg")
        axes.legend()
    all_axes[1].set_ylim(0, 1)
    all_axes[1].axhline(0.5, color="grey", linewidth=0.8, zorder=0)
    _save(figure, path)


def _series(rows: Sequence[Mapping[str, float]], column: str) -> tuple[list[float], list[float]]:
    """kimg and values of the rows that have any."""
    rows = [row for row in rows if column in row]
    return [row["kimg"] for row in rows], [row[column] for row in rows]


def _draw_bands(axes: Any, rows: Sequence[Mapping[str, float]], name: str, color: str) -> None:
    for low, high in ((5, 95), (25, 75)):
        kimg, lower = _series(rows, f"{name}_p{low}")
        axes.fill_between(kimg, lower, _series(rows, f"{name}_p{high}")[1], color=color, alpha=0.2, linewidth=0)


def save_variances(
    times: Sequence[float], panels: Mapping[str, Mapping[str, np.ndarray]], path: str | os.PathLike
) -> None:
    """Draws the image variance over time, a panel for each data set, a curve for each space (NSS-GAN, figure 2).

    Args:
        times: Times of all curves.
        panels: Variances by space, by data set.
        path: Picture to write.
    """
    figure = new_figure(1 + 4 * len(panels), 3.6)
    all_axes: Any = figure.subplots(1, len(panels), squeeze=False, sharey=True)[0]
    for axes, (data, curves) in zip(all_axes, panels.items(), strict=True):
        for (name, values), style in zip(curves.items(), itertools.cycle(("-", "--", ":"))):
            axes.plot(times, values, style, label=name, marker=".")
        axes.set(title=data, xlabel="t", yscale="log")
    all_axes[0].set_ylabel("image variance")
    all_axes[0].legend()
    _save(figure, path)


def save_spectra(
    real: np.ndarray, fake: np.ndarray, gap: np.ndarray, profiles: Mapping[str, tuple], path: str | os.PathLike
) -> None:
    """Draws two average power spectra, their absolute difference (SSD-GAN, figure 6) and the azimuthal profiles.

    Args:
        real: Average power spectrum `[height, width]`, zero frequency in the centre.
        fake: The same of the fakes.
        gap: Their absolute difference.
        profiles: Frequencies in cycles per pixel and decibels, by label.
        path: PNG file to write.
    """
    figure = new_figure(16, 3.6)
    all_axes: Any = figure.subplots(1, 4)
    decibels = [10 * np.log10(np.maximum(spectrum, 1e-12)) for spectrum in (real, fake, gap)]
    low, high = (float(np.percentile(decibels[0], q)) for q in (1, 100))
    titles = ("reals, dB", "fakes, dB", "absolute difference, dB")
    for axes, title, image in zip(all_axes, titles, decibels, strict=False):
        figure.colorbar(axes.imshow(image, vmin=low, vmax=high), ax=axes)
        axes.set(title=title, xticks=[], yticks=[])
    for label, (frequencies, power) in profiles.items():
        all_axes[3].plot(frequencies, power, label=label)
    all_axes[3].set(title="azimuthal profile, dB", xlabel="cycles per pixel")
    all_axes[3].axvline(0.5, color="grey", linewidth=0.8, zorder=0)
    all_axes[3].legend()
    _save(figure, path)


def save_lines(
    curves: Mapping[str, tuple[Sequence[float], Sequence[float]]],
    xlabel: str,
    ylabel: str,
    path: str | os.PathLike,
    levels: Mapping[str, float] | None = None,
) -> None:
    """Draws curves over one axis, and horizontal lines to compare them with.

    Args:
        curves: Places and values, by label.
        xlabel: What the places are.
        ylabel: What the values are.
        path: Picture to write.
        levels: Values of the horizontal lines, by label.
    """
    figure = new_figure(6, 3.6)
    axes = figure.subplots()
    _draw_lines(axes, curves, levels or {})
    axes.set(xlabel=xlabel, ylabel=ylabel)
    axes.legend(bbox_to_anchor=(1, 1), loc="upper left")
    _save(figure, path)


def save_panels(
    panels: Mapping[str, tuple[Mapping[str, tuple], Mapping[str, float]]],
    xlabel: str,
    ylabel: str,
    path: str | os.PathLike,
) -> None:
    """Draws curves and horizontal lines, as `save_lines` does, in a panel for each model; one legend.

    Args:
        panels: By title curves, places and values by label, and the values of horizontal lines by label.
        xlabel: What the places are.
        ylabel: What the values are.
        path: Picture to write.
    """
    figure = new_figure(2 + 4 * len(panels), 3.6)
    all_axes: Any = figure.subplots(1, len(panels), squeeze=False)[0]
    for axes, (title, (curves, levels)) in zip(all_axes, panels.items(), strict=True):
        _draw_lines(axes, curves, levels)
        axes.set(title=title, xlabel=xlabel)
    all_axes[0].set_ylabel(ylabel)
    all_axes[-1].legend(bbox_to_anchor=(1, 1), loc="upper left")
    _save(figure, path)


def _draw_lines(axes: Any, curves: Mapping[str, tuple], levels: Mapping[str, float]) -> None:
    for label, (places, values) in curves.items():
        axes.plot(places, values, label=label, marker=".")
    for (label, level), style in zip(levels.items(), itertools.cycle(("--", ":", "-."))):
        axes.axhline(level, color="black", linestyle=style, linewidth=1, label=label)


def save_maps(maps: Mapping[str, np.ndarray], curves: Mapping[str, tuple], title: str, path: str | os.PathLike) -> None:
    """Draws maps of frequencies side by side on one scale of colours, and beside them curves over the radius.

    Args:
        maps: `[height, width]` each, by label, zero frequency in the centre.
        curves: Frequencies in cycles per pixel and values, by label.
        title: What the maps show.
        path: Picture to write.
    """
    figure = new_figure(4 * len(maps) + 4.5, 3.8)
    all_axes: Any = figure.subplots(1, len(maps) + 1)
    high = max(float(np.max(values)) for values in maps.values())
    for axes, (label, values) in zip(all_axes, maps.items(), strict=False):
        shown = axes.imshow(values, vmin=0, vmax=high or 1)
        axes.set(title=label, xticks=[], yticks=[])
    figure.colorbar(shown, ax=list(all_axes[:-1]), label=title)
    for label, (frequencies, values) in curves.items():
        all_axes[-1].plot(frequencies, values, label=label)
    all_axes[-1].set(title="mean over each radius", xlabel="cycles per pixel")
    all_axes[-1].axvline(0.5, color="grey", linewidth=0.8, zorder=0)
    all_axes[-1].legend()
    _save(figure, path)


def save_images_and_spectra(
    rows: Mapping[str, Sequence[np.ndarray]], titles: Sequence[str], path: str | os.PathLike
) -> None:
    """Draws rows of grey images, each over its spectrum ln(1 + |F|), all spectra on one scale of colours.

    Args:
        rows: By label as many images `[height, width]` in [-1, 1] as there are titles.
        titles: Those of the columns.
        path: Picture to write.
    """
    figure = new_figure(2.2 * len(titles) + 0.6, 4.7 * len(rows))
    all_axes: Any = figure.subplots(2 * len(rows), len(titles), squeeze=False)
    spectra = {
        name: [np.log1p(np.abs(np.fft.fftshift(np.fft.fft2(image, norm="ortho")))) for image in images]
        for name, images in rows.items()
    }
    high = max(float(np.percentile(each, 99.9)) for images in spectra.values() for each in images)
    for index, (name, images) in enumerate(rows.items()):
        above, below = all_axes[2 * index : 2 * index + 2]
        for upper, lower, image, spectrum in zip(above, below, images, spectra[name], strict=True):
            upper.imshow(image, cmap="gray", vmin=-1, vmax=1)
            lower.imshow(spectrum, vmin=0, vmax=high or 1)
            for axes in (upper, lower):
                axes.set(xticks=[], yticks=[])
        above[0].set_ylabel(name)
        below[0].set_ylabel("spectrum")
    for axes, title in zip(all_axes[0], titles, strict=True):
        axes.set_title(title, fontsize="small")
    _save(figure, path)


def save_shares(panels: Mapping[str, Mapping[str, Mapping[str, float]]], ylabel: str, path: str | os.PathLike) -> None:
    """Draws stacked bars side by side, in one panel or several.

    Args:
        panels: By title its bars, by the label of each bar its parts by theirs, the lowest first.
        ylabel: What the parts are.
        path: Picture to write.
    """
    widths = [1 + len(bars) for bars in panels.values()]
    figure = new_figure(2 + 1.1 * sum(widths), 4.2)
    all_axes: Any = figure.subplots(1, len(panels), squeeze=False, sharey=True, width_ratios=widths)[0]
    parts = list(dict.fromkeys(part for bars in panels.values() for bar in bars.values() for part in bar))
    colors = dict(zip(parts, _colors(len(parts)), strict=True))
    for axes, (title, bars) in zip(all_axes, panels.items(), strict=True):
        bottoms = np.zeros(len(bars))
        for part in parts:
            heights = np.array([bar.get(part, 0.0) for bar in bars.values()])
            axes.bar(list(bars), heights, bottom=bottoms, label=part, color=colors[part])
            bottoms += heights
        axes.set_title(title, fontsize="medium")
        axes.tick_params("x", rotation=30)
        for label in axes.get_xticklabels():  # long names of models, each ending under its bar
            label.set(horizontalalignment="right", rotation_mode="anchor", fontsize="small")
        axes.margins(y=0)
    all_axes[0].set_ylabel(ylabel)
    _outer_legend(all_axes[-1])
    _save(figure, path)


def save_shares_over_time(
    kimg: Sequence[float], shares: Mapping[str, Sequence[float]], title: str, path: str | os.PathLike
) -> None:
    """Draws shares over a training as stacked areas (StyleGAN2, figure 8).

    Args:
        kimg: Thousands of images, ascending.
        shares: At each, by label, the lowest first.
        title: What they are of.
        path: Picture to write.
    """
    figure = new_figure(6, 3.6)
    axes = figure.subplots()
    axes.stackplot(kimg, *shares.values(), labels=list(shares), colors=_colors(len(shares)))
    axes.set_title(title, fontsize="medium")
    axes.set(xlabel="kimg", ylabel="share of the standard deviation", ylim=(0, 1))
    axes.margins(x=0)
    _outer_legend(axes)
    _save(figure, path)


def _outer_legend(axes: Any) -> None:
    """A legend beside the axes, in the order in which parts lie above each other."""
    handles, labels = axes.get_legend_handles_labels()
    axes.legend(handles[::-1], labels[::-1], bbox_to_anchor=(1, 1), loc="upper left")


def _colors(count: int) -> Any:
    """Colours of parts that have an order."""
    import matplotlib

    return matplotlib.colormaps["viridis"](np.linspace(0, 0.95, count))


def save_rows(rows: Mapping[str, np.ndarray], path: str | os.PathLike) -> None:
    """Draws rows of uint8 images `[count, height, width, channels]` (1, 3 or 4 channels), each under its label."""
    columns = max(map(len, rows.values()))
    width = max(4, 1.2 * columns)
    labels = [wrapped(label, width) for label in rows]
    heights = [1.3 + LINE * (label.count("\n") + 1) for label in labels]
    figure = new_figure(width, sum(heights))
    all_axes: Any = figure.subplots(len(rows), 1, squeeze=False, height_ratios=heights)[:, 0]
    for axes, label, images in zip(all_axes, labels, rows.values(), strict=True):
        row = grid(images, columns)
        axes.imshow(row.squeeze(-1) if row.shape[-1] == 1 else row, cmap="gray", vmin=0, vmax=255)
        axes.set_anchor("W")
        axes.set_title(label, loc="left", fontsize="medium")
        axes.axis("off")
    _save(figure, path)


def wrapped(label: str, width: float) -> str:
    """A label in lines that a picture of so many inches has room for."""
    return "\n".join(textwrap.wrap(label, max(20, int(width / _CHARACTER)))) or label


def new_figure(width: float, height: float) -> "Figure":
    """An empty figure of so many inches; Matplotlib is imported here, so that `--help` need not wait for it."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")


def _save(figure: "Figure", path: str | os.PathLike) -> None:
    with files.replacing(path) as temporary:
        figure.savefig(temporary, dpi=120)
