"""What happens to images on their way, and hides where they come from: compression, and a smaller size."""

import io

import numpy as np
from PIL import Image

from tfnss.data.pixels import as_image

_LANCZOS = Image.Resampling.LANCZOS


def jpeg_compressed(images: np.ndarray, quality: int = 75) -> np.ndarray:
    """Images as JPEG files of a quality give them back. Alpha, which such files cannot hold, stays.

    Args:
        images: uint8 `[count, height, width, 1, 3 or 4]`.
        quality: Of Pillow, from 1 to 95.

    Returns:
        uint8, shaped as the images.
    """
    colours = 3 if images.shape[-1] == 4 else images.shape[-1]
    found = images.copy()
    for image in found:
        file = io.BytesIO()
        as_image(image[..., :colours]).save(file, "JPEG", quality=quality)
        with Image.open(file) as read:
            image[..., :colours] = np.asarray(read).reshape(*image.shape[:2], colours)
    return found


def halved_and_back(images: np.ndarray) -> np.ndarray:
    """Images at half of their height and width, and again at their size, both by Lanczos' filter.

    Args:
        images: uint8 `[count, height, width, 1, 3 or 4]`.

    Returns:
        uint8, shaped as the images.
    """
    height, width = images.shape[1:3]
    half = max(1, width // 2), max(1, height // 2)
    found = [as_image(image).resize(half, _LANCZOS).resize((width, height), _LANCZOS) for image in images]
    return np.stack([np.asarray(each).reshape(images.shape[1:]) for each in found])
