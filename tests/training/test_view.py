import keras
import numpy as np
import pytest
import tensorflow as tf

import tfnss
from tfnss.training.view import View, on_half


@pytest.mark.parametrize("batch", [1, 2, 5, 8])
def test_on_half_takes_every_other_image(batch):
    images = np.arange(batch, dtype="float32")[:, None, None, None] * np.ones((1, 2, 3, 1), "float32")
    shown = on_half(lambda half: half + 100, images).numpy()
    expected = [i + 100 if i % 2 == 0 and i < batch // 2 * 2 else i for i in range(batch)]
    np.testing.assert_array_equal(shown[:, 0, 0, 0], expected)


def test_groups_of_a_minibatch_stddev_are_homogeneous():
    shown = on_half(lambda half: half + 1, np.zeros((16, 1, 1, 1), "float32")).numpy().ravel()
    groups = shown.reshape(4, 4)  # group g holds the images g, g + 4, g + 8, ...
    assert (groups == groups[0]).all()


def test_time_follows_progress():
    images = np.random.default_rng(0).normal(size=(4, 6, 6, 3)).astype("float32")
    view = View(tfnss.ScaleSpace(), tfnss.StepAnnealing(9), half_batch=False)
    np.testing.assert_allclose(view(images, progress=tf.constant(0.1)), tfnss.ScaleSpace()(images, 9), atol=1e-6)
    np.testing.assert_array_equal(view(images, progress=tf.constant(0.6)), images)
    assert float(view.logs(tf.constant(0.1))["time"]) == 9


def test_half_batch_is_the_default():
    images = np.random.default_rng(0).normal(size=(4, 6, 6, 3)).astype("float32")
    shown = View(tfnss.ScaleSpace(), tfnss.ConstantAnnealing(9))(images, progress=tf.constant(0.0)).numpy()
    np.testing.assert_array_equal(shown[1::2], images[1::2])
    np.testing.assert_allclose(shown[::2], tfnss.ScaleSpace()(images[::2], 9), atol=1e-6)


class White(keras.layers.Layer):
    """A space of white images alone."""

    def call(self, images, time):
        return keras.ops.ones_like(images)


def test_values_of_projected_images():
    values = tf.range(5)
    assert View(tfnss.ScaleSpace()).projected(values).numpy().tolist() == [0, 2]
    assert View(tfnss.ScaleSpace(), half_batch=False).projected(values).numpy().tolist() == [0, 1, 2, 3, 4]


def test_the_history_is_of_projected_images_alone():
    """A space that makes images white, and a discriminator of their brightness: predictions are all of white ones."""
    white = White()
    discriminator = keras.Sequential(
        [keras.Input((8, 8, 3)), keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(1)]
    )
    gan = tfnss.GAN(
        keras.Sequential([keras.Input((2,)), keras.layers.Dense(192), keras.layers.Reshape((8, 8, 3))]), discriminator
    )
    gan.compile(keras.optimizers.SGD(0.0), keras.optimizers.SGD(0.0), view=View(white, tfnss.ConstantAnnealing(1)))
    history = gan.fit(np.zeros((8, 8, 8, 3), np.uint8), batch_size=4, epochs=1, verbose=0).history
    expected = float(tf.sigmoid(discriminator(np.ones((1, 8, 8, 3))))[0, 0])
    for name in ("real_prediction", "fake_prediction"):
        assert history[name] == pytest.approx([expected], abs=1e-6)


@pytest.mark.parametrize("spectral", [None, "logit", "probability"])
def test_the_history_is_of_all_logits_of_projected_images(spectral):
    """A discriminator of the brightness of each pixel, and a space of white images: none of the clean ones is counted."""
    discriminator = keras.Sequential([keras.Input((8, 8, 3)), keras.layers.Conv2D(1, 1)])
    gan = tfnss.GAN(
        keras.Sequential([keras.Input((2,)), keras.layers.Dense(192), keras.layers.Reshape((8, 8, 3))]), discriminator
    )
    classifier = tfnss.SpectralRealness(0.5, spectral) if spectral else None
    still = [keras.optimizers.SGD(0.0), keras.optimizers.SGD(0.0)]
    view = View(White(), tfnss.ConstantAnnealing(1))
    gan.compile(*still, view=view, spectral_realness=classifier, run_eagerly=True)
    history = gan.fit(np.zeros((8, 8, 8, 3), np.uint8), batch_size=4, epochs=1, verbose=0).history
    logits = discriminator(np.ones((1, 8, 8, 3)))
    if classifier is not None:
        logits = classifier.mix(logits, classifier(tf.ones((1, 8, 8, 3)))[:, 0])
    expected = float(tf.sigmoid(logits)[0, 0, 0, 0])
    for name in ("real_prediction", "fake_prediction"):
        assert history[name] == pytest.approx([expected], abs=1e-6)


@pytest.mark.parametrize("jit_compile", [False, True])
@pytest.mark.parametrize("space", [tfnss.ScaleSpace(), tfnss.NoisyScaleSpace(), tfnss.NoiseSpace()])
def test_differentiable_twice_and_not_retraced(space, jit_compile):
    images = tf.constant(np.random.default_rng(0).normal(size=(2, 6, 6, 3)), tf.float32)

    @tf.function(jit_compile=jit_compile)
    def second_order(images, time):
        source = tfnss.random.stateless.GlobalBatchSource(1, 2)
        with tf.GradientTape() as outer:
            outer.watch(images)
            with tf.GradientTape() as inner, tfnss.random.scope(source):
                inner.watch(images)
                value = tf.reduce_sum(space(images, time) ** 4)
            norm = tf.reduce_sum(inner.gradient(value, images) ** 2)
        return norm, outer.gradient(norm, images)

    direction = np.random.default_rng(1).normal(size=images.shape).astype("float32")
    for time in (0.0, 1.0, 2.5):
        _, gradient = second_order(images, tf.constant(time))
        step = 1e-2
        up, down = (second_order(images + s * step * direction, tf.constant(time))[0] for s in (1, -1))
        np.testing.assert_allclose(np.sum(gradient * direction), (up - down) / (2 * step), rtol=1e-2)
    assert second_order.experimental_get_tracing_count() == 1


def test_serialization():
    view = View(tfnss.NoiseSpace(0.3), tfnss.StepAnnealing(4), half_batch=False)
    copy = keras.layers.deserialize(keras.layers.serialize(view))
    assert copy.get_config() == view.get_config()
