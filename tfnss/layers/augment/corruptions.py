"""What hides parts of an image: white noise and cutout (StyleGAN2-ADA, appendix B)."""

from typing import Any

import numpy as np
from keras import ops


def add_noise(images: Any, stddev: Any, white: Any) -> Any:
    """Images [batch, height, width, channels] and as much white noise, of standard deviations [batch]."""
    return images + stddev[:, None, None, None] * white


def cut_out(images: Any, size: Any, centre_x: Any, centre_y: Any) -> Any:
    """Zeros in the pixels whose centres lie in a rectangle; size and centre [batch] are fractions of the image's size."""
    height, width = images.shape[1:3]
    inside = ops.logical_and(
        _near(centre_y, height, size)[:, :, None, None], _near(centre_x, width, size)[:, None, :, None]
    )
    return ops.where(inside, 0.0, images)


def _near(centre: Any, pixels: int, size: Any) -> Any:
    positions = ((np.arange(pixels) + 0.5) / pixels).astype("float32")
    return ops.abs(ops.subtract(positions, centre[:, None])) < size[:, None] / 2
