"""Pixels: uint8 outside, floats in [-1, 1] inside."""

from typing import Any

from keras import ops


def from_uint8(images: Any, dtype: str = "float32") -> Any:
    """Floats in [-1, 1] from uint8 images of any shape."""
    return ops.cast(images, dtype) / 127.5 - 1.0


def to_uint8(images: Any) -> Any:
    """uint8 images from floats in [-1, 1] of any shape; values outside are clipped."""
    return ops.cast(ops.clip(ops.round((ops.cast(images, "float32") + 1.0) * 127.5), 0, 255), "uint8")
