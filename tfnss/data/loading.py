"""Data sets by name or place."""

import os
from pathlib import Path

from tfnss.data.folder import folder_classes, folder_images
from tfnss.data.images import Images
from tfnss.data.named import NAMED, named_images
from tfnss.data.photos import crop_classes, photo_crops

NAMES = ("photos", *NAMED)


def load(
    source: str | os.PathLike,
    resolution: int,
    batch_size: int = 32,
    seed: int = 0,
    download: bool = False,
    labels: bool = False,
) -> Images:
    """RGB images for training, cropped to centred squares (`photos`: to its own crops) and resized.

    Args:
        source: A name in `tfnss.data.NAMES`: `photos` (embedded, needs no download) or a data set of TensorFlow Datasets;
            or a folder of image files.
        resolution: Height and width in pixels.
        batch_size: Images in the global batch.
        seed: Seed of the order.
        download: Whether TensorFlow Datasets may download a data set that is not on disk.
        labels: Whether images have labels: the data set's own; for `photos` the photograph's number; for a folder the
            number of the subfolder that the image is in, by name.

    Raises:
        ValueError: For an unknown name, a missing or empty folder, an image that cannot be used, labels that are not to be
            had, or values below 1.
    """
    if resolution < 1:
        raise ValueError(f"the resolution must be at least 1. Received: resolution={resolution}")
    if batch_size < 1:
        raise ValueError(f"the batch size must be at least 1. Received: batch_size={batch_size}")
    name = os.fspath(source)
    classes = None
    if name == "photos":
        array, classes = photo_crops(resolution), crop_classes() if labels else None
    elif name in NAMED:
        array, classes = named_images(name, resolution, download, labels)
    elif os.sep in name or Path(name).exists():
        classes = folder_classes(name) if labels else None  # first: it is quick to fail
        array = folder_images(name, resolution)
    else:
        raise ValueError(f"{name} is neither a folder nor one of the data sets {', '.join(NAMES)}")
    return Images(array, batch_size=batch_size, seed=seed, name=name, labels=classes)
