"""Where images come from: what training reads (`Source`), what a preparation reads (`Originals`), and `Files` of images."""

import contextlib
import os
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath
from typing import BinaryIO, NamedTuple, Protocol

import numpy as np
from PIL import Image

from tfnss.data.pixels import ENDINGS

LABELS_FILE = "dataset.json"  # of NVIDIA's folders and zips: {"labels": [[name, class], ...]}


class Source(Protocol):
    """Images of one size that can be read one by one, in any order and by several threads at once.

    Attributes:
        name: What errors and results call it.
        shape: Height, width and channels.
        labels: Classes, integers `[count]`, or None.
        class_names: Names of the classes; None without labels.
    """

    name: str
    shape: tuple[int, int, int]
    labels: np.ndarray | None
    class_names: list[str] | None

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
        mixed: Whether other files than images may be among them.
    """

    name: str
    names: list[str]
    mixed: bool

    @property
    def fingerprint(self) -> str:
        """Changes when the files of `names` do."""

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
    return sorted((name for name in names if name != left_out and not _hidden(name)), key=_parts)


def labels_name(names: Sequence[str]) -> str | None:
    """The name of the file of labels: at the top, or in a folder that holds all images, as their names tell."""
    if not any(name.endswith(LABELS_FILE) for name in names):
        return None
    shown = [name for name in names if not _hidden(name)]
    folders = common_folder([name for name in shown if has_image_name(name)] or shown)
    candidates = ("/".join((*folders[:depth], LABELS_FILE)) for depth in range(len(folders) + 1))
    return next((name for name in candidates if name in shown), None)


def has_image_name(name: str) -> bool:
    """Whether the name ends as those of images do."""
    return os.path.splitext(name)[1].lower() in ENDINGS


def _hidden(name: str) -> bool:
    """Whether a file or a folder above it is hidden, or one that macOS adds to zips."""
    return any(part.startswith(".") or part == "__MACOSX" for part in _parts(name))


def _parts(name: str) -> tuple[str, ...]:
    return PurePosixPath(name).parts


def common_folder(names: Sequence[str]) -> tuple[str, ...]:
    """The parts of the innermost folder that holds all of these files."""
    folders = [PurePosixPath(name).parts[:-1] for name in names]
    common = []
    for parts in zip(*folders, strict=False):
        if len(set(parts)) > 1:
            break
        common.append(parts[0])
    return tuple(common)
