import contextlib
import errno
import fcntl
import os
import random
import signal
import stat
import subprocess
import sys
import time

import numpy as np
import pytest

from tfnss import files


def test_replaces_a_file(tmp_path):
    path = tmp_path / "new" / "a.txt"
    for text in ("one", "two"):
        with files.replacing(path) as temporary:
            assert temporary.suffix == ".txt"
            temporary.write_text(text)
    assert path.read_text() == "two"
    assert list(path.parent.iterdir()) == [path]


def test_replaces_a_folder(tmp_path):
    path = tmp_path / "model"
    for text in ("one", "two"):
        with files.replacing(path) as temporary:
            temporary.mkdir()
            (temporary / "part").write_text(text)
    assert (path / "part").read_text() == "two"
    assert list(tmp_path.iterdir()) == [path]


def test_several_processes_may_write_one_file(tmp_path):
    path = tmp_path / "[a].npz"
    left = tmp_path / ".partial.0a0b0c0d.[a].npz"
    for age_days, there in ((0.5, True), (2, False)):
        left.write_text("half")
        os.utime(left, (time.time() - age_days * 86_400,) * 2)
        with files.replacing(path, several=True) as first, files.replacing(path, several=True) as second:
            assert left.exists() == there
            first.write_text("one")
            second.write_text("two")
            assert first.suffix == second.suffix == ".npz"
    assert path.read_text() == "one"  # whose block ends last
    assert list(tmp_path.iterdir()) == [path]


def test_an_error_leaves_the_old_file_and_no_other(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("old")

    def fail():
        with files.replacing(path) as temporary:
            temporary.write_text("half")
            raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        fail()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_full_disk_is_told_of_the_file_itself(tmp_path):
    def fill():
        with files.replacing(tmp_path / "a.txt") as temporary:
            temporary.write_text("half")
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(OSError, match=r"No space left on device: '.*/a\.txt'"):
        fill()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("number", [errno.EINVAL, errno.ENOTSUP, errno.EACCES])
def test_a_file_system_that_does_not_flush_folders_is_good_enough(number, tmp_path, monkeypatch):
    fsync = os.fsync

    def refuse(handle):
        if stat.S_ISDIR(os.fstat(handle).st_mode):
            raise OSError(number, os.strerror(number))
        fsync(handle)

    monkeypatch.setattr(os, "fsync", refuse)
    with files.replacing(tmp_path / "file") as path:
        path.write_text("new")
    with files.replacing(tmp_path / "folder") as path:
        (path / "inside").mkdir(parents=True)
        (path / "inside" / "file").write_text("new")
    assert (tmp_path / "file").read_text() == (tmp_path / "folder" / "inside" / "file").read_text() == "new"


def test_a_file_that_cannot_be_flushed_is_an_error(tmp_path, monkeypatch):
    def refuse(handle):
        raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(OSError, match=os.strerror(errno.EINVAL)), files.replacing(tmp_path / "file") as path:
        path.write_text("new")
    assert not list(tmp_path.iterdir())


def test_windows_flushes_what_is_opened_to_be_written(tmp_path, monkeypatch):
    """And opens no folder."""
    fsync, opened = os.fsync, os.open

    def refuse(handle):
        if fcntl.fcntl(handle, fcntl.F_GETFL) & os.O_ACCMODE == os.O_RDONLY:
            raise OSError(errno.EBADF, os.strerror(errno.EBADF))
        fsync(handle)

    def open_file(path, flags, *arguments):
        if os.path.isdir(path):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        return opened(path, flags, *arguments)

    monkeypatch.setattr(os, "fsync", refuse)
    monkeypatch.setattr(files.os, "open", open_file)
    with files.replacing(tmp_path / "file") as path:
        path.write_text("new")
    with files.replacing(tmp_path / "folder") as path:
        path.mkdir()
        (path / "file").write_text("new")
    assert (tmp_path / "file").read_text() == (tmp_path / "folder" / "file").read_text() == "new"


def test_a_file_that_may_only_be_read_is_flushed_all_the_same(tmp_path):
    with files.replacing(tmp_path / "folder") as path:
        path.mkdir()
        (path / "file").write_text("new")
        (path / "file").chmod(0o444)
    assert (tmp_path / "folder" / "file").read_text() == "new"


@pytest.mark.parametrize("patience", [60.0, 0.0])
def test_windows_replaces_no_file_that_is_read(patience, tmp_path, monkeypatch):
    """A virus scanner is done in a moment. Elsewhere want of permission is an error at once."""
    replace, refused = os.replace, []

    def busy(source, path):
        if len(refused) < 2:
            refused.append(path)
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)
        replace(source, path)

    monkeypatch.setattr(os, "replace", busy)
    monkeypatch.setattr(files, "_PATIENCE_SECONDS", patience)
    (tmp_path / "file").write_text("old")
    ends = contextlib.nullcontext() if patience else pytest.raises(PermissionError)
    with ends, files.replacing(tmp_path / "file") as path:
        path.write_text("new")
    assert (tmp_path / "file").read_text() == ("new" if patience else "old")
    assert list(tmp_path.iterdir()) == [tmp_path / "file"]


@pytest.mark.parametrize(
    "name",
    ["12:30.png", "what?.png", "a*b", "con", "NUL.png", "com1.tar.gz", "end.", "end ", "a\nb", '"a"', "aux .txt"],
)
def test_names_that_windows_has_for_no_file(name, tmp_path, monkeypatch):
    """A colon would hide the content in another file."""
    assert files.is_file_name(name)
    with files.replacing(tmp_path / name) as path:
        path.write_text("new")
    monkeypatch.setattr(files, "_WINDOWS", True)
    assert not files.is_file_name(name)
    with pytest.raises(OSError, match=r"Windows has no files of this name: .*"), files.replacing(tmp_path / name):
        pass


@pytest.mark.parametrize("windows", [False, True])
def test_names_of_files_everywhere(windows, monkeypatch):
    monkeypatch.setattr(files, "_WINDOWS", windows)
    for name in ("a.png", "conference", "console.png", "com10", ".lock", "Bär 2.png", "a.b.c", "nullable"):
        assert files.is_file_name(name)
    for name in ("", ".", "..", "a/b", "a\\b", "a\0"):
        assert not files.is_file_name(name)


_WRITER = """
import sys
import numpy as np
from tfnss import files

for number in range(10**9):
    with files.replacing(sys.argv[1]) as path:
        np.save(path, np.full(200_000, number))
"""


@pytest.mark.slow
def test_a_kill_at_any_moment_leaves_a_whole_file(tmp_path):
    path = tmp_path / "state.npy"
    random.seed(0)
    for _ in range(3):
        writer = subprocess.Popen([sys.executable, "-c", _WRITER, str(path)])
        deadline = time.monotonic() + 120
        before = path.stat().st_mtime_ns if path.exists() else 0
        while not path.exists() or path.stat().st_mtime_ns == before:
            assert time.monotonic() < deadline
            assert writer.poll() is None
            time.sleep(0.01)
        time.sleep(random.uniform(0, 0.2))
        writer.send_signal(signal.SIGKILL)
        writer.wait()
        state = np.load(path)
        assert state.shape == (200_000,)
        assert (state == state[0]).all()
