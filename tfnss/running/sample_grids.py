"""The grids of samples in a run's folder, over its training (`tfnss.training.callbacks.SampleGrid` writes them)."""

import re
from pathlib import Path
from typing import NamedTuple

import numpy as np

from tfnss.data import pixels


class SampleGrid(NamedTuple):
    """One of them.

    Attributes:
        kimg: Thousands of images that the model had been trained on.
        path: Its PNG file.
    """

    kimg: float
    path: Path


def sample_grids(run: Path) -> list[SampleGrid]:
    """Those of a run, from the first to the newest; none for a run that has written none."""
    found = [(re.fullmatch(r"fakes_(\d+)\.png", path.name), path) for path in (run / "samples").glob("fakes_*.png")]
    return sorted(SampleGrid(int(match[1]) / 1000, path) for match, path in found if match)


def read_grid(path: Path) -> np.ndarray:
    """The picture, uint8 `[height, width, channels]`.

    Raises:
        ValueError: For a damaged file. The message names it.
    """
    with pixels.opened(lambda: path.open("rb"), str(path)) as image:
        array = np.asarray(image)
    return array if array.ndim == 3 else array[..., np.newaxis]
