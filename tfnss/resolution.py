"""Resolutions of images: one number for squares, else height and width; in texts WIDTHxHEIGHT, such as 640x384."""

import argparse
import re
from collections.abc import Sequence
from numbers import Integral

Resolution = int | Sequence[int]
METAVAR = "PIXELS|WIDTHxHEIGHT"  # of flags, of which
IN_WORDS = "one number for squares, or WIDTHxHEIGHT, such as 640x384 for 640 pixels across and 384 down"


class ResolutionError(argparse.ArgumentTypeError, ValueError):
    """What `from_text` raises: `argparse` shows its message."""


def sides(resolution: Resolution) -> tuple[int, int]:
    """Height and width in pixels of a resolution: of 64, (64, 64); of (384, 640), these.

    Raises:
        ValueError: If it is neither one number >= 1 nor two of them.
    """
    pair = (resolution, resolution) if isinstance(resolution, Integral) else resolution
    if (
        not isinstance(pair, list | tuple)
        or len(pair) != 2
        or any(not isinstance(side, Integral) or isinstance(side, bool) or side < 1 for side in pair)
    ):
        raise ValueError(
            f"the resolution must be one number of pixels, at least 1, or (height, width). Received: resolution={resolution}"
        )
    return int(pair[0]), int(pair[1])


def plain(resolution: Resolution) -> int | list[int]:
    """The same resolution as JSON holds it: one number for a square, else [height, width].

    Raises:
        ValueError: As `sides` does.
    """
    height, width = sides(resolution)
    return height if height == width else [height, width]


def from_text(text: str) -> int | list[int]:
    """The resolution that a text says: `512`, or `640x384`, which is 640 pixels wide and 384 high.

    Raises:
        ResolutionError: For another text.
    """
    match = re.fullmatch(r"([+-]?\d{1,300})|([1-9]\d{0,299})[xX]([1-9]\d{0,299})", text.strip(), re.ASCII)
    if not match:
        raise ResolutionError(f"a resolution is one number, or WIDTHxHEIGHT such as 640x384. Received: {text}")
    return int(match[1]) if match[1] else plain((int(match[3]), int(match[2])))


def is_resolution(value: object) -> bool:
    """Whether `sides` takes it."""
    try:
        sides(value)  # type: ignore[arg-type]
    except ValueError:
        return False
    return True


def written(resolution: Resolution) -> str:
    """A resolution as texts have it: `64x64`; of (384, 640), `640x384`: the width, then the height."""
    height, width = sides(resolution)
    return f"{width}x{height}"


def flag_value(resolution: Resolution) -> str:
    """What a flag `--resolution` takes for a resolution: `64`; of (384, 640), `640x384`."""
    height, width = sides(resolution)
    return str(height) if height == width else f"{width}x{height}"
