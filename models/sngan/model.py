"""SNGAN (Miyato et al. 2018): residual networks, and a discriminator of spectrally normalised layers."""

import math
from collections.abc import Sequence
from typing import Any

import keras

from models.initializers import Initializers
from models.precision import layers_of
from models.sngan.networks import discriminator_of, generator_of
from models.sngan.sizes import discriminator_steps, sizes_of
from tfnss.resolution import Resolution, plain, sides
from tfnss.training import GAN

DOWNSAMPLINGS = ("average", "dwt")
SHORTCUTS = ("rectified", "plain")


@keras.saving.register_keras_serializable("tfnss")
class SNGAN(GAN):
    """Residual networks with batch normalisation in the generator and spectral normalisation in the discriminator.

    Trainable parameters of generator and discriminator: 4,276,739 and 1,053,825 at 32x32; 4,878,083 and 10,141,441 at
    48x48; 12,220,675 and 10,141,441 at 64x64; 32,150,787 and 29,017,857 at 128x128. Latents, images and logits are as in
    `DCGAN`.

    Args:
        resolution: Side of a square, or height and width, in pixels: 3 to 16 times one of 8, 16 and 32, as `models.sizes`
            has it. The papers have squares of 32, 48, 64 and 128; others have the channels of their nominal resolution.
        latent_dim: Width of the latents.
        channels: Channels of the images: 1 (grey), 3 (RGB) or 4 (RGBA).
        downsampling: How the discriminator halves its features: `average` pools 2x2; `dwt` takes the Haar wavelet transform,
            so that the convolution after it sees all of it in four times the channels (SNGAN+DWT of Chen et al. 2021).
        width: Factor of all numbers of channels, > 0; 1 is the paper's.
        noise: Noise injection after each normalisation of the generator, as in `DCGAN`: `euclidean`, `riemannian` or None.
        seed: Seed of the initial weights and of everything random in training.
        shortcut: What the shortcuts of the discriminator's blocks take, but for the first: the features as the block's
            rectifier leaves them (`rectified`), which is how the numbers of Lee and Town and of SSD-GAN came about, or as
            they are (`plain`), which is the paper's text.

    Raises:
        ValueError: For values outside these.

    Reference: Miyato, Kataoka, Koyama and Yoshida, Spectral Normalization for Generative Adversarial Networks; sizes and
    initial weights are those of Lee and Town, Mimicry: Towards the Reproducibility of GAN Research, with which Chen et al.,
    SSD-GAN, compare.
    """

    def __init__(
        self,
        resolution: Resolution = 32,
        latent_dim: int = 128,
        channels: int = 3,
        downsampling: str = "average",
        width: float = 1.0,
        noise: str | None = None,
        seed: int = 0,
        shortcut: str = "rectified",
        **kwargs: Any,
    ) -> None:
        sizes = sizes_of(resolution)
        if latent_dim < 1:
            raise ValueError(f"`latent_dim` must be >= 1. Received: latent_dim={latent_dim}")
        if channels not in (1, 3, 4):
            raise ValueError(f"`channels` must be 1, 3 or 4. Received: channels={channels}")
        if downsampling not in DOWNSAMPLINGS:
            raise ValueError(f"`downsampling` must be one of {DOWNSAMPLINGS}. Received: downsampling={downsampling!r}")
        if shortcut not in SHORTCUTS:
            raise ValueError(f"`shortcut` must be one of {SHORTCUTS}. Received: shortcut={shortcut!r}")
        if not 0 < width < math.inf:
            raise ValueError(f"`width` must be a finite number > 0. Received: width={width}")
        self._config: dict[str, Any] = {
            "resolution": plain(resolution),
            "latent_dim": latent_dim,
            "channels": channels,
            "downsampling": downsampling,
            "width": width,
            "noise": noise,
            "seed": seed,
            "shortcut": shortcut,
        }
        draws = Initializers(seed)
        with layers_of(kwargs.get("dtype")):
            super().__init__(
                generator_of(sizes.stem, latent_dim, _scaled(sizes.generator, width), channels, noise, draws),
                discriminator_of(
                    (*sides(resolution), channels),
                    _scaled(sizes.discriminator, width),
                    sizes.halvings,
                    downsampling,
                    shortcut,
                    draws,
                ),
                seed=seed,
                **kwargs,
            )

    def compile(self, *args: Any, **kwargs: Any) -> None:
        """As `GAN.compile`; by default the hinge game with Adam(2e-4, 0, 0.9) and 5 discriminator steps, at 128x128 2.

        The papers sample from the generator itself. Here, as always, images come from its average, whose half-life of
        10,000 images is short beside their millions.
        """
        defaults = {
            "generator_optimizer": keras.optimizers.Adam(2e-4, beta_1=0.0, beta_2=0.9),
            "discriminator_optimizer": keras.optimizers.Adam(2e-4, beta_1=0.0, beta_2=0.9),
            "loss": "hinge",
            "discriminator_steps": discriminator_steps(self._config["resolution"]),
        }
        super().compile(**{**defaults, **self._given_parts(args, kwargs)})

    def get_config(self) -> dict:
        return {**self._config, "name": self.name, "dtype": self.dtype_policy.name}

    @classmethod
    def from_config(cls, config: dict, custom_objects: dict | None = None) -> "GAN":
        """As `GAN.from_config`. Models of version 0.1.0, whose config has no `shortcut`, have plain ones."""
        return super().from_config({"shortcut": "plain", **config}, custom_objects)


def _scaled(widths: Sequence[int], factor: float) -> list[int]:
    return [max(1, round(width * factor)) for width in widths]
