"""What R3GAN's two networks share: the stages of blocks at each resolution, and the layers between them."""

import math
from dataclasses import dataclass
from typing import Any

import keras

from models.r3gan.block import ResidualBlock
from models.sizes import Pyramid, channels_at, pyramid
from tfnss.resolution import Resolution, plain


@dataclass(frozen=True)
class Sizes:
    """Channels and blocks of a network.

    Args:
        resolution: Side of a square, or height and width, in pixels: 3 to 16 times a power of two.
        channel_base: Channels times nominal resolution (`models.sizes`), where that is
        channel_max: at most this many channels.
        blocks: Residual blocks at each resolution.
        expansion: Channels in a block, over those around it.
        group_width: Channels of a group of the blocks' 3x3 convolutions; where they do not divide those in a block, the
            greatest common divisor of both.

    Raises:
        ValueError: For values outside these.
    """

    resolution: Resolution
    channel_base: int
    channel_max: int
    blocks: int
    expansion: int
    group_width: int

    def __post_init__(self) -> None:
        least = min(self.channel_base, self.channel_max, self.blocks, self.expansion, self.group_width)
        if least < 1:
            raise ValueError(
                "`channel_base`, `channel_max`, `blocks`, `expansion` and `group_width` must be >= 1. Received: "
                f"{self.channel_base}, {self.channel_max}, {self.blocks}, {self.expansion} and {self.group_width}"
            )

        pyramid(self.resolution)

    def get_config(self) -> dict[str, Any]:
        """The sizes by name."""
        return {**vars(self), "resolution": plain(self.resolution)}

    @property
    def pyramid(self) -> Pyramid:
        """The features that lead to the images."""
        return pyramid(self.resolution)

    @property
    def depth(self) -> int:
        """Residual blocks of the network."""
        return self.blocks * len(self.pyramid.nominals)

    def width(self, r: int) -> int:
        """Channels around the blocks at a nominal resolution,"""
        return channels_at(r, self.channel_base, self.channel_max)

    def hidden(self, r: int) -> int:
        """and in them."""
        return self.expansion * self.width(r)

    def stage(self, r: int, seeds: Any, dtype: str) -> dict[str, keras.layers.Layer]:
        """The built blocks at a nominal resolution, by name."""
        made = {}
        for index in range(self.blocks):
            name, groups = f"b{r}_block{index}", self.hidden(r) // math.gcd(self.hidden(r), self.group_width)
            block = ResidualBlock(self.hidden(r), groups, self.depth, seeds(), dtype=dtype, name=name)
            block.build((None, *self.pyramid.at(r), self.width(r)))
            made[name] = block
        return made


def linear(units: int, inputs: int, seed: int, name: str, dtype: str, gain: float = 1.0) -> keras.layers.Dense:
    """A built layer without bias on the last axis (of images: a 1x1 convolution), normal and of unit variance times gain."""
    draws = keras.initializers.RandomNormal(stddev=gain / math.sqrt(inputs), seed=2 * seed)  # as other layers' first
    layer = keras.layers.Dense(units, use_bias=False, kernel_initializer=draws, dtype=dtype, name=name)
    layer.build((None, inputs))
    return layer
