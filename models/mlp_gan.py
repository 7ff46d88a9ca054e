"""The first GAN (Goodfellow et al. 2014): two multilayer perceptrons."""

import math
from collections.abc import Sequence
from typing import Any

import keras
from keras import layers

from models.initializers import Initializers
from models.precision import layers_of
from tfnss.training import GAN


@keras.saving.register_keras_serializable("tfnss")
class MLPGAN(GAN):
    """Dense layers alone, for toy images: ReLU and a linear output in the generator, leaky ReLU in the discriminator.

    The generator makes float32 images `[batch, resolution, resolution, channels]` of normal latents `[batch, latent_dim]`;
    nothing bounds them to [-1, 1]. The discriminator makes float32 logits `[batch, 1]` of images. The networks of 2014
    (maxout units and dropout in the discriminator, a sigmoid at the end of the generator) are not copied: these are of their
    kind, and smaller.

    Args:
        resolution: Height and width in pixels, >= 1.
        latent_dim: Width of the latents.
        channels: Channels of the images, 1 or 3.
        generator_widths: Units of the generator's hidden layers, from the latents on.
        discriminator_widths: Units of the discriminator's hidden layers, from the image on.
        seed: Seed of the initial weights and of everything random in training.

    Raises:
        ValueError: For values outside these.

    Reference: Goodfellow et al., Generative Adversarial Nets.
    """

    def __init__(
        self,
        resolution: int = 8,
        latent_dim: int = 32,
        channels: int = 1,
        generator_widths: Sequence[int] = (256, 256),
        discriminator_widths: Sequence[int] = (256, 256),
        seed: int = 0,
        **kwargs: Any,
    ) -> None:
        if resolution < 1 or latent_dim < 1:
            raise ValueError(
                f"`resolution` and `latent_dim` must be >= 1. Received: resolution={resolution}, latent_dim={latent_dim}"
            )
        if channels not in (1, 3):
            raise ValueError(f"`channels` must be 1 or 3. Received: channels={channels}")
        for name, widths in (("generator_widths", generator_widths), ("discriminator_widths", discriminator_widths)):
            if not widths or min(widths) < 1:
                raise ValueError(f"`{name}` must hold one width >= 1 or more. Received: {name}={widths}")
        self._config = {
            "resolution": resolution,
            "latent_dim": latent_dim,
            "channels": channels,
            "generator_widths": list(generator_widths),
            "discriminator_widths": list(discriminator_widths),
            "seed": seed,
        }
        shape = (resolution, resolution, channels)
        draws = Initializers(seed)
        with layers_of(kwargs.get("dtype")):
            super().__init__(
                _generator(latent_dim, generator_widths, shape, draws),
                _discriminator(shape, discriminator_widths, draws),
                seed=seed,
                **kwargs,
            )

    def get_config(self) -> dict:
        return {**self._config, "name": self.name, "dtype": self.dtype_policy.name}


def _generator(latent_dim: int, widths: Sequence[int], shape: tuple[int, ...], draws: Initializers) -> keras.Model:
    latents = x = keras.Input((latent_dim,), name="latents")
    for width in widths:
        x = layers.ReLU()(_dense(x, width, draws, gain=math.sqrt(2)))
    pixels = _dense(x, math.prod(shape), draws, dtype="float32", name="pixels")
    return keras.Model(latents, layers.Reshape(shape, dtype="float32", name="images")(pixels), name="generator")


def _discriminator(shape: tuple[int, ...], widths: Sequence[int], draws: Initializers) -> keras.Model:
    images = keras.Input(shape, name="images")
    x = layers.Flatten()(images)
    for width in widths:
        x = layers.LeakyReLU(0.2)(_dense(x, width, draws, gain=math.sqrt(2)))
    return keras.Model(images, _dense(x, 1, draws, dtype="float32", name="logits"), name="discriminator")


def _dense(x: Any, width: int, draws: Initializers, gain: float = 1.0, **kwargs: Any) -> Any:
    return layers.Dense(width, **draws.xavier(x.shape[-1], gain), **kwargs)(x)
