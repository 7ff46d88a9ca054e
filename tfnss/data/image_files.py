"""Images of files: to train on (`ImageFiles`), and to prepare (`OriginalFiles`)."""

import contextlib
import functools
import hashlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from PIL import Image

from tfnss.data import beside, pixels
from tfnss.data.classes import file_classes
from tfnss.data.mapping import mapped, tracked
from tfnss.data.sources import Files, Original, path
from tfnss.resolution import Resolution, plain, sides


class ImageFiles:
    """A `Source` of image files. Files that are no images are passed over.

    Args:
        files: The files.
        resolution: Side of a square, or height and width, in pixels: images are cropped to the centred part of that shape,
            and resized. None for images that are all of one size, as they are.
        labels: Whether they have labels (`file_classes`).
        channels: 1 for grey, 3 for RGB, 4 for RGBA, to which images are converted; None for those of the first image.
        background: Colour on which transparent images are laid where no alpha is asked for; None to refuse them.

    Attributes:
        passed_over: Names of files that are no images, and the reasons.

    Raises:
        ValueError: If there are no images, for labels that are not to be had, for other channels or a background that is no
            colour, or without `resolution` or `channels` for a first image that cannot be used.
    """

    def __init__(
        self,
        files: Files,
        resolution: Resolution | None = None,
        labels: bool = False,
        channels: int | None = 3,
        background: str | None = None,
    ) -> None:
        pixels.check_colours(3 if channels is None else channels, background)
        self.files, self.name, self._background = files, files.name, background
        self._resolution = None if resolution is None else plain(resolution)
        self.passed_over = beside.pass_over(files)
        self.labels: np.ndarray | None = None
        self.class_names: list[str] | None = None
        if labels:
            self.labels, self.class_names = file_classes(files)
        self._of_first = channels is None
        self._channels: int = self._channels_of_first() if channels is None else channels
        self._enlarged = np.zeros(len(files.names), bool)
        height, width = self._pixels(0).shape[:2] if resolution is None else sides(resolution)
        self.shape: tuple[int, int, int] = (height, width, self._channels)

    def __len__(self) -> int:
        return len(self.files.names)

    @property
    def fingerprint(self) -> str:
        colours = "" if (self._channels, self._background) == (3, None) else f" {self._channels} {self._background}"
        return f"{self.files.fingerprint} {self._resolution} {pixels.PREPROCESSING}{colours}"

    @property
    def upscaled(self) -> int:
        """How many of the images that were read or checked are enlarged, for what is kept of them is below `resolution`."""
        return int(self._enlarged.sum())

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
        """Reads the headers of all files, and the pixels of those whose headers do not tell whether they can be used.

        Raises:
            ValueError: For the first file, in order, that is no image, cannot be converted, or is too large. The message
                names it.
        """
        with ThreadPoolExecutor() as pool:
            for _ in tracked(mapped(pool, self._check, range(len(self))), "checking images", len(self)):
                pass

    def _check(self, index: int) -> None:
        with self._opened(index, whole=False) as image:
            self._note_size(index, pixels.upright_size(image))
            certain = pixels.is_certain(image, self._channels, self._background)
        if not certain:
            with self._opened(index) as image:
                self._converted(index, image)

    def _pixels(self, index: int) -> np.ndarray:
        with self._opened(index) as image:
            self._note_size(index, image.size)
            image = self._converted(index, image)
            return pixels.as_array(image) if self._resolution is None else pixels.squeezed(image, self._resolution)

    @contextlib.contextmanager
    def _opened(self, index: int, whole: bool = True) -> Iterator[Image.Image]:
        try:
            with pixels.opened(lambda: self.files.open(index), path(self.files, index), whole) as image:
                yield image
        except pixels.ImageError as error:  # there is a way to go on with the others
            remedy = f"{error.remedy}, or train on records of the good ones (tfnss prepare leaves out the others)"
            raise type(error)(error.name, error.reason, remedy) from None

    def _converted(self, index: int, image: Image.Image) -> Image.Image:
        name = path(self.files, index)
        if self._of_first and self._channels == 1 and pixels.channels_of(image) > 1:
            raise pixels.ImageError(
                name, f"is in colour, and {path(self.files, 0)} is grey", "choose channels for all (--channels 1, say)"
            )
        return pixels.converted(image, self._channels, self._background, name)

    def _channels_of_first(self) -> int:
        with self._opened(0, whole=False) as image:
            found = pixels.channels_of(image)
        return 3 if found == 4 and self._background is not None else found

    def _note_size(self, index: int, size: tuple[int, int]) -> None:
        if self._resolution is not None:
            self._enlarged[index] = pixels.is_enlarged(size, self._resolution)


class OriginalFiles:
    """`Originals` of files of images. Files that are no images are among them, to be listed; they have no class.

    Args:
        files: The files.
        labels: Whether they have labels (`file_classes`).
    """

    def __init__(self, files: Files, labels: bool = False) -> None:
        self._files, self.name = files, files.name
        self._names = list(files.names)
        self._labels: dict[str, int] | None = None
        self.classes: list[str] | None = None
        if labels:
            beside.pass_over(files)
            found, self.classes = file_classes(files)
            self._labels = dict(zip(files.names, found.tolist(), strict=True))
            files.names = self._names

    @property
    def fingerprint(self) -> str:
        listed = None if self._labels is None else self._files.labels_file()
        labels = "" if listed is None else f" {hashlib.sha256(listed[1]).hexdigest()}"
        return f"{self._files.fingerprint}{labels}"

    def __len__(self) -> int:
        return len(self._names)

    def between(self, start: int, stop: int) -> Iterator[Original]:
        for index in range(start, min(stop, len(self))):
            name = self._names[index]
            label = None if self._labels is None else self._labels.get(name)
            opening = pixels.opened(functools.partial(self._files.open, index), path(self._files, index))
            yield Original(name, opening, label)
