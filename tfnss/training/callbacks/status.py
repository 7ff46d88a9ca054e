"""The progress line."""

import atexit
import sys
import time
from collections.abc import Mapping, Sequence

import keras
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

from tfnss.training.callbacks.clock import images_seen, images_total
from tfnss.training.growth import Stage


class StatusLine(keras.callbacks.Callback):
    """Shows kimg, images/s, time left and losses: a live line on a terminal, a line per epoch elsewhere.

    Speed and time left leave out the first step, which compiles. Where the networks grow, each resolution has a speed of its
    own; one that the run has not reached is taken to cost twice as much as that of half its sides.
    """

    _bar: Progress | None = None

    def on_train_begin(self, logs: dict | None = None) -> None:
        self._seen, self._total = images_seen(self.model), images_total(self.model)
        self._first: tuple[float, int] | None = None
        self._halvings: int | None = None
        self._costs: dict[int, float] = {}  # seconds per image, by the number of halvings
        if sys.stdout.isatty():
            columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn())
            self._bar = Progress(*columns)
            self._bar.start()
            atexit.register(self._bar.stop)  # a process that ends within leaves the terminal as it was
            self._task = self._bar.add_task("compiling", total=self._total, completed=self._seen)

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        self._seen = images_seen(self.model)
        if self._halvings != self.model.game.stage.halvings:
            self._halvings, self._first = self.model.game.stage.halvings, None
        if self._first is None:
            self._first = time.perf_counter(), self._seen
        elif self._bar is not None:
            self._bar.update(self._task, completed=self._seen, description=self._text(logs or {}))

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        if self._bar is None:
            print(f"{self._seen / self._total:4.0%}  {self._text(logs or {})}", flush=True)

    def on_train_end(self, logs: dict | None = None) -> None:
        self._stop()

    def on_train_error(self) -> None:
        self._stop()

    def _stop(self) -> None:
        if self._bar is not None:
            self._bar.stop()
            atexit.unregister(self._bar.stop)
            self._bar = None

    def _text(self, logs: dict) -> str:
        parts = [f"{self._seen / 1000:.1f} of {self._total / 1000:.1f} kimg"]
        start, seen = self._first or (time.perf_counter(), self._seen)
        if self._seen > seen:
            cost = (time.perf_counter() - start) / (self._seen - seen)
            self._costs[self._halvings or 0] = cost
            parts += [f"{1 / cost:.0f} images/s", f"{_duration(self._seconds_left())} left"]
        shown = {"d_loss": "d_loss", "g_loss": "g_loss", "augment_probability": "p", "fid": "fid"}
        parts += [f"{word} {float(logs[name]):.3f}" for name, word in shown.items() if name in logs]
        return "  ".join(parts)

    def _seconds_left(self) -> float:
        left = images_left(self.model.stages, self._seen, self._total)
        return sum(images * cost_of(halvings, self._costs) for halvings, images in left.items())


def images_left(stages: Sequence[Stage], seen: int, total: int) -> dict[int, int]:
    """Images that a run has still to see at each number of halvings."""
    left: dict[int, int] = {}
    for stage in stages:
        end = total if stage.end is None else min(stage.end, total)
        left[stage.halvings] = left.get(stage.halvings, 0) + max(0, end - max(stage.first, seen))
    return left


def cost_of(halvings: int, known: Mapping[int, float]) -> float:
    """Seconds per image: known, or those of the next known resolution, of which a doubling costs twice as much: layers have
    four times the pixels, and at high resolutions half the channels."""
    nearest = min(known, key=lambda other: abs(other - halvings))
    return known[nearest] * 2.0 ** (nearest - halvings)


def _duration(seconds: float) -> str:
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{seconds:02d}"
