"""StyleGAN's official checkpoints, such as `karras2019stylegan-ffhq-1024x1024.pkl`."""

import os
from pathlib import Path

from models.stylegan.discriminator import StyleGANDiscriminator
from models.stylegan.generator import StyleGANGenerator
from models.stylegan2.checkpoints import Checkpoint, read_checkpoint
from models.stylegan2.model import built_networks


def read_of_stylegan(path: str | os.PathLike) -> Checkpoint:
    """An official checkpoint of StyleGAN.

    Raises:
        ValueError: For a file that cannot be read, and for StyleGAN2's.
    """
    checkpoint = read_checkpoint(Path(path))
    if checkpoint.model != "stylegan":
        raise ValueError(f"{path} holds a StyleGAN2, which models.StyleGAN2 reads, not a StyleGAN (configuration A)")
    return checkpoint


def official_networks(path: str | os.PathLike) -> tuple[StyleGANGenerator, StyleGANDiscriminator | None]:
    """The generator (the average) and, if there is one, the discriminator of an official checkpoint, as they are in it.

    Nothing in the file is executed.

    Args:
        path: Pickle of StyleGAN, or of configuration A of StyleGAN2's code, grown or still growing; or SSD-StyleGAN's, of
            four networks.

    Raises:
        ValueError: For a file that cannot be read. The message says why.
    """
    return built_networks(read_of_stylegan(path), StyleGANGenerator, StyleGANDiscriminator, str(path))
