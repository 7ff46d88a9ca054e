"""Image files of an LSUN export: a folder with an LMDB of encoded images."""

import io
import os
import threading
import weakref
from typing import Any, BinaryIO

from tfnss.files import expanded

DATA_FILE = "data.mdb"  # by which such a folder is known
_OPENED: weakref.WeakValueDictionary[tuple[int, int], Any] = weakref.WeakValueDictionary()  # databases in use, by file
_OPENING = threading.Lock()


class LSUN:
    """`Files`: the values of an LMDB, in order of their keys.

    Raises:
        ValueError: For a missing, damaged or empty database, or without the package `lmdb`.
    """

    mixed = False

    def __init__(self, path: str | os.PathLike) -> None:
        try:
            import lmdb
        except ImportError:
            raise ValueError(f"{path} needs the package lmdb: pip install 'tfnss[lsun]'") from None
        self._path = expanded(path)
        self.name = os.fspath(self._path)
        try:
            self._database = self._opened(lmdb)
            with self._database.begin() as transaction:
                self._keys = list(transaction.cursor().iternext(values=False))
        except (OSError, lmdb.Error) as error:
            raise ValueError(f"{self.name} is not a database that can be read ({error})") from None
        self.names = [key.decode(errors="replace") for key in self._keys]
        if not self.names:
            raise ValueError(f"{self.name} holds no images; name an LSUN export")

    def _opened(self, lmdb: Any) -> Any:
        """The database, which LMDB opens but once in a process: all that read the same file share it."""
        status = os.stat(self._path / DATA_FILE)
        with _OPENING:
            file = (status.st_dev, status.st_ino)
            database = _OPENED.get(file)
            if database is None:
                database = lmdb.open(self.name, readonly=True, lock=False, readahead=False, meminit=False)
                _OPENED[file] = database
            return database

    @property
    def fingerprint(self) -> str:
        status = (self._path / DATA_FILE).stat()
        return f"{self._path.resolve()} {len(self.names)} {status.st_size} {status.st_mtime_ns}"

    def open(self, index: int) -> BinaryIO:
        with self._database.begin() as transaction:
            return io.BytesIO(transaction.get(self._keys[index]) or b"")

    def labels_file(self) -> tuple[str, bytes] | None:
        return None
