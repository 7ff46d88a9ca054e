"""One image from a file or array to a uint8 square."""

import os
from typing import Any

import numpy as np
from PIL import Image, ImageOps

PREPROCESSING = "centred square, Lanczos"  # of `read` with a resolution; part of the key of cached statistics


def read(path: str | os.PathLike, resolution: int | None = None) -> np.ndarray:
    """The RGB image in a file, turned upright: as `square` gives it, or without `resolution` as it is.

    Raises:
        ValueError: For a file that is no image, is damaged, or is not RGB. The message names it.
    """
    try:
        with Image.open(path) as image:
            mode, bands = image.mode, len(image.getbands())
            pixels = _pixels(ImageOps.exif_transpose(image), resolution) if mode == "RGB" else None
    except Image.UnidentifiedImageError:
        raise ValueError(f"{path} is not an image; remove it") from None
    except Exception as error:  # Pillow's readers raise many kinds for damaged files
        raise ValueError(f"{path} cannot be read ({error}); remove or replace it") from None
    if pixels is None:
        raise ValueError(f"{path} has {bands} channels ({mode}); convert it to 3-channel RGB")
    return pixels


def _pixels(image: Image.Image, resolution: int | None) -> np.ndarray:
    return np.array(image) if resolution is None else square(image, resolution)


def square(image: Image.Image, resolution: int) -> np.ndarray:
    """The centred square of an RGB image, resized: uint8 `[resolution, resolution, 3]`."""
    width, height = image.size
    side = min(width, height)
    left, top = (width - side) // 2, (height - side) // 2
    return resize(image, resolution, box=(left, top, left + side, top + side))


def resize(image: Image.Image, resolution: int, box: tuple[int, int, int, int]) -> np.ndarray:
    """A square box of an RGB image, resized with antialiasing (Lanczos): uint8 `[resolution, resolution, 3]`."""
    resized: Any = image.resize((resolution, resolution), Image.Resampling.LANCZOS, box=box, reducing_gap=3.0)
    return np.asarray(resized)
