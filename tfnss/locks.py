"""Locks on files: one process at a time has one, until it lets go or ends."""

import contextlib
import importlib
import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def _module(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


_fcntl, _msvcrt = _module("fcntl"), _module("msvcrt")  # of Unix, and of Windows
_BYTE = 2**30  # of the file that Windows locks: nobody can read that one, and what is written in it ends before
_PAUSE_SECONDS = 0.02


@contextlib.contextmanager
def held(path: Path, what: str | os.PathLike, patience_seconds: float = 0.0) -> Iterator[None]:
    """In the block this process alone has the lock of a file, which is made for it, and removed at the end.

    Where the file system, or the system, has no locks, every process has it.

    Args:
        path: The file, in a folder that is there.
        what: What the lock keeps others from writing, for the error.
        patience_seconds: How long to wait for a process that has it.

    Raises:
        ValueError: If another process has it. The message names that, and what it writes.
    """
    with _locked(path, what, patience_seconds) as file:
        file.truncate(0)
        file.write(f"process {os.getpid()} on {socket.gethostname()}")
        file.flush()
        try:
            yield
        finally:
            _remove(path, file)


def is_held(path: Path) -> bool:
    """Whether a process has the lock of a file."""
    try:
        with open(path, encoding="utf-8") as file:
            return not _take(file, alone=False)
    except OSError:  # not there, or removed just now
        return False


def _locked(path: Path, what: str | os.PathLike, patience_seconds: float) -> Any:
    deadline = time.monotonic() + patience_seconds
    while True:
        file = open(path, "a+", encoding="utf-8", errors="replace")  # noqa: SIM115, its lock is to outlive this function
        if _take(file):
            if path.exists() and os.path.samestat(os.fstat(file.fileno()), path.stat()):
                return file
            file.close()  # the process that held it has just removed it
            continue
        file.seek(0)
        writer = file.read() or "another process"
        file.close()
        if time.monotonic() >= deadline:
            raise ValueError(f"{os.fspath(what)} is being written by {writer}: let it end, or stop it")
        time.sleep(_PAUSE_SECONDS)


def _take(file: Any, alone: bool = True) -> bool:
    """Whether no other process has the lock of an open file, which this one has from now on until it is closed."""
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
