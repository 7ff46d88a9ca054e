"""Games with classes: labels reach both players, and follow their images."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import tfnss
from models import StyleGAN2
from tests.training.networks import tiny_gan, tiny_images
from tfnss.data import Images
from tfnss.metrics.image_sets import GeneratedImages

CLASSES = 3


class Painter(keras.Model):
    """Images in the colour of their class, which is learned."""

    latent_dim, classes = 4, CLASSES

    def __init__(self):
        super().__init__()
        self.colours = self.add_weight(shape=(CLASSES, 3), initializer="zeros", name="colours")
        self.built = True

    def call(self, latents, labels, training=False):
        colours = tf.matmul(labels, self.colours) + 0 * latents[:, :3]
        return tf.tile(colours[:, None, None], (1, 8, 8, 1))

    def get_config(self):
        return {}


class Critic(keras.Model):
    """How well the colour of an image goes with its label."""

    def __init__(self):
        super().__init__()
        self.taste = self.add_weight(shape=(CLASSES, 3), initializer="zeros", name="taste")
        self.built = True

    def call(self, images, labels, training=False):
        return tf.reduce_sum(tf.reduce_mean(images, (1, 2)) * tf.matmul(labels, self.taste), 1, keepdims=True)

    def get_config(self):
        return {}


def coloured(count=48):
    """Images in the colour of their class, and the labels."""
    labels = np.random.default_rng(0).integers(CLASSES, size=count)
    colours = np.array([[0.9, -0.9, -0.9], [-0.9, 0.9, -0.9], [-0.9, -0.9, 0.9]], "float32")
    return np.tile(colours[labels][:, None, None], (1, 8, 8, 1)), labels


def painting(strategy=None, **parts):
    with (strategy or tf.distribute.get_strategy()).scope():
        gan = tfnss.GAN(Painter(), Critic())
        sgd = [keras.optimizers.SGD(0.5) for _ in range(2)]
        gan.compile(*sgd, **{"loss": "wasserstein", "regularizers": [tfnss.R1(1.0)], **parts})
    return gan


def test_every_class_learns_its_own_colour():
    images, labels = coloured()
    gan = painting(ema_half_life_kimg=0.05)
    gan.fit(images, labels, batch_size=12, epochs=20, verbose=0)
    found = gan.generate(6).mean(axis=(1, 2))
    assert (found.argmax(axis=1) == [0, 1, 2, 0, 1, 2]).all()
    assert (found.max(axis=1) > 150).all()
    assert (found.min(axis=1) < 100).all()


def test_replicas_parts_and_whole_batches_agree(mirrored):
    images, labels = coloured()
    results = []
    for strategy, steps in ((None, 1), (None, 2), (mirrored, 1)):
        gan = painting(strategy, accumulation_steps=steps)
        gan.fit(Images(images, 12, labels=labels), epochs=1, verbose=0)
        results.append(np.concatenate([w.ravel() for w in gan.get_weights()]))
    assert np.abs(results[0][:18]).max() > 0.1
    for result in results[1:]:
        np.testing.assert_allclose(result, results[0], atol=1e-5)


def test_datasets_of_pairs_are_the_same_game():
    images, labels = coloured()
    results = []
    for x in (
        Images(images, 12, labels=labels),
        Images(images, 12, labels=labels).dataset().map(lambda x, y: (x, tf.cast(y, tf.uint8))),
    ):
        gan = painting()
        gan.fit(x, epochs=1, steps_per_epoch=4, verbose=0)
        results.append(gan.generator.colours.numpy())
    np.testing.assert_array_equal(*results)


def test_labels_of_an_unconditional_game_are_left_out():
    images, labels = coloured()
    results = []
    for given in (None, labels):
        gan = tiny_gan()
        gan.compile()
        gan.fit(images, given, batch_size=16, verbose=0)
        results.append(gan.generator.get_weights())
    for one, other in zip(*results, strict=True):
        np.testing.assert_array_equal(one, other)


def test_samples_have_the_classes_asked_for():
    gan = painting()
    gan.generator_ema.colours.assign([[0.5] * 3, [0.0] * 3, [-0.5] * 3])
    assert gan.generate(5)[:, 0, 0, 0].tolist() == [191, 128, 64, 191, 128]
    assert gan.generate(3, labels=2)[:, 0, 0, 0].tolist() == [64] * 3
    assert gan.generate(3, labels=[2, 0, 1], batch_size=2)[:, 0, 0, 0].tolist() == [64, 191, 128]
    measured = np.concatenate(list(GeneratedImages(gan, 5).batches(2, 5)))
    np.testing.assert_array_equal(measured, gan.generate(5))


@pytest.mark.slow
def test_stylegan2_trains_on_classes(pictures, tmp_path):
    """Path length, R1 and the average style with labels; the whole in the checkpoint and the SavedModel."""
    gan = StyleGAN2(8, classes=2, latent_dim=4, channel_base=32, channel_max=4, mapping_layers=1, group_size=2)
    gan.compile(regularizers=[tfnss.R1(1.0, 2), tfnss.PathLength(interval=2)], run_eagerly=True)
    labels = np.arange(len(pictures)) % 2
    before = [w.numpy().copy() for w in (gan.generator.mapping.embed.kernel, gan.discriminator.embed.kernel)]
    history = gan.fit(tiny_images(pictures), labels, batch_size=8, steps_per_epoch=2, verbose=0).history
    assert np.isfinite(list(history.values())).all()
    for kernel, old in zip((gan.generator.mapping.embed.kernel, gan.discriminator.embed.kernel), before, strict=True):
        assert np.abs(kernel.numpy() - old).max() > 0
    gan.export(tmp_path / "model")
    signatures = tf.saved_model.load(tmp_path / "model").signatures
    np.testing.assert_array_equal(
        signatures["sample"](count=tf.constant(3), seed=tf.constant(0))["images"], gan.generate(3, batch_size=3)
    )
    latents, labels = tf.ones((2, 4)), tf.constant([1, 0])
    given = {"latents": latents, "labels": labels, "truncation": tf.constant(0.5)}
    styles = signatures["map"](**given)["styles"]
    np.testing.assert_allclose(
        styles, gan.generator_ema.styles(latents, tf.one_hot(labels, 2), truncation=0.5), atol=1e-5
    )
    seed = tf.constant(3)
    np.testing.assert_array_equal(
        signatures["generate"](**given, noise_seed=seed)["images"],
        signatures["synthesize"](styles=styles, noise_seed=seed)["images"],
    )
    with pytest.raises(tf.errors.InvalidArgumentError, match="class out of range"):
        signatures["serving_default"](latents=latents, labels=tf.constant([0, 2]))


@pytest.mark.parametrize(
    ("play", "says"),
    [
        (lambda images, labels: painting().fit(images, batch_size=12), "3 classes needs labels"),
        (lambda images, labels: painting().fit(images, labels + 1, batch_size=12), "class 3, out of range"),
        (lambda images, labels: painting().fit(images, labels - 1, batch_size=12), "integers >= 0"),
        (lambda images, labels: painting().fit(images, labels[1:], batch_size=12), "one per image"),
        (lambda images, labels: painting().fit(Images(images, 12), labels), "beside an array"),
        (lambda images, labels: painting().fit(Images(images, 12).dataset(), steps_per_epoch=1), "no labels"),
        (lambda images, labels: painting().generate(2, labels=3), "class out of range: 3"),
        (lambda images, labels: painting().generate(2, labels=[0.5, 1]), "must be integers"),
        (lambda images, labels: tiny_gan().generate(2, labels=0), "no classes"),
        (lambda images, labels: StyleGAN2(8, classes=-1), "classes=-1"),
    ],
)
def test_bad_input(play, says):
    with pytest.raises(ValueError, match=says):
        play(*coloured())


def functional(kind, shape, outputs, *labels):
    inputs = [keras.Input(shape), *(keras.Input((CLASSES,)) for _ in labels)]
    flat = keras.layers.Concatenate()([keras.layers.Flatten()(one) for one in inputs]) if labels else inputs[0]
    return keras.Model(inputs, keras.layers.Dense(outputs)(flat), name=kind)


@pytest.mark.parametrize(
    ("generator", "discriminator", "says"),
    [
        (functional("pair", (4,), 3, "labels"), Critic(), "the generator of .* `call` takes latents and labels"),
        (Painter(), functional("critic", (8, 8, 3), 1, "labels"), "the discriminator of .* images and labels"),
        (Painter(), functional("critic", (8, 8, 3), 1), "classes.md. Received: Functional critic"),
        (Painter(), keras.Sequential([keras.Input((8, 8, 3)), keras.layers.Flatten()]), "Received: Sequential"),
        (functional("plain", (4,), 3), functional("pair", (3,), 1, "labels"), "the discriminator of a conditional GAN"),
    ],
)
def test_networks_that_cannot_take_labels_are_refused(generator, discriminator, says):
    """Keras' functional models take all inputs as one argument."""
    with pytest.raises(ValueError, match=says):
        tfnss.GAN(generator, discriminator)


def test_a_dataset_with_a_class_out_of_range_stops():
    images, labels = coloured()
    pairs = tf.data.Dataset.from_tensor_slices((images, labels + 1)).batch(12, drop_remainder=True)
    with pytest.raises(tf.errors.InvalidArgumentError, match="class out of range"):
        painting().fit(pairs, verbose=0)
