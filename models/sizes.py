"""The sizes of images that networks can make whose features double in size, block by block."""

import itertools
import math
from dataclasses import dataclass

from tfnss.resolution import Resolution, flag_value, sides

LEAST, MOST = 3, 16  # sides of the smallest features


@dataclass(frozen=True)
class Pyramid:
    """The features that lead to images of a size: the smallest ones, and how often they double.

    The features of each size have a name, their **nominal resolution**: 4 for the smallest, 8, 16 and so on. It is what says
    how many channels there are and which blocks are of half precision. Of a square whose side is a power of two it is the
    side. Images of 640x384 pixels begin at features of 5x3; their nominal resolution is 512.

    Args:
        smallest: Height and width of the smallest features.
        doublings: How often they double.
    """

    smallest: tuple[int, int]
    doublings: int

    @property
    def nominal(self) -> int:
        """Nominal resolution of the images."""
        return 4 * 2**self.doublings

    @property
    def nominals(self) -> list[int]:
        """4, 8, ... up to `nominal`."""
        return [4 * 2**level for level in range(self.doublings + 1)]

    def at(self, nominal: int) -> tuple[int, int]:
        """Height and width of the features of a nominal resolution."""
        return self.smallest[0] * nominal // 4, self.smallest[1] * nominal // 4

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the images."""
        return self.at(self.nominal)


def pyramid(resolution: Resolution, lowest: int = 4, highest: int | None = None) -> Pyramid:
    """The features that lead to images of a size: halved as long as both sides stay whole and 3 or more.

    Powers of two begin at 4x4, and at 4x4 alone.

    Args:
        resolution: Side of a square, or height and width, in pixels.
        lowest: Least nominal resolution that a network has.
        highest: Greatest; None for any.

    Raises:
        ValueError: For a size that begins at features of fewer than 3 or more than 16 pixels a side, or of another nominal
            resolution. The message names the nearest sizes that are right.
    """
    height, width = sides(resolution)
    found = _pyramid(height, width)
    if _fits(found, lowest, highest):
        return found
    powers = "" if (lowest, highest) == (4, None) else f", from {lowest // 4} to {(highest or 0) // 4},"
    nearest = _named_nearest(height, width, lowest, highest)
    raise ValueError(
        f"`resolution` must be 3 to 16 times one power of two{powers} in height and width. "
        f"Received: resolution={flag_value(resolution)}; the nearest right ones: {nearest}"
    )


def channels_at(resolution: int, channel_base: int, channel_max: int) -> int:
    """Channels of the blocks at a resolution."""
    return max(1, min(channel_base // resolution, channel_max))


def _pyramid(height: int, width: int) -> Pyramid:
    doublings = 0
    while height % 2 == 0 and width % 2 == 0 and min(height, width) // 2 >= LEAST:
        height, width, doublings = height // 2, width // 2, doublings + 1
    return Pyramid((height, width), doublings)


def _fits(found: Pyramid, lowest: int, highest: int | None) -> bool:
    right = all(LEAST <= side <= MOST for side in found.smallest)
    return right and lowest <= found.nominal <= (highest or found.nominal)


def _named_nearest(height: int, width: int, lowest: int, highest: int | None) -> str:
    """The two nearest sizes, by the ratios of their sides; of squares the nearest squares."""
    candidates = set()
    levels = range((lowest // 4).bit_length() - 1, ((highest or 2**16) // 4).bit_length())
    for unit in (2**level for level in levels):
        multiples = [{min(max(n, LEAST), MOST) for n in (side // unit, side // unit + 1)} for side in (height, width)]
        candidates |= {(unit * tall, unit * wide) for tall, wide in itertools.product(*multiples)}
    right = [
        size
        for size in candidates
        if (height != width or size[0] == size[1]) and _fits(_pyramid(*size), lowest, highest)
    ]
    nearest = sorted(right, key=lambda size: _distance(size, (height, width)))[:2]
    if height == width:
        return " and ".join(str(side) for side, _ in nearest)
    return " and ".join(f"{wide}x{tall}" for tall, wide in nearest) + " (width x height)"


def _distance(size: tuple[int, int], other: tuple[int, int]) -> tuple[float, int]:
    ratios = (abs(math.log(one / two)) for one, two in zip(size, other, strict=True))
    return round(sum(ratios), 9), -size[0] * size[1]
