"""Images of TensorFlow Datasets."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image
from rich.progress import track

from tfnss.data.pixels import square


@dataclass(frozen=True)
class NamedDataset:
    """A data set of the papers.

    Args:
        tfds_name: Its name in TensorFlow Datasets.
        split: The splits to train on.
        remedy: How to get it; `{name}` stands for its name here.
    """

    tfds_name: str
    split: str
    remedy: str = "add --download (or load(..., download=True)), or name a folder of its images (--data DIR)"


_LSUN_REMEDY = (
    "TensorFlow Datasets cannot prepare LSUN on this TensorFlow; "
    "export its images to a folder and name that (--data DIR)"
)

NAMED = {
    "celeb_a": NamedDataset("celeb_a", "train+validation+test"),
    "lsun_church": NamedDataset("lsun/church_outdoor", "train", _LSUN_REMEDY),
    "lsun_conference": NamedDataset("lsun/conference_room", "train", _LSUN_REMEDY),
    "lsun_cat": NamedDataset("lsun/cat", "train", _LSUN_REMEDY),
    "cifar10": NamedDataset("cifar10", "train"),
    "oxford_flowers102": NamedDataset("oxford_flowers102", "train+validation+test"),
}


def named_images(name: str, resolution: int, download: bool = False) -> np.ndarray:
    """uint8 `[count, resolution, resolution, 3]`: the centred squares of the images of `NAMED[name]`.

    Args:
        name: A key of `NAMED`.
        resolution: Height and width in pixels.
        download: Whether to download and prepare the data set where it is not on disk.

    Raises:
        ValueError: If the data set is not on disk or cannot be had. The message says how to get it.
    """
    try:
        import tensorflow_datasets as tfds
    except ImportError:
        raise ValueError(
            f"{name} needs TensorFlow Datasets: pip install 'tfnss[datasets]', or name a folder of images (--data DIR)"
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
        examples = builder.as_dataset(split=dataset.split)
    except AssertionError:  # how TensorFlow Datasets says that nothing is prepared
        raise ValueError(f"{name} is not on disk: {dataset.remedy}") from None
    return _decode(name, examples, resolution)


def _decode(name: str, examples: Any, resolution: int) -> np.ndarray:
    count = int(examples.cardinality())
    images = np.empty((count, resolution, resolution, 3), np.uint8)
    arrays = track(examples.as_numpy_iterator(), f"reading {name}", count, disable=count < 1000)
    for index, example in enumerate(arrays):
        images[index] = square(Image.fromarray(example["image"]), resolution)
    return images
