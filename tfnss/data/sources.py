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

    def labels_file(self) -> tuple[str, bytes] | None:
        """The name and content of the `LABELS_FILE`, which is not among the names; None where there is none."""


def path(files: Files, index: int) -> str:
    """What errors call a file."""
    return f"{files.name}/{files.names[index]}"


def in_order(names: Sequence[str]) -> list[str]:
    """The names of images among those of files, in order, folder by folder; hidden ones are left out."""
    left_out = labels_name(names)
    parts = {name: PurePosixPath(name).parts for name in names if name != left_out}
    return sorted((name for name in parts if not any(p.startswith(".") for p in parts[name])), key=parts.__getitem__)


def labels_name(names: Sequence[str]) -> str | None:
    """The name of the file of labels: at the top, or in the one folder that holds everything."""
    if LABELS_FILE in names:
        return LABELS_FILE
    shown = [name for name in names if not any(part.startswith(".") for part in PurePosixPath(name).parts)]
    inside = "/".join((*common_folder(shown), LABELS_FILE))
    return inside if inside in shown else None


def common_folder(names: Sequence[str]) -> tuple[str, ...]:
    """The parts of the innermost folder that holds all of these files."""
    folders = [PurePosixPath(name).parts[:-1] for name in names]
    common = []
    for parts in zip(*folders, strict=False):
        if len(set(parts)) > 1:
            break
        common.append(parts[0])
    return tuple(common)
