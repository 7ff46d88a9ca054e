"""Data sets by name or place."""

import os
from pathlib import Path

from tfnss.data import pixels
from tfnss.data.folder import Folder
from tfnss.data.hadamard import RESOLUTION as HADAMARD_RESOLUTION
from tfnss.data.hadamard import hadamard_images
from tfnss.data.image_files import ImageFiles, OriginalFiles
from tfnss.data.images import Images
from tfnss.data.lsun import DATA_FILE, LSUN
from tfnss.data.named import ELSEWHERE, NAMED, NAMES, NamedOriginals, named_images
from tfnss.data.photos import PHOTO_NAMES, crop_classes, photo_crops
from tfnss.data.records import Records, is_records
from tfnss.data.sources import Files, Originals
from tfnss.data.zipped import Zip
from tfnss.files import expanded
from tfnss.resolution import Resolution, flag_value, sides, written


def load(
    source: str | os.PathLike,
    resolution: Resolution,
    batch_size: int = 32,
    seed: int = 0,
    download: bool = False,
    labels: bool = False,
    mirror: bool = False,
    cache_gb: float = 8.0,
    channels: int = 3,
    background: str | None = None,
) -> Images:
    """Images for training, cropped to their centres (`photos`: to its own crops), resized, and brought to one kind.

    Files are read at once and kept, so that a bad one is known before training. If the pixels of all are over `cache_gb`,
    only their headers are read at once, and the files when training needs them (those with alpha at once too, where it
    would be refused). Records were checked when they were prepared: their images are read when needed, and kept if they
    fit.

    Images may be grey, of 16 bits, in palettes, CMYK and so on: they are converted to `channels`. Files that are no images
    (captions, notes) are passed over, and listed in `passed_over` of what is returned; hidden ones are not even listed. A
    file that is an image by its name or its header, and damaged, is an error. `upscaled` tells how many images were smaller
    than the resolution, and `class_names` what the classes are called.

    Args:
        source: A name in `tfnss.data.NAMES`: `photos` or `hadamard` (embedded; the second has floats, of 8x8 pixels alone)
            or a data set of TensorFlow Datasets; or a folder of image files, a zip of them, an LSUN export (a folder with
            `data.mdb`), or records that `prepare` wrote.
        resolution: Side of a square, or height and width, in pixels; that of records must be theirs.
        batch_size: Images in the global batch.
        seed: Seed of the order, and of what is mirrored.
        download: Whether TensorFlow Datasets may download a data set that is not on disk.
        labels: Whether images have labels: the data set's own; for `photos` the photograph's number; for files those of
            `dataset.json` (NVIDIA's; below 100,000; with an optional list `class_names`) if there is one, else the number of
            the folder that the image is in, by name, below those that hold everything.
        mirror: Whether training sees images mirrored at times (`Images`).
        cache_gb: Memory for pixels, in gigabytes. Those of a data set of TensorFlow Datasets must fit.
        channels: 1 for grey (luminance), 3 for RGB, 4 for RGBA (opaque images have alpha 255); those of records must be
            theirs.
        background: Colour on which transparent images are laid where `channels` is 1 or 3: a name or `#rrggbb`, as
            `PIL.ImageColor` takes it. None for an error at the first of them. Records were laid on theirs.

    Raises:
        ValueError: For an unknown name, a missing or empty place, an image that cannot be used, labels that are not to be
            had, values below 1, other channels, or a background that is no colour.
        OSError: For a file that the machine does not give.
    """
    height, width = sides(resolution)
    if batch_size < 1:
        raise ValueError(f"the batch size must be at least 1. Received: batch_size={batch_size}")
    pixels.check_colours(channels, background)
    name = os.fspath(source)
    if name == "photos":
        crops, classes, names = photo_crops(resolution, channels=channels), crop_classes(), list(PHOTO_NAMES)
        return Images(
            crops, batch_size, seed, name, classes if labels else None, mirror, class_names=names if labels else None
        )
    if name == "hadamard":
        if {height, width} != {HADAMARD_RESOLUTION}:
            raise ValueError(f"hadamard has images of 8x8 pixels alone. Received: resolution={flag_value(resolution)}")
        if labels:
            raise ValueError("hadamard has no labels; train without classes")
        return Images(hadamard_images(channels=channels), batch_size, seed, name, mirror=mirror)
    if name in NAMED:
        array, found, class_names = named_images(name, resolution, download, labels, cache_gb, channels, background)
        return Images(array, batch_size, seed, name, found, mirror, class_names=class_names)
    _check_place(name)
    opened = open_source(name, resolution, labels, channels, background)
    images = Images(opened, batch_size, seed, mirror=mirror, cache_gb=cache_gb)
    if isinstance(opened, ImageFiles):
        with pixels.own_limits():
            if not images.read_all():
                opened.check()
    return images


def open_source(
    path: str | os.PathLike,
    resolution: Resolution | None = None,
    labels: bool = False,
    channels: int | None = 3,
    background: str | None = None,
) -> ImageFiles | Records:
    """The source of the images in one place.

    Args:
        path: Folder of images, zip, LSUN export, or records.
        resolution: Side of a square, or height and width, in pixels; None for images that are all of one size, as they are.
        labels: Whether images have labels.
        channels: 1, 3 or 4; None for those of the first image, or of the records.
        background: Colour on which transparent images are laid where `channels` is 1 or 3; None to refuse them.

    Raises:
        ValueError: For a missing, empty or damaged place, records of another resolution or other channels, or labels that
            are not to be had.
    """
    _check_here(os.fspath(path))
    folder = expanded(path)
    if not is_records(folder):
        return ImageFiles(_files(folder), resolution, labels, channels, background)
    source = Records(folder)
    if resolution is not None and sides(resolution) != source.shape[:2]:
        raise ValueError(
            f"{folder} holds images of {written(source.shape[:2])}, not {written(resolution)}: "
            f"take resolution={flag_value(source.shape[:2])}, or prepare other records"
        )
    if channels not in (None, source.shape[2]):
        raise ValueError(
            f"{folder} holds images of {source.shape[2]} channels, not {channels}: "
            f"take channels={source.shape[2]}, or prepare other records"
        )
    if labels and source.labels is None:
        raise ValueError(f"{folder} has no labels: prepare records of originals with labels (labels=True)")
    if not labels:
        source.labels = source.class_names = None
    return source


def originals(source: str | os.PathLike, download: bool = False, labels: bool = False) -> Originals:
    """The images of a place or a data set of TensorFlow Datasets, as they are, to be prepared.

    Args:
        source: Folder of images, zip, LSUN export, or a data set of TensorFlow Datasets by name.
        download: Whether TensorFlow Datasets may download a data set that is not on disk.
        labels: Whether images have labels.

    Raises:
        ValueError: For a missing, empty or damaged place, or labels that are not to be had.
    """
    name = os.fspath(source)
    if name in NAMED:
        return NamedOriginals(name, download, labels)
    _check_place(name)
    if is_records(expanded(name)):
        raise ValueError(f"{name} holds records: they are prepared already; name the images that they were made of")
    return OriginalFiles(_files(expanded(name)), labels)


def _check_place(name: str) -> None:
    _check_here(name)
    if not {os.sep, os.altsep} & set(name) and not Path(name).exists():
        raise ValueError(f"{name} is neither a folder nor one of the data sets {', '.join(NAMES)}")


def _check_here(name: str) -> None:
    if name in ELSEWHERE and not Path(name).exists():
        raise ValueError(
            f"the images of {name} are not here: {ELSEWHERE[name]}; name that folder or a zip of it (to train: --data DIR)"
        )


def _files(path: Path) -> Files:
    if path.suffix.lower() == ".zip" and not path.is_dir():
        return Zip(path)
    return LSUN(path) if (path / DATA_FILE).is_file() else Folder(path)
