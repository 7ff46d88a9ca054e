"""Files that are whole or not there: written beside their place, flushed, then renamed over it."""

import contextlib
import errno
import glob
import os
import re
import secrets
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

CACHE = "TFNSS_CACHE"  # environment variable
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
# How network mounts, mounted drives and Windows refuse to flush a folder.
_NOT_FOR_FOLDERS = (errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EACCES, errno.EPERM, errno.EBADF, errno.ENOSYS)
_WINDOWS = os.name == "nt"
_DAY_SECONDS = 86_400
_PATIENCE_SECONDS = 2.0 if _WINDOWS else 0.0
_NOT_OF_WINDOWS = re.compile(r'[<>:"|?*\x00-\x1f]|[. ]$')
_OF_DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)\s*(\..*)?", re.IGNORECASE | re.DOTALL)


@contextlib.contextmanager
def replacing(path: str | os.PathLike, several: bool = False) -> Iterator[Path]:
    """Gives a temporary path to write a file or folder at; it takes `path`'s place when the block ends well.

    A process killed at any moment leaves a file as it was or as it is to be, and a folder so too, though perhaps under
    its name for the exchange, from which the next call here brings it back. The temporary name keeps the suffixes.

    Args:
        path: The file or folder.
        several: Whether other processes may write it at the same time; the last of them then decides what is in it.

    Raises:
        OSError: For a full disk, as for anything else that goes wrong. What was at `path` stays there.
    """
    path = Path(path)
    if _WINDOWS and not is_file_name(path.name):
        raise OSError(errno.EINVAL, "Windows has no files of this name", os.fspath(path))
    path.parent.mkdir(parents=True, exist_ok=True)
    old = _old(path)
    if old.exists() and not path.exists():
        _patiently(os.rename, old, path)
    temporary = _own_temporary(path) if several else path.with_name(f".partial.{path.name}")
    remove(temporary)  # a leftover of a killed process
    try:
        yield temporary
        if temporary.is_dir():
            _replace_folder(temporary, path)
        else:
            _flush(temporary)
            _patiently(os.replace, temporary, path)
        _flush(path.parent)
    except OSError as error:
        if error.errno in _FULL:
            raise OSError(error.errno, os.strerror(error.errno), os.fspath(path)) from error
        raise
    finally:
        remove(temporary)


def expanded(path: str | os.PathLike) -> Path:
    """A path with `~` and `~NAME` at its start spelled out; as in a shell, one of nobody stays as it is."""
    return Path(os.path.expanduser(path))  # `Path.expanduser` raises a RuntimeError


def cache_folder() -> Path:
    """Where things are kept between runs: the environment variable TFNSS_CACHE, else ~/.cache/tfnss."""
    return expanded(os.environ.get(CACHE) or "~/.cache/tfnss")


def link(path: Path, new: Path) -> None:
    """Gives a file a second name, or where the file system has none a copy.

    Raises:
        OSError: For a name that a file has already, and whatever else goes wrong.
    """
    try:
        os.link(path, new)
    except FileExistsError:  # it may be a second name of another file, which a copy would be written into
        raise
    except OSError:
        shutil.copyfile(path, new)


def remove(path: Path) -> None:
    """Removes a file or folder, if it is there."""
    if path.is_dir() and not path.is_symlink():
        _patiently(shutil.rmtree, path)
    else:
        _patiently(Path.unlink, path, True)


def is_file_name(name: str) -> bool:
    """Whether a file can have this name in its folder. Windows would take some for a device, or a hidden part of a file."""
    if name in ("", ".", "..") or set(name) & set("/\\\0"):
        return False
    return not (_WINDOWS and (_NOT_OF_WINDOWS.search(name) or _OF_DEVICES.fullmatch(name)))


def check_new(folder: Path, names: Sequence[str]) -> None:
    """Raises a ValueError rather than let one of these files be replaced."""
    taken = next((name for name in names if (folder / name).exists()), None)
    if taken:
        raise ValueError(f"{folder / taken} is there already: name another --out, or add --overwrite")


def check_folder(folder: Path, flag: str) -> None:
    """Raises a ValueError where a folder is not there, writable, nor can be made: before the work that it is for is done."""
    place = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
    if not (place.is_dir() and os.access(place, os.W_OK)):
        raise ValueError(f"{flag} cannot be written: {place} is no folder to write to; name another place")


def _replace_folder(source: Path, path: Path) -> None:
    for item in source.rglob("*"):
        _flush(item)
    old = _old(path)
    remove(old)
    if path.exists():
        _patiently(os.rename, path, old)  # folders cannot be exchanged in one step
    _patiently(os.rename, source, path)
    remove(old)


def _patiently(function: Callable[..., Any], *arguments: Any) -> None:
    """Calls a function, again for a moment where Windows refuses: it replaces nothing that another process reads."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            return function(*arguments)
        except PermissionError:
            if time.monotonic() >= deadline:
                raise
            time.sleep(0.05)


def _own_temporary(path: Path) -> Path:
    """A temporary name that no other process has; what killed ones left a day ago is removed."""
    for leftover in path.parent.glob(f".partial.*.{glob.escape(path.name)}"):
        with contextlib.suppress(OSError):  # another process may remove it too
            if time.time() - leftover.stat().st_mtime > _DAY_SECONDS:
                remove(leftover)
    return path.with_name(f".partial.{secrets.token_hex(4)}.{path.name}")


def _old(path: Path) -> Path:
    return path.with_name(f".old.{path.name}")


def _flush(path: Path) -> None:
    """Brings a file to the disk, or the names in a folder, as far as its file system does that for folders."""
    try:
        # Windows flushes no file that is opened for reading alone.
        writable = not path.is_dir() and os.access(path, os.W_OK)
        handle = os.open(path, os.O_RDWR if writable else os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
    except OSError as error:
        if error.errno not in _NOT_FOR_FOLDERS or not path.is_dir():
            raise
