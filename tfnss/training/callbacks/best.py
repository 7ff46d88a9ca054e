"""The best checkpoint of a run."""

import json
import os
from pathlib import Path
from typing import Any

import keras

from tfnss import files
from tfnss.training.callbacks.checkpoint import images_at
from tfnss.training.callbacks.clock import images_seen


class KeepBest(keras.callbacks.Callback):
    """Keeps the checkpoint with the lowest value of what is logged, as a second name of its file.

    It comes after the callbacks that measure and save. `PATH.json` beside it tells its `metric`, `value` and `images_seen`,
    and of the one before as `previous`: it is written first, so that after a kill at any moment one of the two is what the
    checkpoint is (see `read_best`). A run that goes back behind the best forgets it.

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
        now = images_seen(self.model)
        told = _told(self.path)
        if told and told[0]["images_seen"] == now and self.checkpoint.is_file():
            self._link()  # a kill may have come before
        self.best = read_best(self.path)
        if self.best is None or self.best["metric"] != self.metric or self.best["images_seen"] > now:
            self._forget()
        self._look(logs)  # of an evaluation that was made up for

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        self._look(logs)

    def _look(self, logs: dict | None) -> None:
        value = (logs or {}).get(self.metric)
        if value is None or not self.checkpoint.is_file() or (self.best is not None and value >= self.best["value"]):
            return
        best = {"metric": self.metric, "value": float(value), "images_seen": images_seen(self.model)}
        with files.replacing(_about(self.path)) as temporary:
            temporary.write_text(json.dumps({**best, "previous": self.best}) + "\n")
        self._link()
        self.best = best

    def _link(self) -> None:
        with files.replacing(self.path) as temporary:
            files.link(self.checkpoint, temporary)

    def _forget(self) -> None:
        self.best = None
        for path in (_about(self.path), self.path):
            files.remove(path)


def read_best(path: Path) -> dict[str, Any] | None:
    """What is told of the best checkpoint at a path: its `metric`, `value` and `images_seen`. None if there is none.

    Raises:
        ValueError: For a damaged file. The message names it.
    """
    if not path.is_file():
        return None
    told = _told(path)
    seen = images_at(path) if told else None
    return next((record for record in told if record["images_seen"] == seen), None)


def _told(path: Path) -> list[dict[str, Any]]:
    """What is told of a checkpoint, or of the one before: the one of both that it is, by its images seen."""
    about = _about(path)
    if not about.is_file():
        return []
    try:
        newest = json.loads(about.read_text())
        return [
            {"metric": str(best["metric"]), "value": float(best["value"]), "images_seen": int(best["images_seen"])}
            for best in (newest, newest.get("previous"))
            if best is not None
        ]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{about} is damaged ({error}); remove it to go on without the best checkpoint") from error


def _about(path: Path) -> Path:
    return path.with_name(path.name + ".json")
