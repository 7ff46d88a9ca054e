"""Tiny networks for tests of the engine."""

import keras
from keras import layers

from tfnss.training import GAN


def tiny_gan(seed=0, size=8, latent_dim=4, normalization=False, dropout=False):
    """A GAN of a few hundred weights on `size`x`size` RGB images."""

    def init():
        return keras.initializers.RandomNormal(stddev=0.3, seed=seed)

    latents = keras.Input((latent_dim,))
    bias = not normalization  # a bias before normalisation has no gradient but rounding errors, which Adam blows up
    x = layers.Dense(size * size // 4 * 4, use_bias=bias, kernel_initializer=init())(latents)
    x = layers.Reshape((size // 2, size // 2, 4))(x)
    x = layers.BatchNormalization()(x) if normalization else x
    x = layers.Conv2DTranspose(3, 4, 2, padding="same", activation="tanh", kernel_initializer=init())(x)
    generator = keras.Model(latents, x)
    images = keras.Input((size, size, 3))
    x = layers.Conv2D(4, 3, 2, padding="same", use_bias=bias, kernel_initializer=init())(images)
    x = layers.BatchNormalization()(x) if normalization else x
    x = layers.LeakyReLU(0.2)(x)
    x = layers.Dropout(0.5, seed=1)(x) if dropout else x
    logits = layers.Dense(1, kernel_initializer=init())(layers.Flatten()(x))
    return GAN(generator, keras.Model(images, logits), seed=seed)


def tiny_images(pictures, size=8):
    return pictures[:, ::4, ::4][:, :size, :size]
