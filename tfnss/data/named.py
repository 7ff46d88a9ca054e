"""Images of TensorFlow Datasets."""

import contextlib
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np

from tfnss.data.mapping import mapped, tracked
from tfnss.data.pixels import as_image, converted, squeezed
from tfnss.data.sources import Original
from tfnss.resolution import Resolution, sides


@dataclass(frozen=True)
class NamedDataset:
    """A data set of the papers.

    Args:
        tfds_name: Its name in TensorFlow Datasets.
        split: The splits to train on.
        remedy: How to get it.
        classes: Number of classes; 0 for a data set without labels.
    """

    tfds_name: str
    split: str
    remedy: str = "let it be downloaded (download=True), or name a folder of its images"
    classes: int = 0


_LSUN_REMEDY = (
    "TensorFlow Datasets cannot prepare LSUN on this TensorFlow; name its LMDB export, records of that "
    "(tfnss.data.prepare), or a folder of its images"
)

NAMED = {
    "celeb_a": NamedDataset("celeb_a", "train+validation+test"),
    "lsun_church": NamedDataset("lsun/church_outdoor", "train", _LSUN_REMEDY),
    "lsun_conference": NamedDataset("lsun/conference_room", "train", _LSUN_REMEDY),
    "lsun_cat": NamedDataset("lsun/cat", "train", _LSUN_REMEDY),
    "lsun_car": NamedDataset("lsun/car", "train", _LSUN_REMEDY),
    "lsun_horse": NamedDataset("lsun/horse", "train", _LSUN_REMEDY),
    "lsun_bedroom": NamedDataset("lsun/bedroom", "train", _LSUN_REMEDY),
    "cifar10": NamedDataset("cifar10", "train", classes=10),
    "cifar100": NamedDataset("cifar100", "train", classes=100),
    "mnist": NamedDataset("mnist", "train", classes=10),
    "stl10": NamedDataset("stl10", "unlabelled"),
    "oxford_flowers102": NamedDataset("oxford_flowers102", "train+validation+test", classes=102),
}
# Data sets of the papers that TensorFlow Datasets does not have: where they are.
ELSEWHERE = {
    "ffhq": "https://github.com/NVlabs/ffhq-dataset has them, in its folder images1024x1024",
    "metfaces": "https://github.com/NVlabs/metfaces-dataset has them, in its folder images",
}
NAMES = ("photos", "hadamard", *NAMED)
"""The names that `load` knows: those of the embedded sets, and of data sets of TensorFlow Datasets."""


class NamedOriginals:
    """`Originals` of `NAMED[name]`.

    Args:
        name: A key of `NAMED`.
        download: Whether to download and prepare the data set where it is not on disk.
        labels: Whether they have labels, the data set's own.

    Raises:
        ValueError: If the data set is not on disk or cannot be had, or has no labels. The message says how to get it.
    """

    def __init__(self, name: str, download: bool = False, labels: bool = False) -> None:
        self.name, self._labels = name, labels
        if labels and not NAMED[name].classes:
            raise ValueError(
                f"{name} has no labels; train without classes, or name a folder of one subfolder per class"
            )
        builder, self._examples = _examples(name, download)
        self.fingerprint = f"{builder.info.full_name} {NAMED[name].split}"
        self.classes = list(builder.info.features["label"].names) if labels else None
        self._position = -1
        self._iterator: Iterator[dict[str, Any]] = iter(())

    def __len__(self) -> int:
        return int(self._examples.cardinality())

    def between(self, start: int, stop: int) -> Iterator[Original]:
        if start != self._position:
            self._iterator = self._examples.skip(start).as_numpy_iterator()
        self._position = start
        for index, example in zip(range(start, min(stop, len(self))), self._iterator, strict=False):
            self._position = index + 1
            image = as_image(example["image"])
            label = int(example["label"]) if self._labels else None
            yield Original(f"{self.name} {index}", contextlib.nullcontext(image), label)


def named_images(
    name: str,
    resolution: Resolution,
    download: bool = False,
    labels: bool = False,
    cache_gb: float = 8.0,
    channels: int = 3,
    background: str | None = None,
) -> tuple[np.ndarray, np.ndarray | None, list[str] | None]:
    """The images of `NAMED[name]`, cropped to their centres and resized, their labels, and the names of the classes.

    Args:
        name: A key of `NAMED`.
        resolution: Side of a square, or height and width, in pixels.
        download: Whether to download and prepare the data set where it is not on disk.
        labels: Whether to read labels.
        cache_gb: Memory that the pixels of all may take, in gigabytes.
        channels: 1, 3 or 4, to which images are converted.
        background: Colour on which transparent images are laid; None to refuse them.

    Returns:
        uint8 `[count, height, width, channels]`; int64 `[count]` and names, or None and None.

    Raises:
        ValueError: As `NamedOriginals`; or if the pixels take more memory.
    """
    originals = NamedOriginals(name, download, labels)
    count = len(originals)
    height, width = sides(resolution)
    gigabytes = count * height * width * channels / 1e9
    if gigabytes > cache_gb:
        raise ValueError(
            f"{name} takes {gigabytes:.3g} GB of memory at {width}x{height}, over cache_gb={cache_gb:g}: "
            "raise that, or prepare records of it (tfnss.data.prepare), which are read from the disk, and load those"
        )
    images = np.empty((count, height, width, channels), np.uint8)
    classes = np.empty(count, np.int64) if labels else None

    def read(original: Original) -> tuple[np.ndarray, int | None]:
        with original.opening as image:
            return squeezed(converted(image, channels, background, original.name), resolution), original.label

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        every = mapped(pool, read, originals.between(0, count))
        for index, (image, label) in enumerate(tracked(every, f"reading {name}", count)):
            images[index] = image
            if classes is not None and label is not None:
                classes[index] = label
    return images, classes, originals.classes


def _examples(name: str, download: bool) -> tuple[Any, Any]:
    """The builder and the examples, in an order that stays."""
    try:
        import tensorflow_datasets as tfds
    except ImportError:
        raise ValueError(
            f"{name} needs TensorFlow Datasets: pip install 'tfnss[datasets]', or name a folder of images"
        ) from None
    dataset = NAMED[name]
    builder = tfds.builder(dataset.tfds_name)
    if download:
        try:
            builder.download_and_prepare()
        except Exception as error:  # of many kinds: network, checksum, disk, a missing dependency
            raise ValueError(
                f"{name} cannot be downloaded ({type(error).__name__}: {error}): {dataset.remedy}"
            ) from error
    try:
        return builder, builder.as_dataset(split=dataset.split)
    except AssertionError:  # how TensorFlow Datasets says that nothing is prepared
        raise ValueError(f"{name} is not on disk: {dataset.remedy}") from None
