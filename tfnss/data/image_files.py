"""Images of files: to train on (`ImageFiles`), and to prepare (`OriginalFiles`)."""

import functools
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from tfnss.data import pixels
from tfnss.data.classes import file_classes
from tfnss.data.mapping import mapped, tracked
from tfnss.data.sources import Files, Original, path


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
            for _ in tracked(mapped(pool, self._check, range(len(self))), "checking images", len(self)):
                pass

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
