"""Pictures of a run."""

import os
from collections.abc import Sequence
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
        labels: Classes of `reals`, integers `[count]`, for captions.
        class_names: Names of the classes of a conditional model, by number: then every image has its class under it. None
            for no captions.
    """

    def __init__(
        self,
        directory: str | os.PathLike,
        reals: np.ndarray,
        labels: np.ndarray | None = None,
        class_names: Sequence[str] | None = None,
    ) -> None:
        super().__init__()
        self.directory, self.reals = Path(directory), reals
        self._names = class_names or None
        self._of_reals = None if labels is None or not self._names else [self._names[label] for label in labels]

    def on_train_begin(self, logs: dict | None = None) -> None:
        if not images_seen(self.model):
            plots.save_png(plots.grid(self.reals, captions=self._of_reals), self.directory / "reals.png")
            self._write_fakes()

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        self._write_fakes()

    def _write_fakes(self) -> None:
        fakes = self.model.generate(seeds=range(len(self.reals)))
        name = f"fakes_{images_seen(self.model):09d}.png"
        captions = [self._names[seed % len(self._names)] for seed in range(len(fakes))] if self._names else None
        plots.save_png(plots.grid(fakes, captions=captions), self.directory / name)
