"""The whole state of a run in one file."""

import io
import os
import warnings
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np

from tfnss import files
from tfnss.training.callbacks.clock import images_seen, kimg

KEPT = "checkpoints"


class Checkpoint(keras.callbacks.Callback):
    """Saves networks, average, optimizers and clock after each epoch. A kill at any moment leaves a whole file.

    Nothing else has a state: random numbers and the order of the data follow from the clock. The file is made in memory
    first, which takes as much again as the weights and the optimizers' variables.

    Args:
        path: File to write; ends in `.weights.h5`.
        keep: Number of checkpoints to keep. From 2 on, the last so many are also in the folder `checkpoints` beside `path`,
            by images seen: `000012800.weights.h5`. (The newest is there as a second name of one file.)

    Attributes:
        images: Images seen at the checkpoint on disk; None without one that can be read. It is known from `fit` on.
        unsaved: Whether iterations have been done since.

    Raises:
        FloatingPointError: From `fit`, for numbers that are not finite: they are never saved.
    """

    def __init__(self, path: str | os.PathLike, keep: int = 1) -> None:
        super().__init__()
        if keep < 1:
            raise ValueError(f"`keep` must be at least 1. Received: keep={keep}")
        self.path, self.keep = Path(path), keep
        self.images: int | None = None
        self.unsaved = False

    def on_train_begin(self, logs: dict | None = None) -> None:
        self.images = _images_on_disk(self.path)
        self.unsaved = False

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        self.unsaved = True

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        content = _Memory()
        self.model.save_weights(content)
        bad = _not_finite(content)
        if bad is not None:
            raise FloatingPointError(f"{bad} is not finite at {kimg(self.model):.3f} kimg: training diverged")
        with files.replacing(self.path) as temporary:
            temporary.write_bytes(content.getbuffer())
        self.images, self.unsaved = images_seen(self.model), False
        if self.keep > 1:
            self._keep()

    def _keep(self) -> None:
        folder = self.path.parent / KEPT
        with files.replacing(folder / f"{self.images:09d}.weights.h5") as temporary:
            files.link(self.path, temporary)
        # By time, not by name: a run that went back writes lower numbers again.
        for old in sorted(kept(folder), key=lambda path: path.stat().st_mtime_ns)[: -self.keep]:
            files.remove(old)


def kept(folder: Path) -> list[Path]:
    """The checkpoints in a folder, by images seen."""
    return sorted(folder.glob("[0-9]*.weights.h5"))


def restore(gan: keras.Model, path: str | os.PathLike) -> None:
    """Puts a compiled GAN where a checkpoint left it.

    Raises:
        ValueError: For a file that is missing, damaged or of another model. The message names it.
    """
    if not Path(path).is_file():
        raise ValueError(f"{path} is not there")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", UserWarning)  # Keras skips layers that it cannot match, with a warning
            gan.load_weights(path)
    except (OSError, KeyError, ValueError, UserWarning) as error:
        raise ValueError(f"{path} is damaged or holds another model ({error})") from error


def images_at(path: str | os.PathLike) -> int:
    """Images seen at a checkpoint.

    Raises:
        ValueError: For a file that is damaged or no checkpoint. The message names it.
    """
    try:
        with h5py.File(path) as file:
            return int(file["vars"]["0"][()])  # the first weight of a GAN
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path} is damaged, or no checkpoint ({error})") from error


def _images_on_disk(path: Path) -> int | None:
    """Images seen at a checkpoint; None if none is there, or one that is damaged, which the next will replace."""
    try:
        return images_at(path)
    except ValueError:
        return None


class _Memory(io.BytesIO):
    """A file in memory, with the name that Keras asks for. (HDF5 crashes the process where it cannot write to a disk.)"""

    def __str__(self) -> str:
        return "memory.weights.h5"


def _not_finite(content: io.BytesIO) -> str | None:
    """The name of the first array of a file that holds NaN or infinity."""

    def look(name: str, item: Any) -> str | None:
        numbers = isinstance(item, h5py.Dataset) and item.dtype.kind == "f"
        return name if numbers and not np.isfinite(item[()]).all() else None

    with h5py.File(content) as file:
        return file.visititems(look)
