"""How signals end a recipe's process."""

import contextlib
import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from types import FrameType
from typing import Any

from tfnss.processes import END_SIGNALS

_GRACE = 5.0  # seconds for the main thread to end by itself
_TOGETHER = 0.5  # seconds: terminals and launchers may each send the same Ctrl-C


class Stopped(SystemExit):
    """The end of the process by a signal."""

    def __init__(self, number: int) -> None:
        self.status = _status(number)
        super().__init__(self.status)


class Stopping:
    """A block in which SIGTERM and SIGINT end the process with status 0 and 130, and a line that says where it stands.

    They raise `Stopped` where the main thread is (a `StopOnSignal` may take them over). If it is deep in TensorFlow's
    compilation or computation, the process ends without it after 5 seconds, but never while there is something to save. A
    second SIGINT ends it at once. SIGBREAK, which Windows has, is as SIGTERM. Outside the main thread the block changes
    nothing.

    Args:
        unsaved: Whether there is something to save.
        farewell: The line.
        alone: Whether the process is there for this block alone: it need not take TensorFlow down, which takes seconds.
    """

    def __init__(self, unsaved: Callable[[], bool], farewell: Callable[[], str], alone: bool) -> None:
        self._unsaved, self._farewell, self._alone = unsaved, farewell, alone
        self._active = threading.current_thread() is threading.main_thread()
        self._stopped = False

    def __enter__(self) -> "Stopping":
        if self._active:
            self._previous = {number: signal.signal(number, self._stop) for number in END_SIGNALS}
            reader, self._writer = socket.socketpair()
            self._writer.setblocking(False)
            # The interpreter writes a signal's number to it at once, whatever the main thread does.
            self._wakeup = signal.set_wakeup_fd(self._writer.fileno(), warn_on_full_buffer=False)
            threading.Thread(target=self._watch, args=(reader,), daemon=True).start()
        return self

    def __exit__(self, kind: Any, error: Any, traceback: Any) -> None:
        if isinstance(error, Stopped):
            print(self._farewell(), flush=True)
            if self._alone:
                os._exit(error.status)
        if self._active:
            signal.set_wakeup_fd(self._wakeup)
            for number, handler in self._previous.items():
                signal.signal(number, signal.SIG_DFL if handler is None else handler)
            self._writer.close()  # ends the watch

    def _stop(self, number: int, frame: FrameType | None) -> None:
        if not self._stopped:  # once: what the first one unwinds is not to be disturbed
            self._stopped = True
            raise Stopped(number)

    def _watch(self, reader: socket.socket) -> None:
        with reader:
            number = _next(reader)
            if number is None or self._ends_by_itself(reader):
                return
        try:
            print(self._farewell(), flush=True)
        finally:
            os._exit(_status(number))

    def _ends_by_itself(self, reader: socket.socket) -> bool:
        """Waits for the main thread to leave the block; False when it is not to be waited for any more."""
        came = time.monotonic()
        reader.settimeout(0.1)
        while time.monotonic() - came < _GRACE or self._unsaved():
            with contextlib.suppress(TimeoutError):
                again = _next(reader)
                if again is None:
                    return True
                if again == signal.SIGINT and time.monotonic() - came > _TOGETHER:
                    return False
        return False


def _next(reader: socket.socket) -> int | None:
    """The next of our signals; None when there will be no more."""
    while data := reader.recv(1):
        if data[0] in END_SIGNALS:
            return data[0]
    return None


def _status(number: int) -> int:
    return 130 if number == signal.SIGINT else 0
