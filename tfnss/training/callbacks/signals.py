"""Signals that end a training well."""

import contextlib
import signal
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import keras
import tensorflow as tf

from tfnss.processes import END_SIGNALS

_TOGETHER = 0.5  # seconds: terminals and launchers may each send the same Ctrl-C
_active: "StopOnSignal | None" = None  # signals are the process', and so is the callback that minds them


class StopOnSignal(keras.callbacks.Callback):
    """Lets SIGTERM and SIGINT (Ctrl-C) end `fit` within one iteration, or one execution of several steps.

    The epoch ends where it stands, and callbacks like `Checkpoint` save it there; `fit(..., resume=True)` goes on from
    there. An evaluation at hand is given up. A second Ctrl-C acts as without this callback, at once.

    Python sees signals in its main thread alone: elsewhere this callback does nothing. While TensorFlow compiles or computes
    they wait. When training ends, be it by an error, the handlers are those of before. SIGBREAK, which Windows has, is as
    SIGTERM.

    Under `MultiWorkerMirroredStrategy` a signal to one worker ends all of them after the same iteration. They agree after
    each; a signal that comes between two epochs therefore takes one iteration more.

    Attributes:
        signal: Number of the signal that came, else None; SIGTERM if it came to another worker.

    Example:

    ```python
    stop = StopOnSignal()
    gan.fit(images, epochs=10, resume=True, callbacks=[Checkpoint("run.weights.h5"), stop])
    if stop.signal:
        sys.exit(128 + stop.signal)
    ```
    """

    def __init__(self) -> None:
        super().__init__()
        self.signal: int | None = None
        self._came = 0.0
        self._cuts = False
        self._count_workers: Callable[[tf.Tensor], tf.Tensor] | None = None
        self._previous: dict[int, Any] = {}

    def on_train_begin(self, logs: dict | None = None) -> None:
        global _active
        self.signal = None
        self._count_workers = _counting(self.model.distribute_strategy)
        if threading.current_thread() is threading.main_thread() and not self._previous:
            self._previous = {n: signal.signal(n, self._handle) for n in END_SIGNALS}
            _active = self

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        came = self.signal is not None
        if self._count_workers is not None:
            came = bool(self._count_workers(tf.constant(float(came))) > 0)
            self.signal = (self.signal or signal.SIGTERM) if came else self.signal
        if came:  # it may have come before `fit` set this to False
            self.model.stop_training = True

    def on_train_end(self, logs: dict | None = None) -> None:
        if self._count_workers is not None:
            self._count_workers(tf.constant(0.0))  # none leaves while another saves
        self._restore()

    def on_train_error(self) -> None:
        if _active is self:
            self._restore()

    def _restore(self) -> None:
        global _active
        for number, handler in self._previous.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
        self._previous = {}
        _active = None

    def _handle(self, number: int, frame: Any) -> None:
        if self.signal is None:
            self.signal, self._came = number, time.monotonic()
            self.model.stop_training = self._count_workers is None
            if self._cuts:
                raise Interrupted
        elif number == signal.SIGINT and time.monotonic() - self._came > _TOGETHER:
            self._restore()
            signal.raise_signal(number)


def _counting(strategy: tf.distribute.Strategy) -> Callable[[tf.Tensor], tf.Tensor] | None:
    """What sums a number over several workers; None where there is one."""
    if not isinstance(strategy, tf.distribute.MultiWorkerMirroredStrategy):
        return None
    return tf.function(lambda value: strategy.reduce("SUM", strategy.run(tf.identity, args=(value,)), axis=None))


class Interrupted(Exception):  # noqa: N818, it is no error
    """A signal cut a block short."""


@contextlib.contextmanager
def interruptible() -> Iterator[None]:
    """A block that may be given up: where a `StopOnSignal` is active, its signal raises `Interrupted` here."""
    stop = _active
    if stop is None:
        yield
        return
    stop._cuts = True
    try:
        if stop.signal is not None:
            raise Interrupted
        yield
    finally:
        stop._cuts = False
