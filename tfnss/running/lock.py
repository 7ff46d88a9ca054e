"""Who writes a folder: one process at a time."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from tfnss import locks
from tfnss.running.hub import called, is_copy

LOCK = ".lock"


@contextlib.contextmanager
def only_writer(run_dir: Path) -> Iterator[None]:
    """Keeps other processes from writing a run, by a lock on a file in its folder. It ends with this process at the latest.

    Raises:
        ValueError: If another process writes it. The message names it.
    """
    if is_copy(run_dir):
        raise ValueError(f"{called(run_dir)} is in the Hub's cache, where nothing is written")
    with locks.held(run_dir / LOCK, run_dir):
        yield


def is_locked(run_dir: Path) -> bool:
    """Whether a process writes a folder."""
    return locks.is_held(run_dir / LOCK)
