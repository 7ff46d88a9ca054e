"""Who writes a folder: one process at a time."""

import contextlib
import importlib
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tfnss.running.hub import called, is_copy


def _module(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


_fcntl, _msvcrt = _module("fcntl"), _module("msvcrt")  # of Unix, and of Windows
LOCK = ".lock"
_BYTE = 2**30  # of the file that Windows locks: nobody can read that one, and what is written in it ends before


@contextlib.contextmanager
def only_writer(run_dir: Path) -> Iterator[None]:
    """Keeps other processes from writing a run, by a lock on a file in its folder. It ends with this process at the latest.

    Raises:
        ValueError: If another process writes it. The message names it.
    """
    if is_copy(run_dir):
        raise ValueError(f"{called(run_dir)} is in the Hub's cache, where nothing is written")
    path = run_dir / LOCK
    with _locked(path) as file:
        file.truncate(0)
        file.write(f"process {os.getpid()} on {socket.gethostname()}")
        file.flush()
        try:
            yield
        finally:
            _remove(path, file)


def is_locked(run_dir: Path) -> bool:
    """Whether a process writes a folder."""
    try:
        with open(run_dir / LOCK, encoding="utf-8") as file:
            return not _take(file, alone=False)
    except OSError:  # not there, or removed just now
        return False


def _locked(path: Path) -> Any:
    while True:
        file = open(path, "a+", encoding="utf-8", errors="replace")  # noqa: SIM115, its lock is to outlive this function
        if not _take(file):
            file.seek(0)
            writer = file.read() or "another process"
            file.close()
            raise ValueError(f"{path.parent} is being written by {writer}: let it end, or stop it")
        if path.exists() and os.path.samestat(os.fstat(file.fileno()), path.stat()):
            return file
        file.close()  # the process that held it has just removed it


def _take(file: Any, alone: bool = True) -> bool:
    """Whether no other process has the lock of an open file, which this one has from now on until it is closed.

    Where the file system, or the system, has no locks, every process has it.
    """
    try:
        if _fcntl is not None:
            _fcntl.flock(file, (_fcntl.LOCK_EX if alone else _fcntl.LOCK_SH) | _fcntl.LOCK_NB)
        elif _msvcrt is not None:
            os.lseek(file.fileno(), _BYTE, os.SEEK_SET)
            _msvcrt.locking(file.fileno(), _msvcrt.LK_NBLCK, 1)
    except (BlockingIOError, PermissionError):  # what Unix and Windows say where another has it
        return False
    except OSError:
        return True
    return True


def _remove(path: Path, file: Any) -> None:
    """Removes the file of a lock that this process has, and ends the lock."""
    try:
        path.unlink(missing_ok=True)  # first, so that nobody takes the lock of a file that is about to go
    except PermissionError:  # Windows removes no open file
        file.close()
        with contextlib.suppress(PermissionError):  # another process has it now
            path.unlink(missing_ok=True)
