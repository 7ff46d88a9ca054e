"""The official checkpoints of all StyleGANs here."""

import os
from pathlib import Path
from typing import Any

from models.stylegan.discriminator import StyleGANDiscriminator
from models.stylegan.generator import StyleGANGenerator
from models.stylegan2.checkpoints import read_checkpoint
from models.stylegan2.discriminator import StyleGAN2Discriminator
from models.stylegan2.generator import StyleGAN2Generator
from models.stylegan2.model import built_networks

_NETWORKS: dict[str, tuple[type, type]] = {
    "stylegan": (StyleGANGenerator, StyleGANDiscriminator),
    "stylegan2": (StyleGAN2Generator, StyleGAN2Discriminator),
}


def official_networks(path: str | os.PathLike) -> tuple[Any, Any]:
    """The generator (the average) and, or None, the discriminator of an official checkpoint, as they are in it.

    Nothing in the file is executed.

    Args:
        path: Pickle of StyleGAN, SSD-StyleGAN, StyleGAN2 (configurations A to F) or StyleGAN2-ADA.

    Raises:
        ValueError: For a file that cannot be read. The message says why.
    """
    checkpoint = read_checkpoint(Path(path))
    return built_networks(checkpoint, *_NETWORKS[checkpoint.model], str(path))
