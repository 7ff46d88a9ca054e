"""The two networks of SNGAN, on every Keras backend."""

import math
from typing import Any

import keras
from keras import layers, ops

from models.initializers import Initializers
from tfnss.layers import BatchNormalization, BilinearUpsampling2D, Conv2D, HaarDownsample, SpectralConv2D, SpectralDense
from tfnss.layers.noise import noise_injection


def generator_of(
    stem: tuple[int, int], latent_dim: int, widths: list[int], channels: int, noise: str | None, draws: Initializers
) -> keras.Model:
    """A network from latents `[batch, latent_dim]` to images `[batch, height, width, channels]` in [-1, 1]."""
    latents = keras.Input((latent_dim,), name="latents")
    x = layers.Dense(math.prod(stem) * widths[0], **draws.xavier(latent_dim), name="stem")(latents)
    x = layers.Reshape((*stem, widths[0]))(x)
    for index, width in enumerate(widths[1:]):
        x = _generator_block(x, width, noise, draws, f"block{index}")
    x = _activated(x, noise, "head_normalization")
    x = _convolution(x, channels, 3, draws, name="head")
    images = layers.Activation("tanh", dtype="float32", name="images")(x)
    return keras.Model(latents, images, name="generator")


def _generator_block(x: Any, width: int, noise: str | None, draws: Initializers, name: str) -> Any:
    residual = BilinearUpsampling2D()(_activated(x, noise, f"{name}_normalization0"))
    residual = _convolution(residual, width, 3, draws, math.sqrt(2), name=f"{name}_conv0")
    residual = _activated(residual, noise, f"{name}_normalization1")
    residual = _convolution(residual, width, 3, draws, math.sqrt(2), name=f"{name}_conv1")
    # The papers interpolate first. 1x1 convolutions commute with that, and have a quarter of the pixels before it.
    shortcut = BilinearUpsampling2D()(_convolution(x, width, 1, draws, name=f"{name}_shortcut"))
    return layers.Add(name=name)([residual, shortcut])


def _activated(x: Any, noise: str | None, name: str) -> Any:
    x = BatchNormalization(momentum=0.9, epsilon=1e-5, name=name)(x)
    injection = noise_injection(noise)
    return layers.ReLU()(x if injection is None else injection(x))


def discriminator_of(
    shape: tuple[int, int, int],
    widths: list[int],
    halvings: int,
    downsampling: str,
    shortcut: str,
    draws: Initializers,
) -> keras.Model:
    """A network from images `[batch, *shape]` in [-1, 1] to logits `[batch, 1]`."""
    images = x = keras.Input(shape, name="images")
    for index, width in enumerate(widths):
        halving = downsampling if index < halvings else None
        x = _discriminator_block(x, width, halving, shortcut, draws, f"block{index}")
    x = ops.sum(ops.cast(layers.ReLU()(x), "float32"), axis=(1, 2))
    logits = SpectralDense(1, seed=draws.seed(), **draws.xavier(widths[-1]), dtype="float32", name="logits")(x)
    return keras.Model(images, logits, name="discriminator")


def _discriminator_block(
    x: Any, width: int, downsampling: str | None, shortcut: str, draws: Initializers, name: str
) -> Any:
    """Two convolutions beside a shortcut. Pooling comes after the second one, the wavelet transform before it."""
    first = name == "block0"  # on images, which no activation may cut
    residual = x if first else layers.ReLU()(x)
    x = residual if shortcut == "rectified" else x
    hidden = width if first else x.shape[-1]
    residual = _spectral_convolution(residual, hidden, 3, draws, math.sqrt(2), name=f"{name}_conv0")
    residual = layers.ReLU()(residual)
    if downsampling == "dwt":
        residual = HaarDownsample()(residual)
    pool_size = 2 if downsampling == "average" else 1
    residual = _spectral_convolution(residual, width, 3, draws, math.sqrt(2), name=f"{name}_conv1", pool_size=pool_size)
    return layers.Add(name=name)([residual, _shortcut(x, width, downsampling, draws, f"{name}_shortcut")])


def _shortcut(x: Any, width: int, downsampling: str | None, draws: Initializers, name: str) -> Any:
    """The features as they are, if they fit; else halved, then through a 1x1 convolution.

    The papers pool last, but in the first block. 1x1 convolutions commute with means, and have a quarter of the pixels after
    them.
    """
    if downsampling is None and x.shape[-1] == width:
        return x
    if downsampling == "dwt":
        x = HaarDownsample()(x)
    elif downsampling == "average":
        x = layers.AveragePooling2D(2)(x)
    return _spectral_convolution(x, width, 1, draws, name=name)


def _spectral_convolution(
    x: Any, width: int, size: int, draws: Initializers, gain: float = 1.0, *, name: str, pool_size: int = 1
) -> Any:
    return _convolution(x, width, size, draws, gain, SpectralConv2D, name=name, pool_size=pool_size, seed=draws.seed())


def _convolution(
    x: Any,
    width: int,
    size: int,
    draws: Initializers,
    gain: float = 1.0,
    layer: type[keras.layers.Layer] = Conv2D,
    **kwargs: Any,
) -> Any:
    weights = draws.xavier(size * size * x.shape[-1], gain)
    return layer(width, size, padding="same", **weights, **kwargs)(x)
