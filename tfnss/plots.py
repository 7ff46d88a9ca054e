"""Pictures: grids of images, and the curves of a run."""

import os
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from PIL import Image

from tfnss import files


def grid(images: np.ndarray, columns: int | None = None) -> np.ndarray:
    """Tiles uint8 images `[count, height, width, channels]` into one, by default as square as can be.

    Places that are left over are black.
    """
    count, height, width, channels = images.shape
    columns = columns or int(np.ceil(np.sqrt(count)))
    rows = -(-count // columns)
    cells = np.zeros((rows * columns, height, width, channels), images.dtype)
    cells[:count] = images
    tiled = cells.reshape(rows, columns, height, width, channels).swapaxes(1, 2)
    return tiled.reshape(rows * height, columns * width, channels)


def save_png(image: np.ndarray, path: str | os.PathLike) -> None:
    """Writes one uint8 image `[height, width, channels]` (1 or 3 channels) as a PNG file."""
    with files.replacing(path) as temporary:
        Image.fromarray(image.squeeze(-1) if image.shape[-1] == 1 else image).save(temporary)


def save_curves(rows: Sequence[Mapping[str, float]], path: str | os.PathLike) -> None:
    """Draws the losses, the discriminator's predictions and, where there is one, the scale-space time over kimg.

    Args:
        rows: Rows of a training history: `kimg`, `d_loss`, `g_loss`, `real_prediction`, `fake_prediction`, `time`.
        path: PNG file to write.
    """
    panels: list[tuple[str, dict[str, str]]] = [
        ("loss", {"d_loss": "discriminator", "g_loss": "generator"}),
        ("mean prediction", {"real_prediction": "D(real)", "fake_prediction": "D(fake)"}),
    ]
    if rows and "time" in rows[0]:
        panels.append(("scale-space time", {"time": "t"}))
    figure = Figure(figsize=(4.5 * len(panels), 3.2), layout="constrained")
    all_axes: Any = figure.subplots(1, len(panels))
    for axes, (title, lines) in zip(all_axes, panels, strict=True):
        for column, label in lines.items():
            axes.plot([row["kimg"] for row in rows], [row[column] for row in rows], label=label, marker=".")
        axes.set(title=title, xlabel="kimg")
        axes.legend()
    all_axes[1].set_ylim(0, 1)
    all_axes[1].axhline(0.5, color="grey", linewidth=0.8, zorder=0)
    with files.replacing(path) as temporary:
        figure.savefig(temporary, dpi=120)
