"""Where images come from: what training reads (`Source`), what a preparation reads (`Originals`), and `Files` of images."""

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath
from typing import BinaryIO, NamedTuple, Protocol

import numpy as np
from PIL import Image

LABELS_FILE = "dataset.json"  # of NVIDIA's folders and zips: {"labels": [[name, class], ...]}


class Source(Protocol):
    """Images of one size that can be read one by one, in any order and by several threads at once.

    Attributes:
        name: What errors and results call it.
        shape: Height, width and channels.
        labels: Classes, integers `[count]`, or None.
    """

    name: str
    shape: tuple[int, int, int]
    labels: np.ndarray | None

    def __len__(self) -> int: ...

    @property
    def fingerprint(self) -> str | None:
        """Tells its images from all others'; None if statistics of them should not be kept."""

    def read(self, index: int) -> np.ndarray:
        """uint8 `shape`. Raises a ValueError that names the image where it cannot be used."""


class Original(NamedTuple):
    """An image to prepare: its name; the image, opened upright by `with` once, or an `ImageError`; and its class."""

    name: str
    opening: contextlib.AbstractContextManager[Image.Image]
    label: int | None


class Originals(Protocol):
    """Images of any size and kind in an order that stays.

    Attributes:
        name: Where they are.
        fingerprint: Changes when they do.
        classes: Names of their classes, or None.
    """

    name: str
    classes: list[str] | None

    @property
    def fingerprint(self) -> str: ...

    def __len__(self) -> int: ...

    def between(self, start: int, stop: int) -> Iterator[Original]:
        """Those from number `start` to `stop`, cheapest where the last call ended."""


class Files(Protocol):
    """Files of images in one place.

    Attributes:
        name: The place.
        names: Names of the files in it, with slashes, in order.
    """

    name: str
    names: list[str]

    @property
    def fingerprint(self) -> str:
        """Changes when the files do."""

    def open(self, index: int) -> BinaryIO:
        """A file to read."""

    def labels_file(self) -> bytes | None:
        """The content of `LABELS_FILE`, which is not among the names; None where there is none."""


def path(files: Files, index: int) -> str:
    """What errors call a file."""
    return f"{files.name}/{files.names[index]}"


def in_order(names: Sequence[str]) -> list[str]:
    """The names of images among those of files, in order, folder by folder; hidden ones are left out."""
    parts = {name: PurePosixPath(name).parts for name in names if name != LABELS_FILE}
    return sorted((name for name in parts if not any(p.startswith(".") for p in parts[name])), key=parts.__getitem__)
