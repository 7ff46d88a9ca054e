"""Where images come from: what training reads (`Source`), what a preparation reads (`Originals`), and files of images."""

import contextlib
import functools
import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import PurePosixPath
from typing import BinaryIO, NamedTuple, Protocol

import numpy as np
from PIL import Image
from rich.progress import track

from tfnss.data import pixels

LABELS_FILE = "dataset.json"  # of NVIDIA's folders and zips: {"labels": [[name, class], ...]}
MANY = 1000  # images, from which on there is a progress line


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


class ImageFiles:
    """A `Source` of RGB image files.

    Args:
        files: The files.
        resolution: Size of the centred squares that images are cropped and resized to; None for images that are all of
            one size, as they are.
        labels: Whether they have labels (`file_classes`).

    Raises:
        ValueError: For labels that are not to be had, or without `resolution` for a first image that cannot be used.
    """

    def __init__(self, files: Files, resolution: int | None = None, labels: bool = False) -> None:
        self.files, self.name, self._resolution = files, files.name, resolution
        self.labels = file_classes(files)[0] if labels else None
        self.shape: tuple[int, int, int] = (resolution or 0, resolution or 0, 3)
        if resolution is None:
            height, width, channels = self._pixels(0).shape
            self.shape = (height, width, channels)

    def __len__(self) -> int:
        return len(self.files.names)

    @property
    def fingerprint(self) -> str:
        return f"{self.files.fingerprint} {self._resolution} {pixels.PREPROCESSING}"

    def read(self, index: int) -> np.ndarray:
        image = self._pixels(index)
        if image.shape != self.shape:
            (height, width, _), (first_height, first_width, _) = image.shape, self.shape
            raise ValueError(
                f"images differ in size: {path(self.files, index)} is {width}x{height}, "
                f"{path(self.files, 0)} is {first_width}x{first_height}; bring them to one size"
            )
        return image

    def check(self) -> None:
        """Reads the headers of all files.

        Raises:
            ValueError: For the first file, in order, that is no image, not RGB, or too large. The message names it.
        """
        with ThreadPoolExecutor() as pool:
            checked = pool.map(self._check, range(len(self)))
            try:
                for _ in track(checked, "checking images", len(self), disable=len(self) < MANY):
                    pass
            finally:
                pool.shutdown(cancel_futures=True)

    def _check(self, index: int) -> None:
        name = path(self.files, index)
        with pixels.opened(lambda: self.files.open(index), name, whole=False) as image:
            pixels.check_rgb(image, name)

    def _pixels(self, index: int) -> np.ndarray:
        name = path(self.files, index)
        with pixels.opened(lambda: self.files.open(index), name) as image:
            pixels.check_rgb(image, name)
            return np.array(image) if self._resolution is None else pixels.squeezed(image, self._resolution)


class OriginalFiles:
    """`Originals` of files of images.

    Args:
        files: The files.
        labels: Whether they have labels (`file_classes`).
    """

    def __init__(self, files: Files, labels: bool = False) -> None:
        self._files, self.name = files, files.name
        self._labels: np.ndarray | None = None
        self.classes: list[str] | None = None
        if labels:
            self._labels, self.classes = file_classes(files)

    @property
    def fingerprint(self) -> str:
        return self._files.fingerprint

    def __len__(self) -> int:
        return len(self._files.names)

    def between(self, start: int, stop: int) -> Iterator[Original]:
        for index in range(start, min(stop, len(self))):
            label = None if self._labels is None else int(self._labels[index])
            opening = pixels.opened(functools.partial(self._files.open, index), path(self._files, index))
            yield Original(self._files.names[index], opening, label)


def path(files: Files, index: int) -> str:
    """What errors call a file."""
    return f"{files.name}/{files.names[index]}"


def file_classes(files: Files) -> tuple[np.ndarray, list[str]]:
    """The classes of files, int64 `[count]`, and their names.

    They are those of NVIDIA's `dataset.json` if there is one; else a file's class is the subfolder that it is in, and
    classes are numbered by name.

    Raises:
        ValueError: For a file without a class, or a damaged `dataset.json`. The message names it.
    """
    content = files.labels_file()
    if content is not None:
        return _listed_classes(files, content)
    for index, name in enumerate(files.names):
        if "/" not in name:
            raise ValueError(f"{path(files, index)} has no class: put every image in the subfolder of its class")
    classes, labels = np.unique([name.split("/")[0] for name in files.names], return_inverse=True)
    return labels, classes.tolist()


def _listed_classes(files: Files, content: bytes) -> tuple[np.ndarray, list[str]]:
    place = f"{files.name}/{LABELS_FILE}"
    try:
        listed = dict(json.loads(content)["labels"] or ())
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{place} is damaged ({error}); remove or replace it") from None
    for name in files.names:
        if not isinstance(listed.get(name), int) or listed[name] < 0:
            raise ValueError(f"{place} gives no class to {name}; list every image with an integer from 0 on")
    labels = np.array([listed[name] for name in files.names], np.int64)
    return labels, [str(label) for label in range(labels.max() + 1)]


def in_order(names: Sequence[str]) -> list[str]:
    """The names of images among those of files, in order, folder by folder; hidden ones are left out."""
    parts = {name: PurePosixPath(name).parts for name in names if name != LABELS_FILE}
    return sorted((name for name in parts if not any(p.startswith(".") for p in parts[name])), key=parts.__getitem__)
