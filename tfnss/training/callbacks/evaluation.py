"""Metrics of a generator in training."""

import os
from pathlib import Path

import keras

from tfnss.metrics import results
from tfnss.metrics.evaluation import Evaluation
from tfnss.metrics.names import CONDITIONS
from tfnss.training.callbacks.clock import images_seen, images_total
from tfnss.training.callbacks.signals import Interrupted, interruptible


class Evaluate(keras.callbacks.Callback):
    """Measures the averaged generator whenever another `every_kimg` are seen, at the end of that epoch, and at the end.

    The values join the epoch's logs, so that callbacks after this one show and record them. An evaluation that a signal
    cuts short (`StopOnSignal`) is dropped; the one at the end is made up for when the run is resumed.

    Args:
        evaluation: The metrics and their real images.
        every_kimg: Thousands of images between evaluations; None for the end alone.
        path: File that gets a line of JSON per evaluation: the values and what they depend on.

    Raises:
        ValueError: For `every_kimg` of 0 or less.
    """

    def __init__(
        self, evaluation: Evaluation, every_kimg: float | None = None, path: str | os.PathLike | None = None
    ) -> None:
        super().__init__()
        if every_kimg is not None and not every_kimg > 0:
            raise ValueError(f"`every_kimg` must be above 0. Received: every_kimg={every_kimg}")
        self.evaluation, self.every_kimg = evaluation, every_kimg
        self.path = Path(path) if path else None

    def on_train_begin(self, logs: dict | None = None) -> None:
        if not self.path:
            return
        seen, total = images_seen(self.model), images_total(self.model)
        results.drop_after(self.path, seen / 1000)
        measured = any(record.get("kimg") == seen / 1000 for record in results.read(self.path))
        if seen and seen >= total and not measured:
            self._measure(seen, logs)

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        self._start = images_seen(self.model) - (self.params or {}).get("images_done", 0)

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        seen, total = images_seen(self.model), images_total(self.model)
        if seen >= total or self._due(seen):
            self._measure(seen, logs)

    def _measure(self, seen: int, logs: dict | None) -> None:
        try:
            with interruptible():
                record = self.evaluation(self.model)
        except Interrupted:
            return
        if logs is not None:
            logs.update({name: value for name, value in record.items() if name not in CONDITIONS})
        if self.path:
            results.append(self.path, {"kimg": seen / 1000, **record})

    def _due(self, seen: int) -> bool:
        if self.every_kimg is None:
            return False
        every = max(1, round(self.every_kimg * 1000))
        return seen // every > self._start // every
