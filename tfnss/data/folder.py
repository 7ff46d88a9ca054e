"""Image files of a folder."""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from tfnss.data.sources import in_order, labels_name
from tfnss.files import expanded


class Folder:
    """`Files`: every file below a folder, but hidden ones. Links are followed, to folders too.

    Raises:
        ValueError: For a missing or empty folder. The message names it.
        OSError: For a folder within it that may not be read.
    """

    mixed = True

    def __init__(self, path: str | os.PathLike) -> None:
        self._root = expanded(path)
        self.name = os.fspath(self._root)
        if not self._root.is_dir():
            raise ValueError(f"{self.name} is not a folder; name a folder or zip of images, or records")
        names = [path.relative_to(self._root).as_posix() for path in _shown(self._root)]
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


def _shown(folder: Path, above: tuple[Path, ...] = ()) -> Iterator[Path]:
    """The files below a folder that are not hidden; a link to one of the folders `above` it leads to nothing new."""
    place = folder.resolve()
    if place in above:
        return
    with os.scandir(folder) as entries:  # which asks the disk about links alone
        for entry in entries:
            if entry.name.startswith("."):
                continue
            if entry.is_dir():
                yield from _shown(folder / entry.name, (*above, place))
            elif entry.is_file():
                yield folder / entry.name
