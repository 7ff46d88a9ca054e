"""Pixels: uint8 outside, floats in [-1, 1] inside."""

from typing import Any

import numpy as np
from keras import ops

_ROUNDING = 1e-3  # by which floats may leave [-1, 1]


def from_uint8(images: Any, dtype: str = "float32") -> Any:
    """Floats in [-1, 1] from uint8 images of any shape."""
    return ops.cast(images, dtype) / 127.5 - 1.0


def to_uint8(images: Any) -> Any:
    """uint8 images from floats in [-1, 1] of any shape; values outside are clipped."""
    return ops.cast(ops.clip(ops.round((ops.cast(images, "float32") + 1.0) * 127.5), 0, 255), "uint8")


def as_uint8(images: Any, name: str, clip: bool = False) -> np.ndarray:
    """Images as uint8: such as they are, and floats in [-1, 1] rounded.

    Args:
        images: An array or tensor of any shape.
        name: What errors call them.
        clip: Whether floats may leave [-1, 1], as those of a generator do, and are clipped.

    Raises:
        ValueError: For other numbers, NaN or infinity, or without `clip` floats out of their range.
    """
    images = np.asarray(images)
    if images.dtype == np.uint8:
        return images
    images = _floats(images, name)
    if images.size and not clip:
        _check_range(float(images.min()), float(images.max()), name)
    return np.asarray(to_uint8(images))


def as_floats(images: Any, name: str) -> np.ndarray:
    """Images as float32 in [-1, 1], of uint8 ones or such floats, which may leave that range.

    Args:
        images: An array or tensor of any shape.
        name: What errors call them.

    Raises:
        ValueError: For other numbers, NaN or infinity.
    """
    images = np.asarray(images)
    return np.asarray(from_uint8(images)) if images.dtype == np.uint8 else _floats(images, name)


def check_whole(images: Any, name: str) -> None:
    """Checks the numbers of a whole set of images, uint8 or floats. (A bright image may have none below 0, a set does not.)

    Raises:
        ValueError: As `check_floats`.
    """
    images = np.asarray(images)
    if images.dtype != np.uint8 and images.size:
        check_floats(float(images.min()), float(images.max()), name)


def check_floats(low: float, high: float, name: str, unit: bool = False) -> None:
    """Checks the lowest and the highest of the floats of images, which are to be in [-1, 1], or with `unit` in [0, 1].

    Raises:
        ValueError: For NaN, values out of the range, or without `unit` none below 0: those are in [0, 1], as `x / 255` gives
            them.
    """
    if np.isnan(low):
        raise ValueError(f"{name} holds NaN; floats are to be in [-1, 1]")
    if unit:
        if low < -_ROUNDING or high > 1 + _ROUNDING:
            raise ValueError(
                f"{name}: floats are to be in [0, 1], as value_range=(0, 1) says; leave that out for floats in [-1, 1], "
                f"and give pixels of 0 to 255 as uint8. Received: values from {low:.4g} to {high:.4g}"
            )
        return
    if low >= 0 and high <= 1 + _ROUNDING:
        raise ValueError(
            f"{name}: floats are to be in [-1, 1], and these are in [0, 1]: give "
            f"`2 * x - 1`, uint8, or Images(..., value_range=(0, 1)). Received: values from {low:.4g} to {high:.4g}"
        )
    _check_range(low, high, name)


def _check_range(low: float, high: float, name: str) -> None:
    """Some images of a set may all be bright; none is out of range."""
    if low < -1 - _ROUNDING or high > 1 + _ROUNDING:
        raise ValueError(
            f"{name}: floats are to be in [-1, 1]; give pixels of 0 to 255 as uint8 (or as x / 127.5 - 1), and clip others. "
            f"Received: values from {low:.4g} to {high:.4g}"
        )


def _floats(images: np.ndarray, name: str) -> np.ndarray:
    """float32 of finite floats; bfloat16 is none of NumPy's own."""
    if images.dtype.kind != "f" and images.dtype.name != "bfloat16":
        raise ValueError(f"{name}: images are to be uint8 or floats in [-1, 1]. Received: {images.dtype}")
    with np.errstate(over="ignore"):  # what is beyond float32 becomes infinity
        images = images.astype(np.float32)
    if not np.isfinite(images).all():
        raise ValueError(f"{name}: images hold NaN or infinity; if a generator made them, it has diverged")
    return images
