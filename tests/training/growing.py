"""A tiny GAN that grows, for tests of the engine."""

import keras
import tensorflow as tf
from keras import ops

from tfnss.training import GAN

CHANNELS = 4


def nearest(images):
    return ops.repeat(ops.repeat(images, 2, axis=1), 2, axis=2)


def means(images):
    return ops.average_pool(images, 2)


def dense(units, seed):
    return keras.layers.Dense(units, kernel_initializer=keras.initializers.RandomNormal(stddev=0.3, seed=seed))


@keras.saving.register_keras_serializable("tests")
class Generator(keras.Model):
    """From styles, one slot for each resolution: 8 to 8 * 2^most_halvings."""

    def __init__(self, most_halvings=1, latent_dim=4, classes=0, seed=0, **kwargs):
        super().__init__(**kwargs)
        self.most_halvings, self.latent_dim, self.classes, self.seed = most_halvings, latent_dim, classes, seed
        self.slots = most_halvings + 1
        self.first = dense(8 * 8 * CHANNELS, seed)
        self.first.build((None, latent_dim + classes))
        self.blocks = [dense(CHANNELS, seed + 10 + k) for k in range(most_halvings)]
        self.affines = [dense(CHANNELS, seed + 20 + k) for k in range(most_halvings)]
        self.colours = [dense(3, seed + 30 + k) for k in range(most_halvings + 1)]
        for layer in (*self.blocks, *self.colours):
            layer.build((None, CHANNELS))
        for layer in self.affines:
            layer.build((None, latent_dim + classes))
        self.average_style = self.add_weight(
            name="average", shape=(latent_dim + classes,), initializer="zeros", trainable=False
        )
        self.lod = self.add_weight(name="lod", shape=(), dtype="float32", initializer="zeros", trainable=False)
        self.statistics = [self.lod]
        self.built = True

    def mapping(self, latents, labels=None):
        return latents if labels is None else ops.concatenate([latents, ops.cast(labels, latents.dtype)], axis=1)

    def styles(self, latents, labels=None, *, truncation=1.0, training=False, halvings=None):
        return ops.repeat(self.mapping(latents, labels)[:, None], self.slots, axis=1)

    def synthesis(self, styles, *, halvings=None, fade=None, training=False):
        top = self.most_halvings - (halvings or 0)
        x = ops.reshape(ops.tanh(self.first(styles[:, 0])), (-1, 8, 8, CHANNELS))
        images = [self.colours[0](x)]
        for k in range(top):
            x = ops.tanh(self.blocks[k](nearest(x)) + self.affines[k](styles[:, k + 1])[:, None, None])
            images.append(self.colours[k + 1](x))
        if halvings is None:
            image = images[0]
            for k in range(1, self.most_halvings + 1):
                share = ops.clip(ops.convert_to_tensor(self.lod) - (self.most_halvings - k), 0, 1)
                image = (1 - share) * images[k] + share * nearest(image)
            return image
        if fade is None:
            return images[-1]
        return (1 - fade) * images[-1] + fade * nearest(images[-2])

    def call(self, latents, labels=None, halvings=None, fade=None, training=False):
        return self.synthesis(self.styles(latents, labels, training=training), halvings=halvings, fade=fade)

    def get_config(self):
        own = {name: getattr(self, name) for name in ("most_halvings", "latent_dim", "classes", "seed")}
        return {**own, "name": self.name}

    @classmethod
    def from_config(cls, config):
        return cls(**config)


@keras.saving.register_keras_serializable("tests")
class Discriminator(keras.Model):
    def __init__(self, most_halvings=1, classes=0, seed=0, head=None, **kwargs):
        super().__init__(**kwargs)
        self.most_halvings, self.classes, self.seed = most_halvings, classes, seed
        self.colours = [dense(CHANNELS, seed + 50 + k) for k in range(most_halvings + 1)]
        self.blocks = [dense(CHANNELS, seed + 60 + k) for k in range(most_halvings)]
        self.head = dense(max(1, classes), seed + 70)
        self.group = head
        for layer in self.colours:
            layer.build((None, 3))
        for layer in self.blocks:
            layer.build((None, CHANNELS))
        self.head.build((None, 8 * 8 * CHANNELS + (head is not None) * 64))
        self.built = True

    def call(self, images, labels=None, fade=None, training=False):
        top = (images.shape[1] // 8).bit_length() - 1
        x = ops.leaky_relu(self.colours[top](images))
        for k in range(top, 0, -1):
            x = means(ops.leaky_relu(self.blocks[k - 1](x)))
            if k == top and fade is not None:
                x = (1 - fade) * x + fade * ops.leaky_relu(self.colours[k - 1](means(images)))
        x = self.group(x) if self.group is not None else x
        logits = self.head(ops.reshape(x, (x.shape[0], -1)))
        return logits if labels is None else ops.sum(logits * ops.cast(labels, logits.dtype), axis=1, keepdims=True)

    def get_config(self):
        return {"most_halvings": self.most_halvings, "classes": self.classes, "seed": self.seed, "name": self.name}

    @classmethod
    def from_config(cls, config):
        return cls(**config)


def growing_gan(most_halvings=1, classes=0, seed=0, head=None):
    """A GAN from 8x8 to `8 << most_halvings`."""
    return GAN(Generator(most_halvings, classes=classes), Discriminator(most_halvings, classes, head=head), seed=seed)


def average_pooled(images, halvings):
    """Means over squares, by TensorFlow."""
    side = 2**halvings
    return tf.nn.avg_pool2d(tf.cast(images, tf.float64), side, side, "VALID").numpy()
