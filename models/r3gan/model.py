"""R3GAN on the engine."""

import math
from typing import Any

import keras

from models.precision import layers_of
from models.r3gan.discriminator import R3GANDiscriminator
from models.r3gan.generator import R3GANGenerator
from tfnss.resolution import Resolution, plain, sides
from tfnss.training import GAN, R1, R2

_PAPER = {(32, 32): 0.05, (64, 64): 2.0, (256, 256): 150.0}  # CIFAR-10, FFHQ, FFHQ


@keras.saving.register_keras_serializable("tfnss")
class R3GAN(GAN):
    """R3GAN (Huang et al. 2024): a relativistic game with R1 and R2, and residual networks without tricks.

    Neither network has normalisation, a mapping network, styles, noise or a minibatch deviation. By default they are the
    paper's for FFHQ; at 256x256 generator and discriminator have 23,057,952 and 23,009,568 trainable parameters.

    Args:
        resolution: Side of a square, or height and width, in pixels: 3 to 16 times a power of two.
        latent_dim: Width of the latents.
        channels: Channels of the images: 1 (grey), 3 (RGB) or 4 (RGBA).
        channel_base: Channels times nominal resolution (`models.sizes`), where that is
        channel_max: at most this many channels.
        blocks: Residual blocks at each resolution.
        expansion: Channels in a block, over those around it.
        group_width: Channels of a group of the blocks' 3x3 convolutions; where they do not divide those in a block, the
            greatest common divisor of both.
        classes: Number of classes; 0 for an unconditional model. `fit` then needs labels.
        seed: Seed of the initial weights and of everything random in training.

    Raises:
        ValueError: For values outside these.

    Reference: Huang et al. 2024, The GAN is dead; long live the GAN! A Modern GAN Baseline.
    """

    def __init__(
        self,
        resolution: Resolution = 64,
        latent_dim: int = 64,
        channels: int = 3,
        channel_base: int = 24576,
        channel_max: int = 768,
        blocks: int = 2,
        expansion: int = 2,
        group_width: int = 16,
        classes: int = 0,
        seed: int = 0,
        **kwargs: Any,
    ) -> None:
        if channels not in (1, 3, 4):
            raise ValueError(f"`channels` must be 1, 3 or 4. Received: channels={channels}")
        if latent_dim < 1:
            raise ValueError(f"`latent_dim` must be >= 1. Received: latent_dim={latent_dim}")
        if classes < 0:
            raise ValueError(f"`classes` must be >= 0. Received: classes={classes}")
        common: dict[str, Any] = {
            "resolution": resolution,
            "channels": channels,
            "channel_base": channel_base,
            "channel_max": channel_max,
            "blocks": blocks,
            "expansion": expansion,
            "group_width": group_width,
            "classes": classes,
        }
        self._config = {**common, "resolution": plain(resolution), "latent_dim": latent_dim, "seed": seed}
        with layers_of(kwargs.get("dtype")):
            super().__init__(
                R3GANGenerator(latent_dim=latent_dim, seed=2 * seed, **common, name="generator"),
                R3GANDiscriminator(seed=2 * seed + 1, **common, name="discriminator"),
                seed=seed,
                **kwargs,
            )

    def compile(self, *args: Any, **kwargs: Any) -> None:
        """As `GAN.compile`; by default the relativistic game with R1 and R2 at every step, and Adam(2e-4, 0, 0.9).

        These are the values at the start of the paper's schedules, which the recipes follow; the weight of the penalties is
        `gamma_of` the resolution.
        """
        gamma = gamma_of(self._config["resolution"])
        defaults = {
            "generator_optimizer": keras.optimizers.Adam(2e-4, beta_1=0.0, beta_2=0.9, epsilon=1e-8),
            "discriminator_optimizer": keras.optimizers.Adam(2e-4, beta_1=0.0, beta_2=0.9, epsilon=1e-8),
            "loss": "relativistic",
            "regularizers": [R1(gamma), R2(gamma)],
        }
        super().compile(**{**defaults, **self._given_parts(args, kwargs)})

    def get_config(self) -> dict:
        return {**self._config, "name": self.name, "dtype": self.dtype_policy.name}


def gamma_of(resolution: Resolution) -> float:
    """Weight of R1 and R2 at the start: the paper's at 32x32 (CIFAR-10), 64x64 and 256x256 (FFHQ).

    At others it is between or beyond them, ours: 150 (side / 256)^3, which is 2.3 at 64x64; the side of a rectangle is the
    root of its area.
    """
    size = sides(resolution)
    return _PAPER.get(size, 150 * (math.sqrt(math.prod(size)) / 256) ** 3)
