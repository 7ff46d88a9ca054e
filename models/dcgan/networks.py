"""The two networks of DCGAN, on every Keras backend."""

import keras
from keras import layers

from models.initializers import Initializers
from models.sizes import Pyramid
from tfnss.layers import BatchNormalization, Conv2D, Conv2DTranspose, LayerNormalization, ResizeConv2D
from tfnss.layers.noise import noise_injection


def generator_of(
    size: Pyramid,
    latent_dim: int,
    widths: list[int],
    channels: int,
    upsampling: str,
    noise: str | None,
    draws: Initializers,
) -> keras.Model:
    """A network from latents `[batch, latent_dim]` to images `[batch, height, width, channels]` in [-1, 1].

    Raises:
        ValueError: For an `upsampling` or a `noise` that there is not.
    """
    height, width = size.smallest
    latents = keras.Input((latent_dim,), name="latents")
    x = layers.Dense(height * width * widths[0], use_bias=False, kernel_initializer=draws.normal(), name="stem")(
        latents
    )
    x = layers.Reshape((height, width, widths[0]))(x)
    for filters in [*widths[1:], channels]:
        x = _normalization("batch", draws)(x)
        injection = noise_injection(noise)
        x = layers.ReLU()(x if injection is None else injection(x))
        x = _doubling(upsampling, filters, draws)(x)
    images = layers.Activation("tanh", dtype="float32", name="images")(x)
    return keras.Model(latents, images, name="generator")


def discriminator_of(
    size: Pyramid, channels: int, widths: list[int], normalization: str | None, draws: Initializers
) -> keras.Model:
    """A network from images `[batch, height, width, channels]` in [-1, 1] to logits `[batch, 1]`.

    Raises:
        ValueError: For a `normalization` that there is not.
    """
    images = x = keras.Input((*size.size, channels), name="images")
    for level, width in enumerate(widths):
        x = Conv2D(width, 4, strides=2, padding="same", use_bias=False, kernel_initializer=draws.normal())(x)
        if level > 0 and normalization is not None:
            x = _normalization(normalization, draws)(x)
        x = layers.LeakyReLU(0.2)(x)
    x = Conv2D(1, size.smallest, use_bias=False, kernel_initializer=draws.normal(), name="head")(x)
    logits = layers.Flatten(dtype="float32", name="logits")(x)
    return keras.Model(images, logits, name="discriminator")


def _doubling(kind: str, filters: int, draws: Initializers) -> keras.layers.Layer:
    """A layer that doubles height and width."""
    if kind == "transposed":
        return Conv2DTranspose(filters, 4, strides=2, padding="same", use_bias=False, kernel_initializer=draws.normal())
    if kind == "nearest":
        return ResizeConv2D(filters, 3, use_bias=False, kernel_initializer=draws.normal())
    raise ValueError(f"`upsampling` must be 'transposed' or 'nearest'. Received: {kind!r}")


def _normalization(kind: str, draws: Initializers) -> keras.layers.Layer:
    if kind == "batch":
        return BatchNormalization(momentum=0.9, epsilon=1e-5, gamma_initializer=draws.normal(1.0))
    if kind == "layer":
        return LayerNormalization()
    raise ValueError(f"`discriminator_normalization` must be 'batch', 'layer' or None. Received: {kind!r}")
