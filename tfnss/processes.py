"""What systems do differently with processes: the signals that end one, how one is told to end, and how it is typed."""

import os
import shlex
import signal
import subprocess
import threading
from collections.abc import Sequence
from typing import Any

# Windows has SIGBREAK besides, for Ctrl-Break, a console that is closed, and for what Unix does by SIGTERM.
END_SIGNALS: tuple[int, ...] = tuple(
    getattr(signal, name) for name in ("SIGTERM", "SIGINT", "SIGBREAK") if hasattr(signal, name)
)
_WINDOWS = os.name == "nt"


def begun(command: Sequence[str], **options: Any) -> subprocess.Popen:
    """A process that the terminal's Ctrl-C does not reach, but only `ask_to_end`; with the options of `Popen`."""
    group: dict[str, Any] = (
        {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}  # type: ignore[attr-defined]
        if _WINDOWS
        else {"start_new_session": True}
    )
    return subprocess.Popen(command, **group, **options)


def ask_to_end(process: subprocess.Popen, number: int) -> None:
    """Sends a process of `begun` one of `END_SIGNALS`; on Windows, where there is but one way to ask, SIGBREAK."""
    process.send_signal(signal.CTRL_BREAK_EVENT if _WINDOWS else number)  # type: ignore[attr-defined]


def end_this() -> None:
    """Sends SIGTERM to this process, from any thread."""
    if _WINDOWS:  # whose `kill` asks nobody
        signal.raise_signal(signal.SIGTERM)
    else:  # the main thread itself then stops waiting; one to the process may reach another thread
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGTERM)


def quoted(argument: str | os.PathLike) -> str:
    """An argument as it is typed on a command line."""
    text = os.fspath(argument)
    return subprocess.list2cmdline([text]) if _WINDOWS else shlex.quote(text)
