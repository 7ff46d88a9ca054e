"""Pictures of a run."""

import os
from pathlib import Path

import keras
import numpy as np

from tfnss import plots
from tfnss.training.callbacks.clock import images_seen


class SampleGrid(keras.callbacks.Callback):
    """Writes a grid of real images once, and one of the averaged generator's samples at the start and after each epoch.

    Sample i is the image of seed i (`GAN.generate(seeds=...)`), throughout. Files are `reals.png` and `fakes_IMAGES.png`, by
    images seen.

    Args:
        directory: Folder to write to.
        reals: uint8 images `[count, height, width, channels]`; as many fakes are drawn.
    """

    def __init__(self, directory: str | os.PathLike, reals: np.ndarray) -> None:
        super().__init__()
        self.directory, self.reals = Path(directory), reals

    def on_train_begin(self, logs: dict | None = None) -> None:
        if not images_seen(self.model):
            plots.save_png(plots.grid(self.reals), self.directory / "reals.png")
            self._write_fakes()

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        self._write_fakes()

    def _write_fakes(self) -> None:
        fakes = self.model.generate(seeds=range(len(self.reals)))
        name = f"fakes_{images_seen(self.model):09d}.png"
        plots.save_png(plots.grid(fakes), self.directory / name)
