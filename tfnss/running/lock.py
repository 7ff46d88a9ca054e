"""Who writes a folder: one process at a time."""

import contextlib
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tfnss import files
from tfnss.running.hub import called, is_copy

try:
    import fcntl
except ImportError:  # not a Unix: there, nothing keeps a second process off a run
    fcntl = None  # type: ignore[assignment]

LOCK = ".lock"


@contextlib.contextmanager
def only_writer(run_dir: Path) -> Iterator[None]:
    """Keeps other processes from writing a run, by a lock on a file in its folder. It ends with this process at the latest.

    Raises:
        ValueError: If another process writes it. The message names it.
    """
    if is_copy(run_dir):
        raise ValueError(f"{called(run_dir)} is in the Hub's cache, where nothing is written")
    if fcntl is None:
        yield
        return
    path = run_dir / LOCK
    with _locked(path) as file:
        file.truncate(0)
        file.write(f"process {os.getpid()} on {socket.gethostname()}")
        file.flush()
        try:
            yield
        finally:
            files.remove(path)


def is_locked(run_dir: Path) -> bool:
    """Whether a process writes a folder."""
    if fcntl is None or not (run_dir / LOCK).exists():
        return False
    try:
        with open(run_dir / LOCK) as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:  # removed just now, or a file system without locks
        return False
    return False


def _locked(path: Path) -> Any:
    while True:
        file = open(path, "a+")  # noqa: SIM115, its lock is to outlive this function
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            writer = file.read() or "another process"
            file.close()
            raise ValueError(f"{path.parent} is being written by {writer}: let it end, or stop it") from None
        except OSError:  # a file system without locks
            return file
        if path.exists() and os.path.samestat(os.fstat(file.fileno()), path.stat()):
            return file
        file.close()  # the process that held it has just removed it
