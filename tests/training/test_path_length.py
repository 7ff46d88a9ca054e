"""Path lengths in the engine, of a generator with styles of a few weights."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import tfnss
from tests.training.networks import tiny_images
from tfnss.data import Images

CLASSES = 3


class Styled(keras.Model):
    """Images of a product of two styles, each of a latent and its class."""

    latent_dim, classes, slots = 4, CLASSES, 2

    def __init__(self):
        super().__init__()
        init = keras.initializers.RandomNormal(seed=0)
        self.mapping = keras.layers.Dense(6, kernel_initializer=init)
        self.mapping.build((None, 4 + CLASSES))
        self.image = keras.layers.Dense(192, kernel_initializer=init)
        self.image.build((None, 6))
        self.average_style = self.add_weight(shape=(6,), initializer="zeros", trainable=False)
        self.built = True

    def styles(self, latents, labels=None, truncation=1.0, training=False):
        return tf.tile(self.mapping(tf.concat([latents, 5 * labels], 1))[:, None], (1, 2, 1))

    def synthesis(self, styles, training=False):
        return tf.reshape(self.image(styles[:, 0] * styles[:, 1]), (-1, 8, 8, 3))

    def call(self, latents, labels, training=False):
        return self.synthesis(self.styles(latents, labels))

    def get_config(self):
        return {}


class Critic(keras.Model):
    """The mean colour, weighed by class."""

    def __init__(self):
        super().__init__()
        self.taste = self.add_weight(shape=(CLASSES, 3), initializer="ones")
        self.built = True

    def call(self, images, labels, training=False):
        return tf.reduce_sum(tf.reduce_mean(images, (1, 2)) * tf.matmul(labels, self.taste), 1, keepdims=True)

    def get_config(self):
        return {}


def styled(strategy=None, path_length=None, **parts):
    with (strategy or tf.distribute.get_strategy()).scope():
        gan = tfnss.GAN(Styled(), Critic())
        sgd = [keras.optimizers.SGD(0.01) for _ in range(2)]
        gan.compile(*sgd, regularizers=[path_length or tfnss.PathLength(interval=2)], **parts)
    return gan


@pytest.mark.parametrize("batch_share", [0.5, 0.25, 1.0])
def test_paths_have_the_same_classes_on_replicas_and_in_parts(batch_share, pictures, mirrored):
    labels = np.random.default_rng(0).integers(CLASSES, size=len(pictures))
    results = []
    for strategy, parts in ((None, 1), (None, 2), (mirrored, 1)):
        path_length = tfnss.PathLength(weight=20.0, interval=2, batch_share=batch_share)
        gan = styled(strategy, path_length, accumulation_steps=parts, run_eagerly=True)
        before = gan.generator.mapping.kernel.numpy()
        gan.fit(Images(tiny_images(pictures), 16, labels=labels), steps_per_epoch=2, verbose=0)
        assert np.abs(gan.generator.mapping.kernel.numpy() - before).max() > 1e-3
        results.append(np.concatenate([w.ravel() for w in gan.get_weights()]))
    for result in results[1:]:
        np.testing.assert_allclose(result, results[0], atol=1e-6)


@pytest.mark.parametrize("interval", [1, 2])
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_step_that_is_not_finite_leaves_the_states_as_they_were(interval, bad):
    """16-bit numbers overflow now and then; the mean of path lengths and ADA's state are not lost with them."""
    augmentation = tfnss.AdaptiveAugmentation("color")
    gan = styled(path_length=tfnss.PathLength(interval=interval), augmentation=augmentation)
    for length, sign, mean in ((2.0, 1.0, 0.02), (bad, bad, 0.02), (3.0, 1.0, 0.0498)):
        logs = {"path_length": tf.constant(length), "real_sign": tf.constant(sign)}
        for phase in gan.phases:
            gan.distribute_strategy.run(lambda phase=phase, logs=logs: phase.update(gan.game, logs))
        assert float(gan.path_length_mean.numpy()) == pytest.approx(mean, rel=1e-4)
    np.testing.assert_array_equal(gan.augmentation_state, [0, 2, 2])
