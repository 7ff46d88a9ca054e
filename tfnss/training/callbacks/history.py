"""What a run records of itself: a CSV file, its curves and TensorBoard events."""

import csv
import os
import time
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tfnss import files, plots
from tfnss.training.callbacks import clock


class HistoryCSV(keras.callbacks.Callback):
    """One row per epoch: `kimg`, `seconds` and `images_per_second` of this epoch, then what is logged (or blanks).

    A resumed run keeps the rows up to its checkpoint. An epoch that was stopped and resumed has two rows, each of what its
    process saw. What is logged when training begins (an evaluation that a signal had cut short) joins the last row.

    Args:
        path: CSV file to write.
        curves: PNG file to draw the losses and predictions to after each epoch.
    """

    def __init__(self, path: str | os.PathLike, curves: str | os.PathLike | None = None) -> None:
        super().__init__()
        self.path, self.curves = Path(path), curves
        self.rows: list[dict[str, float]] = []

    def on_train_begin(self, logs: dict | None = None) -> None:
        kimg = clock.kimg(self.model)
        found = read_history(self.path) if kimg else []
        self.rows = [row for row in found if row["kimg"] <= kimg]
        if self.rows and (logs or self.rows != found):
            self.rows[-1] |= _numbers(logs)
            self._write()

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        self._start, self._start_kimg = time.perf_counter(), clock.kimg(self.model)

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        self._end = time.perf_counter()  # what other callbacks do at the epoch's end is not training

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        kimg, seconds = clock.kimg(self.model), self._end - self._start
        speed = 1000 * (kimg - self._start_kimg) / seconds
        row = {"kimg": kimg, "seconds": round(seconds, 3), "images_per_second": round(speed, 2)}
        self.rows.append(row | _numbers(logs))
        self._write()

    def _write(self) -> None:
        with files.replacing(self.path) as temporary, open(temporary, "w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, dict.fromkeys(name for row in self.rows for name in row))
            writer.writeheader()
            writer.writerows(self.rows)
        if self.curves is not None:
            plots.save_curves(self.rows, self.curves)


def _numbers(logs: dict | None) -> dict[str, float]:
    return {name: float(value) for name, value in (logs or {}).items()}


def read_history(path: str | os.PathLike) -> list[dict[str, float]]:
    """The rows of a history file; none if there is no file.

    Raises:
        ValueError: For a damaged file. The message names it.
    """
    if not Path(path).exists():
        return []
    try:
        with open(path, newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        return [{name: float(value) for name, value in row.items() if value != ""} for row in rows]
    except (ValueError, TypeError) as error:
        raise ValueError(f"{path} is damaged ({error}); remove it to resume without its rows") from error


class Events(keras.callbacks.Callback):
    """TensorBoard events after each epoch, at the step of the images seen: what the model logs, and samples.

    Args:
        directory: Folder of the event files.
        samples: Number of samples to show.
    """

    def __init__(self, directory: str | os.PathLike, samples: int = 16) -> None:
        super().__init__()
        self.directory, self.samples = os.fspath(directory), samples
        self._writer: Any = None

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        if self._writer is None:  # not before: a run with nothing left to do leaves no empty file
            self._writer = tf.summary.create_file_writer(self.directory)
        with self._writer.as_default(step=clock.images_seen(self.model)):
            for name, value in (logs or {}).items():
                tf.summary.scalar(name, float(value))
            tf.summary.image("samples", plots.grid(self.model.generate(seeds=range(self.samples)))[np.newaxis])
        self._writer.flush()

    def on_train_end(self, logs: dict | None = None) -> None:
        if self._writer is not None:
            self._writer.close()
            self._writer = None
