"""The embedded data set: square crops of the colour photographs that scikit-image ships."""

import functools

import numpy as np
import skimage.data
from PIL import Image

from tfnss.data.pixels import converted, resized
from tfnss.resolution import Resolution, sides

CROPS = 2500
PHOTO_NAMES = ("astronaut", "cat", "coffee", "motorcycle", "rocket")
_SEED = 20_221


def photographs() -> list[Image.Image]:
    """The photographs, those of `PHOTO_NAMES`."""
    arrays = [
        skimage.data.astronaut(),
        skimage.data.chelsea(),
        skimage.data.coffee(),
        skimage.data.stereo_motorcycle()[0],
        skimage.data.rocket(),
    ]
    return [Image.fromarray(array) for array in arrays]


def photo_crops(resolution: Resolution, count: int = CROPS, channels: int = 3) -> np.ndarray:
    """uint8 `[count, height, width, channels]`: the same random crops, mirrored at random, at every resolution.

    A crop's side is uniform between half of the photograph's shorter side and all of it; of a rectangle that is its longer
    side. One channel is grey, the fourth an opaque alpha.
    """
    return _crops(*sides(resolution), count, channels)


@functools.lru_cache(maxsize=1)
def _crops(height: int, width: int, count: int, channels: int) -> np.ndarray:
    random = np.random.default_rng(_SEED)
    photos = [converted(photo, channels, None, name) for name, photo in zip(PHOTO_NAMES, photographs(), strict=True)]
    crops = np.empty((count, height, width, channels), np.uint8)
    for index in range(count):
        photo = photos[index % len(photos)]
        side = int(random.integers(min(photo.size) // 2, min(photo.size), endpoint=True))
        across, down = (max(1, side * extent // max(height, width)) for extent in (width, height))
        left, top = (
            int(random.integers(extent - part, endpoint=True))
            for extent, part in zip(photo.size, (across, down), strict=True)
        )
        crop = resized(photo, (width, height), (left, top, left + across, top + down))
        crops[index] = crop[:, ::-1] if random.integers(2) else crop
    crops.flags.writeable = False  # shared by every caller
    return crops


def crop_classes(count: int = CROPS) -> np.ndarray:
    """int64 `[count]`: the number of the photograph that each crop is of."""
    return np.arange(count) % len(PHOTO_NAMES)
