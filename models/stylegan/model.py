"""StyleGAN on the engine."""

import os
from typing import Any

import keras

from models.precision import layers_of
from models.style_arguments import check_arguments, half_precision
from models.stylegan.discriminator import StyleGANDiscriminator
from models.stylegan.generator import StyleGANGenerator
from models.stylegan.official import read_of_stylegan
from models.stylegan2.model import default_growth, take_checkpoint
from models.stylegan2.optimizers import adam
from models.stylegan2.weights import randomize
from tfnss.resolution import Resolution, plain
from tfnss.training import GAN, R1

LEARNING_RATE = 0.001  # at 64x64 and below
HALF_PRECISION_RESOLUTIONS = 4


@keras.saving.register_keras_serializable("tfnss")
class StyleGAN(GAN):
    """StyleGAN (Karras et al. 2019): configuration A of the StyleGAN2 paper's table 1.

    Its networks hold the layers of all resolutions from 8x8 on, and can grow.

    Args:
        resolution: Side of a square, or height and width, in pixels: 3 to 16 times one power of two from 2, such as 64 (the
            paper has powers of two), 96 or (384, 640).
        channels: Colour channels: 1 (grey), 3 (RGB) or 4 (RGBA).
        noise: `euclidean` (StyleGAN's, of a strength for each channel), `riemannian` (Feng et al. 2021) or None.
        classes: Number of classes; 0 for an unconditional model. `fit` then needs labels.
        precision: `float32`; or `float16` or `bfloat16` for the four highest resolutions, with convolutions clamped to 256.
        latent_dim: Width of latents and styles.
        channel_base: Channels times nominal resolution (`models.sizes`).
        channel_max: Most channels of a layer.
        mapping_layers: Layers of the mapping network.
        group_size: Images in a group of the minibatch standard deviation.
        mixing_probability: Share of images with two styles.
        seed: Seed of the initial weights and of everything random in training.

    Raises:
        ValueError: For values outside these.

    Reference: Karras et al., A Style-Based Generator Architecture for Generative Adversarial Networks, CVPR 2019.
    """

    def __init__(
        self,
        resolution: Resolution = 64,
        channels: int = 3,
        noise: str | None = "euclidean",
        classes: int = 0,
        precision: str = "float32",
        latent_dim: int = 512,
        channel_base: int = 16384,
        channel_max: int = 512,
        mapping_layers: int = 8,
        group_size: int = 4,
        mixing_probability: float = 0.9,
        seed: int = 0,
        **kwargs: Any,
    ) -> None:
        arguments = {k: v for k, v in locals().items() if k not in ("self", "kwargs", "__class__")}
        check_arguments(channels, classes, mapping_layers, latent_dim, channel_base, channel_max)
        common: dict[str, Any] = {
            "channels": channels,
            "classes": classes,
            "channel_base": channel_base,
            "channel_max": channel_max,
            **half_precision(precision, HALF_PRECISION_RESOLUTIONS),
        }
        with layers_of(kwargs.get("dtype")):
            generator = StyleGANGenerator(
                resolution,
                latent_dim=latent_dim,
                style_dim=latent_dim,
                mapping_layers=mapping_layers,
                noise=noise,
                mixing_probability=mixing_probability,
                **common,
                name="generator",
            )
            discriminator = StyleGANDiscriminator(resolution, group_size=group_size, **common, name="discriminator")
            randomize(generator, [seed, 0])
            randomize(discriminator, [seed, 1])
            super().__init__(generator, discriminator, seed=seed, **kwargs)
        self._arguments = arguments | {"resolution": plain(resolution)}

    def compile(self, *args: Any, **kwargs: Any) -> None:
        """As `GAN.compile`; by default with the paper's Adam, R1 at every step, average of the generator, and growing.

        `growth=False` trains at the full resolution from the start.
        """
        given = self._given_parts(args, kwargs)
        defaults = {
            "generator_optimizer": adam(LEARNING_RATE),
            "discriminator_optimizer": adam(LEARNING_RATE),
            "regularizers": [R1(10.0)],
            "ema_half_life_kimg": 10.0,
            "ema_ramp_up": None,
            "growth": default_growth(given),
        }
        super().compile(**{**defaults, **given})

    def load_official(self, path: str | os.PathLike) -> None:
        """Takes the weights of an official checkpoint of StyleGAN, or of SSD-StyleGAN.

        Nothing in the file is executed. The generator and its average both become the file's average.

        Raises:
            ValueError: For a file that cannot be read, or is of another network. The message says in what.
        """
        take_checkpoint(self, read_of_stylegan(path), str(path))

    def get_config(self) -> dict:
        return {"name": self.name, **self._arguments, "dtype": self.dtype_policy.name}
