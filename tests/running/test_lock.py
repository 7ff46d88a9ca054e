"""The lock of a folder as Windows has it. What Unix does is in `test_nothing_lost`."""

import fcntl
import os
import socket
from pathlib import Path
from types import SimpleNamespace

import pytest

from tfnss.running import lock


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

    monkeypatch.setattr(lock, "_fcntl", None)
    monkeypatch.setattr(lock, "_msvcrt", SimpleNamespace(locking=locking, LK_NBLCK=2))
    monkeypatch.setattr(lock, "open", open_file, raising=False)
    monkeypatch.setattr(Path, "unlink", remove)
    return files


def test_one_writer_whom_others_are_told_of(opened, tmp_path):
    says = f"{tmp_path} is being written by process {os.getpid()} on {socket.gethostname()}"
    with lock.only_writer(tmp_path):
        assert lock.is_locked(tmp_path)
        for _ in range(2):
            with pytest.raises(ValueError, match=says), lock.only_writer(tmp_path):
                pass
    assert not lock.is_locked(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_another_has_open_stays(opened, tmp_path):
    with lock.only_writer(tmp_path):
        other = lock.open(tmp_path / ".lock")
    assert (tmp_path / ".lock").exists()
    assert not lock.is_locked(tmp_path)
    other.close()
    with lock.only_writer(tmp_path):
        pass
    assert list(tmp_path.iterdir()) == []


def test_file_systems_without_locks(opened, tmp_path, monkeypatch):
    def none(*_):
        raise OSError(22, "Invalid argument")

    monkeypatch.setattr(lock._msvcrt, "locking", none)
    with lock.only_writer(tmp_path):
        assert not lock.is_locked(tmp_path)
