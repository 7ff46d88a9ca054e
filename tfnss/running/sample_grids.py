"""The grids of samples in a run's folder, over its training (`tfnss.training.callbacks.SampleGrid` writes them)."""

import re
from pathlib import Path
from typing import NamedTuple

import numpy as np

from tfnss.data import pixels
from tfnss.running.file_names import HISTORY


class SampleGrid(NamedTuple):
    """One of them.

    Attributes:
        kimg: Thousands of images that the model had been trained on.
        path: Its PNG file.
    """

    kimg: float
    path: Path


def sample_grids(run: Path) -> list[SampleGrid]:
    """Those of a run, from the first to the newest; none for a run that has written none.

    A run that went back to an earlier checkpoint still has the files of its former future. The history, which has a row
    for each grid from its first row on, tells them apart.

    Raises:
        ValueError: For a damaged history. The message names it.
    """
    from tfnss.training.callbacks import read_history

    found = [(re.fullmatch(r"fakes_(\d+)\.png", path.name), path) for path in (run / "samples").glob("fakes_*.png")]
    grids = sorted(SampleGrid(int(match[1]) / 1000, path) for match, path in found if match)
    rows = [row["kimg"] for row in read_history(run / HISTORY)]
    return [grid for grid in grids if not rows or grid.kimg < min(rows) or grid.kimg in rows]


def read_grid(path: Path) -> np.ndarray:
    """The picture, uint8 `[height, width, channels]`.

    Raises:
        ValueError: For a damaged file. The message names it.
    """
    with pixels.opened(lambda: path.open("rb"), str(path)) as image:
        array = np.asarray(image)
    return array if array.ndim == 3 else array[..., np.newaxis]
