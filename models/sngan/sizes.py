"""Sizes and steps of SNGAN at each resolution."""

from typing import NamedTuple

from models.sizes import pyramid
from tfnss.resolution import Resolution, sides

LOWEST, HIGHEST = 32, 128  # nominal resolutions


class Sizes(NamedTuple):
    """What a resolution fixes.

    Attributes:
        stem: Height and width of the generator's smallest features.
        generator: Channels of the generator, stem first.
        discriminator: Channels of the discriminator's blocks.
        halvings: How many of these halve.
    """

    stem: tuple[int, int]
    generator: tuple[int, ...]
    discriminator: tuple[int, ...]
    halvings: int


# Of each resolution of the papers: channels of the generator, stem first; those of the discriminator's blocks; how many of
# these halve.
SIZES = {
    32: ((256, 256, 256, 256), (128, 128, 128, 128), 2),
    48: ((512, 256, 128, 64), (64, 128, 256, 512, 1024), 4),
    64: ((1024, 512, 256, 128, 64), (64, 128, 256, 512, 1024), 5),
    128: ((1024, 1024, 512, 256, 128, 64), (64, 128, 256, 512, 1024, 1024), 5),
}


def sizes_of(resolution: Resolution) -> Sizes:
    """The sizes of a resolution: the papers' where they have it, else those of its nominal resolution.

    The discriminator then halves no further than both sides stay whole.

    Raises:
        ValueError: As `models.sizes.pyramid` does.
    """
    found = pyramid(resolution, LOWEST, HIGHEST)
    height, width = sides(resolution)
    papers = height if height == width and height in SIZES else found.nominal
    generator, discriminator, halvings = SIZES[papers]
    doublings = len(generator) - 1
    whole = max(n for n in range(halvings + 1) if height % 2**n == 0 and width % 2**n == 0)
    return Sizes((height // 2**doublings, width // 2**doublings), generator, discriminator, whole)


def discriminator_steps(resolution: Resolution) -> int:
    """Steps of the discriminator per step of the generator (Lee and Town): 5, at 128x128 2, as at others of its channels."""
    return 2 if pyramid(resolution, LOWEST, HIGHEST).nominal == 128 else 5
