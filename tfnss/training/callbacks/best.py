"""The best checkpoint of a run."""

import json
import math
import os
from pathlib import Path
from typing import Any

import keras

from tfnss import files
from tfnss.training.callbacks.checkpoint import images_at
from tfnss.training.callbacks.clock import images_seen


class KeepBest(keras.callbacks.Callback):
    """Keeps the checkpoint with the lowest value of what is logged, as a second name of its file.

    It comes after the callbacks that measure, and best before `Checkpoint`: then a kill at no moment costs the best.
    `PATH.json` beside it tells its `metric`, `value` and `images_seen`, and those of the one before as `previous`. It is
    written first, so that after a kill one of the two is what the checkpoint is (see `read_best`); a resumed run whose
    checkpoint is the newer one goes on with that. A run that goes back behind the best forgets it.

    Args:
        checkpoint: The file that `Checkpoint` writes.
        path: File of the best; ends in `.weights.h5`.
        metric: Name of what is logged, lower is better: `fid`.
    """

    def __init__(self, checkpoint: str | os.PathLike, path: str | os.PathLike, metric: str = "fid") -> None:
        super().__init__()
        self.checkpoint, self.path, self.metric = Path(checkpoint), Path(path), metric
        self.best: dict[str, Any] | None = None
        self._linked = True  # or the checkpoint of the best is still to be saved

    def on_train_begin(self, logs: dict | None = None) -> None:
        now, told = images_seen(self.model), _told(self.path)
        if told and told[0]["images_seen"] == now != self._images():  # a kill came before it was kept
            self.best, self._linked = told[0], False
            self._link()
        self.best, self._linked = read_best(self.path), True
        if self.best is None or self.best["metric"] != self.metric or self.best["images_seen"] > now:
            self._forget()
        elif self.best != told[0]:  # of a future that this run does not share
            self._tell(self.best)
        self._look(logs)  # of an evaluation that was made up for

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        self._link()

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        self._look(logs)

    def on_train_end(self, logs: dict | None = None) -> None:
        self._link()

    def _look(self, logs: dict | None) -> None:
        value = (logs or {}).get(self.metric)
        if value is None or not value < (math.inf if self.best is None else self.best["value"]):
            return
        self._link()
        best = {"metric": self.metric, "value": float(value), "images_seen": images_seen(self.model)}
        self._tell(best | {"previous": read_best(self.path)})
        self.best, self._linked = best, False
        self._link()

    def _tell(self, best: dict[str, Any]) -> None:
        with files.replacing(_about(self.path)) as temporary:
            temporary.write_text(json.dumps(best) + "\n", encoding="utf-8")

    def _link(self) -> None:
        """Keeps the checkpoint, if it is the best one's and not kept yet."""
        if self._linked or self.best is None or not self.checkpoint.is_file():
            return
        if images_at(self.checkpoint) == self.best["images_seen"]:
            with files.replacing(self.path) as temporary:
                files.link(self.checkpoint, temporary)
            self._linked = True

    def _images(self) -> int | None:
        return images_at(self.path) if self.path.is_file() else None

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
        newest = json.loads(about.read_text(encoding="utf-8"))
        return [
            {"metric": str(best["metric"]), "value": float(best["value"]), "images_seen": int(best["images_seen"])}
            for best in (newest, newest.get("previous"))
            if best is not None
        ]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{about} is damaged ({error}); remove it to go on without the best checkpoint") from error


def _about(path: Path) -> Path:
    return path.with_name(path.name + ".json")
