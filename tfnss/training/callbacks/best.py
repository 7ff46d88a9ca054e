"""The best checkpoint of a run."""

import json
import os
from pathlib import Path
from typing import Any

import keras

from tfnss import files
from tfnss.training.callbacks.clock import images_seen


class KeepBest(keras.callbacks.Callback):
    """Keeps the checkpoint with the lowest value of what is logged, as a second name of its file.

    It comes after the callbacks that measure and save. `PATH.json` beside it tells its `metric`, `value` and `images_seen`.
    A run that goes back behind the best forgets it.

    Args:
        checkpoint: The file that `Checkpoint` writes.
        path: File of the best; ends in `.weights.h5`.
        metric: Name of what is logged, lower is better: `fid`.
    """

    def __init__(self, checkpoint: str | os.PathLike, path: str | os.PathLike, metric: str = "fid") -> None:
        super().__init__()
        self.checkpoint, self.path, self.metric = Path(checkpoint), Path(path), metric
        self.best: dict[str, Any] | None = None

    def on_train_begin(self, logs: dict | None = None) -> None:
        self.best = read_best(self.path)
        if self.best is not None and (
            self.best["metric"] != self.metric or self.best["images_seen"] > images_seen(self.model)
        ):
            self._forget()
        self._look(logs)  # of an evaluation that was made up for

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        self._look(logs)

    def _look(self, logs: dict | None) -> None:
        value = (logs or {}).get(self.metric)
        if value is None or not self.checkpoint.is_file() or (self.best is not None and value >= self.best["value"]):
            return
        self._forget()  # first, so that a kill leaves no weights under the words for others
        with files.replacing(self.path) as temporary:
            files.link(self.checkpoint, temporary)
        self.best = {"metric": self.metric, "value": float(value), "images_seen": images_seen(self.model)}
        with files.replacing(_about(self.path)) as temporary:
            temporary.write_text(json.dumps(self.best) + "\n")

    def _forget(self) -> None:
        self.best = None
        for path in (_about(self.path), self.path):
            files.remove(path)


def read_best(path: Path) -> dict[str, Any] | None:
    """What is told of the best checkpoint at a path; None if there is none.

    Raises:
        ValueError: For a damaged file. The message names it.
    """
    about = _about(path)
    if not (about.is_file() and path.is_file()):
        return None
    try:
        best = json.loads(about.read_text())
        return {"metric": str(best["metric"]), "value": float(best["value"]), "images_seen": int(best["images_seen"])}
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{about} is damaged ({error}); remove it to go on without the best checkpoint") from error


def _about(path: Path) -> Path:
    return path.with_name(path.name + ".json")
