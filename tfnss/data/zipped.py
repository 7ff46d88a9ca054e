"""Image files of a zip, read in place."""

import hashlib
import os
import re
import weakref
import zipfile
from typing import BinaryIO, cast

from tfnss.data import pixels
from tfnss.data.sources import in_order, labels_name
from tfnss.files import expanded


class Zip:
    """`Files`: every file in a zip, but hidden ones. Nothing is extracted to disk.

    An entry that is encrypted, over the limit of size or packed otherwise than stored or deflated (the methods whose output
    is bounded while they unpack) is an error when it is opened. `zipfile` gives no more bytes than an entry's header claims.

    Raises:
        ValueError: For a missing, damaged or empty zip, or one with a name that leads out of it. The message names it.
    """

    mixed = True

    def __init__(self, path: str | os.PathLike) -> None:
        self._path = expanded(path)
        self.name = os.fspath(self._path)
        try:
            file = self._path.open("rb")  # ours: so no thread's last closing of an entry closes it
            weakref.finalize(self, file.close)
            self._zip = zipfile.ZipFile(file)
        except (OSError, ValueError, NotImplementedError, zipfile.BadZipFile) as error:
            raise ValueError(f"{self.name} is not a zip that can be read ({error})") from None
        # Some tools of Windows write backslashes between folders.
        entries = {entry.filename.replace("\\", "/"): entry for entry in self._zip.infolist()}
        self._entries = {name: entry for name, entry in entries.items() if not name.endswith("/")}
        for name in self._entries:
            if re.match(r"/|[A-Za-z]:", name) or ".." in name.split("/"):
                raise ValueError(f"{self.name} holds the name {name}, which leads out of it; do not trust this zip")
        self.names = in_order(list(self._entries))
        if not self.names:
            raise ValueError(f"{self.name} holds no images; name a zip of images")

    @property
    def fingerprint(self) -> str:
        digest = hashlib.sha256()
        for name in self.names:
            entry = self._entries[name]
            digest.update(f"{name} {entry.file_size} {entry.CRC}\n".encode(errors="surrogateescape"))
        return f"{self._path.resolve()} {digest.hexdigest()}"

    def open(self, index: int) -> BinaryIO:
        return self._open(self.names[index])

    def labels_file(self) -> tuple[str, bytes] | None:
        name = labels_name(list(self._entries))
        if name is None:
            return None
        try:
            with self._open(name) as file:
                return name, file.read()
        except pixels.ImageError:
            raise
        except Exception as error:  # of many kinds, as for images
            raise pixels.unreadable(f"{self.name}/{name}", error) from None

    def _open(self, name: str) -> BinaryIO:
        entry, place = self._entries[name], f"{self.name}/{name}"
        if entry.flag_bits & 1:
            raise pixels.ImageError(place, "is encrypted", "make the zip anew without a password")
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise pixels.ImageError(place, "is packed by another method than deflate", "make the zip anew with that")
        if entry.file_size > pixels.MAX_MEGABYTES * 10**6:
            raise pixels.too_long(place)
        return cast(BinaryIO, self._zip.open(entry))
