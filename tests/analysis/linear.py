"""A generator whose images are linear in its styles, so that projections are known."""

import numpy as np
import tensorflow as tf


class LinearGenerator:
    """Images `[batch, 4, 4, 1]` of the mean style over its slots, without noise; styles are its latents."""

    latent_dim, slots = 3, 2

    def __init__(self, seed=0):
        self.matrix = 0.1 * np.random.default_rng(seed).normal(size=(3, 16)).astype("float32")

    def mapping(self, latents, labels=None):
        return latents

    def styles(self, latents, labels=None, truncation=1.0, training=False):
        return tf.repeat(latents[:, None], self.slots, axis=1)

    def synthesis(self, styles, noise="random", training=False):
        return tf.reshape(tf.reduce_mean(styles, axis=1) @ self.matrix, (-1, 4, 4, 1))

    def nearest(self, images):
        """The styles and the images that come nearest to given ones in mean square."""
        flat = np.asarray(images, np.float64).reshape(len(images), 16)
        styles = np.linalg.lstsq(self.matrix.T.astype(np.float64), flat.T, rcond=None)[0].T
        return styles, (styles @ self.matrix).reshape(images.shape)
