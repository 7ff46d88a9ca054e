"""DCGAN (Radford et al. 2016) in its canonical 64-wide form."""

from typing import Any

import keras

from models.dcgan.networks import discriminator_of, generator_of
from models.initializers import Initializers
from models.precision import layers_of
from models.sizes import pyramid
from tfnss.resolution import Resolution, plain
from tfnss.training import GAN

LOWEST, HIGHEST = 16, 128  # nominal resolutions


@keras.saving.register_keras_serializable("tfnss")
class DCGAN(GAN):
    """Strided 4x4 convolutions with batch normalisation; at 64x64, 3,576,704 and 2,765,568 trainable parameters.

    The generator makes float32 images `[batch, height, width, channels]` in [-1, 1] of latents
    `[batch, latent_dim]`, the discriminator float32 logits `[batch, 1]` of images.

    Args:
        resolution: Side of a square, or height and width, in pixels: 3 to 16 times one of 4, 8, 16 and 32, as `models.sizes`
            has it. The papers have squares of 16, 32, 64 and 128.
        latent_dim: Width of the latents.
        channels: Channels of the images: 1 (grey), 3 (RGB) or 4 (RGBA).
        base_width: Channels next to the image; they double with every halving of the image.
        discriminator_normalization: `batch`, `layer` (for gradient penalties, which treat images singly) or None.
        upsampling: How the generator doubles its images: `transposed`, by a transposed 4x4 convolution as in the paper, or
            `nearest`, by repeating pixels before a 3x3 convolution, which draws no checkerboard (`ResizeConv2D`).
        noise: Noise injection after each normalisation of the generator: `euclidean`, `riemannian` or None. (The papers do
            not say where; before the normalisation, it would undo the scale.)
        seed: Seed of the initial weights and of everything random in training.

    Raises:
        ValueError: For values outside these.

    Reference: Radford, Metz and Chintala, Unsupervised Representation Learning with Deep Convolutional GANs.
    """

    def __init__(
        self,
        resolution: Resolution = 64,
        latent_dim: int = 100,
        channels: int = 3,
        base_width: int = 64,
        discriminator_normalization: str | None = "batch",
        upsampling: str = "transposed",
        noise: str | None = None,
        seed: int = 0,
        **kwargs: Any,
    ) -> None:
        size = pyramid(resolution, LOWEST, HIGHEST)
        if latent_dim < 1 or base_width < 1:
            raise ValueError(
                f"`latent_dim` and `base_width` must be >= 1. Received: latent_dim={latent_dim}, base_width={base_width}"
            )
        if channels not in (1, 3, 4):
            raise ValueError(f"`channels` must be 1, 3 or 4. Received: channels={channels}")
        self._config = {
            "resolution": plain(resolution),
            "latent_dim": latent_dim,
            "channels": channels,
            "base_width": base_width,
            "discriminator_normalization": discriminator_normalization,
            "upsampling": upsampling,
            "noise": noise,
            "seed": seed,
        }
        widths = [base_width * 2**level for level in range(size.doublings)]  # halved once, twice, ...
        draws = Initializers(seed)
        with layers_of(kwargs.get("dtype")):
            super().__init__(
                generator_of(size, latent_dim, widths[::-1], channels, upsampling, noise, draws),
                discriminator_of(size, channels, widths, discriminator_normalization, draws),
                seed=seed,
                **kwargs,
            )

    def get_config(self) -> dict:
        return {**self._config, "name": self.name, "dtype": self.dtype_policy.name}
