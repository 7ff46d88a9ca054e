"""The lock of a file, as Windows has it too. What becomes of runs is in `running.test_nothing_lost`."""

import fcntl
import os
import socket
import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest

from tfnss import locks


@pytest.fixture
def opened(monkeypatch):
    """Windows' locks, which bar one byte of a file to everybody else, and its refusal to remove an open file."""
    files, unlink = [], Path.unlink

    def open_file(*arguments, **options):
        files.append(open(*arguments, **options))  # noqa: SIM115
        return files[-1]

    def locking(handle, mode, count):
        assert (mode, count) == (2, 1)
        assert os.lseek(handle, 0, os.SEEK_CUR) > os.fstat(handle).st_size  # what is written there can be read
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise PermissionError(13, "Permission denied") from None

    def remove(path, missing_ok=False):
        if any(not file.closed for file in files):
            raise PermissionError(13, "Permission denied", str(path))
        unlink(path, missing_ok)

    monkeypatch.setattr(locks, "_fcntl", None)
    monkeypatch.setattr(locks, "_msvcrt", SimpleNamespace(locking=locking, LK_NBLCK=2))
    monkeypatch.setattr(locks, "open", open_file, raising=False)
    monkeypatch.setattr(Path, "unlink", remove)
    return files


def test_one_writer_whom_others_are_told_of(opened, tmp_path):
    says = f"{tmp_path} is being written by process {os.getpid()} on {socket.gethostname()}"
    with locks.held(tmp_path / ".lock", tmp_path):
        assert locks.is_held(tmp_path / ".lock")
        for _ in range(2):
            with pytest.raises(ValueError, match=says), locks.held(tmp_path / ".lock", tmp_path):
                pass
    assert not locks.is_held(tmp_path / ".lock")
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_another_has_open_stays(opened, tmp_path):
    with locks.held(tmp_path / ".lock", tmp_path):
        other = locks.open(tmp_path / ".lock")
    assert (tmp_path / ".lock").exists()
    assert not locks.is_held(tmp_path / ".lock")
    other.close()
    with locks.held(tmp_path / ".lock", tmp_path):
        pass
    assert list(tmp_path.iterdir()) == []


def test_file_systems_without_locks(opened, tmp_path, monkeypatch):
    def none(*_):
        raise OSError(22, "Invalid argument")

    monkeypatch.setattr(locks._msvcrt, "locking", none)
    with locks.held(tmp_path / ".lock", tmp_path):
        assert not locks.is_held(tmp_path / ".lock")


def test_who_waits_has_it_after_the_other(tmp_path):
    """Of two threads as of two processes; each finds the file as it should be, though the first one removes it."""
    path, order = tmp_path / ".lock", []
    has_it = threading.Event()

    def first():
        with locks.held(path, tmp_path):
            has_it.set()
            waits.wait(60)
            order.append("first")

    waits = threading.Event()
    thread = threading.Thread(target=first)
    thread.start()
    has_it.wait(60)
    with pytest.raises(ValueError, match="is being written by process"), locks.held(path, tmp_path):
        pass
    threading.Timer(0.1, waits.set).start()
    with locks.held(path, tmp_path, patience_seconds=60):
        order.append("second")
        assert locks.is_held(path)
    thread.join()
    assert order == ["first", "second"]
    assert list(tmp_path.iterdir()) == []


def test_a_process_that_ends_lets_go(tmp_path):
    path = tmp_path / ".lock"
    program = (
        f"import os, pathlib\nfrom tfnss import locks\nwith locks.held(pathlib.Path({str(path)!r}), 'x'): os._exit(0)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
    assert path.exists()
    assert not locks.is_held(path)
    with locks.held(path, tmp_path):
        assert path.read_text() == f"process {os.getpid()} on {socket.gethostname()}"
    assert not path.exists()
