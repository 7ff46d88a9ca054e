"""Data sets by name or place."""

import os
from pathlib import Path

from tfnss.data.folder import folder_images
from tfnss.data.images import Images
from tfnss.data.named import NAMED, named_images
from tfnss.data.photos import photo_crops

NAMES = ("photos", *NAMED)


def load(
    source: str | os.PathLike, resolution: int, batch_size: int = 32, seed: int = 0, download: bool = False
) -> Images:
    """RGB images for training, cropped to centred squares (`photos`: to its own crops) and resized.

    Args:
        source: `photos` (embedded, needs no download), a data set of TensorFlow Datasets (`celeb_a`, `lsun_church`,
            `lsun_conference`, `oxford_flowers102`), or a folder of image files.
        resolution: Height and width in pixels.
        batch_size: Images in the global batch.
        seed: Seed of the order.
        download: Whether TensorFlow Datasets may download a data set that is not on disk.

    Raises:
        ValueError: For an unknown name, a missing or empty folder, an image that cannot be used, or values below 1.
    """
    if resolution < 1:
        raise ValueError(f"the resolution must be at least 1. Received: resolution={resolution}")
    if batch_size < 1:
        raise ValueError(f"the batch size must be at least 1. Received: batch_size={batch_size}")
    name = os.fspath(source)
    if name == "photos":
        array = photo_crops(resolution)
    elif name in NAMED:
        array = named_images(name, resolution, download)
    elif os.sep in name or Path(name).exists():
        array = folder_images(name, resolution)
    else:
        raise ValueError(f"{name} is neither a folder nor one of the data sets {', '.join(NAMES)}")
    return Images(array, batch_size=batch_size, seed=seed, name=name)
