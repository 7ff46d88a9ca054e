"""Image files of a folder."""

import hashlib
import os
from typing import BinaryIO

from tfnss.data.sources import in_order, labels_name
from tfnss.files import expanded


class Folder:
    """`Files`: every file below a folder, but hidden ones.

    Raises:
        ValueError: For a missing or empty folder. The message names it.
    """

    mixed = True

    def __init__(self, path: str | os.PathLike) -> None:
        self._root = expanded(path)
        self.name = os.fspath(self._root)
        if not self._root.is_dir():
            raise ValueError(f"{self.name} is not a folder; name a folder or zip of images, or records")
        names = [p.relative_to(self._root).as_posix() for p in self._root.rglob("*") if p.is_file()]
        self.names, self._labels = in_order(names), labels_name(names)
        if not self.names:
            raise ValueError(f"{self.name} holds no images; name a folder of images")

    @property
    def fingerprint(self) -> str:
        digest = hashlib.sha256()
        for name in self.names:
            status = (self._root / name).stat()
            digest.update(os.fsencode(f"{name} {status.st_size} {status.st_mtime_ns}\n"))
        return f"{self._root.resolve()} {digest.hexdigest()}"

    def open(self, index: int) -> BinaryIO:
        return open(self._root / self.names[index], "rb")

    def labels_file(self) -> tuple[str, bytes] | None:
        return None if self._labels is None else (self._labels, (self._root / self._labels).read_bytes())
