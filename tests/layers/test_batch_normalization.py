import keras
import numpy as np
import pytest

from tests.layers.derivatives import check_second_derivatives
from tests.layers.harness import check_layer
from tests.layers.test_resample import random_images
from tfnss.layers import BatchNormalization, batch_normalization

tensorflow_only = pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="XLA on CPUs is TensorFlow's")


def trained(kind, images, jit_compile, **arguments):
    """What a layer gives of a batch, with the gradients of a loss by images and weights, and the averages after it."""
    import tensorflow as tf

    layer = kind(momentum=0.9, epsilon=1e-5, **arguments)
    layer.build(images.shape)
    for number, weight in enumerate(layer.trainable_weights):
        weight.assign(random_images(images.shape[-1]) + number)

    @tf.function(jit_compile=jit_compile, autograph=False)
    def step(images):
        with tf.GradientTape() as tape:
            tape.watch(images)
            results = layer(images, training=True)
            loss = tf.reduce_sum(results**3)
        return results, tape.gradient(loss, [images, *(w.value for w in layer.trainable_weights)])

    results, gradients = step(tf.constant(images, tf.float32))
    return [results, *gradients, *(w.value for w in layer.non_trainable_weights)]


def test_is_a_keras_layer():
    check_layer(BatchNormalization, random_images(4, 3, 2, 5).astype("float32"))


@tensorflow_only
@pytest.mark.parametrize("arguments", [{}, {"scale": False}, {"center": False}], ids=["whole", "no scale", "no offset"])
@pytest.mark.parametrize("shape", [(4, 6, 5, 3), (16, 3)], ids=["images", "vectors"])
def test_numbers_are_keras_own(arguments, shape):
    images = 2 + random_images(*shape)
    expected = trained(keras.layers.BatchNormalization, images, False, **arguments)
    for value, found in zip(expected, trained(BatchNormalization, images, True, **arguments), strict=True):
        np.testing.assert_allclose(found, value, rtol=1e-4, atol=1e-3)


@tensorflow_only
def test_a_large_mean_leaves_the_variance_right():
    images = 1000 + random_images(8, 4, 4, 2)
    *_, mean, variance = trained(BatchNormalization, images, True)
    np.testing.assert_allclose(mean, 0.1 * images.mean((0, 1, 2)), rtol=1e-4)
    np.testing.assert_allclose(variance, 0.9 + 0.1 * images.var((0, 1, 2)), rtol=1e-4)


@tensorflow_only
def test_second_derivatives(monkeypatch):
    """Keras' own layer has wrong ones: it treats the mean as a constant in the variance."""
    monkeypatch.setattr(BatchNormalization, "_by_products", lambda layer, inputs: True)
    layer = BatchNormalization(dtype="float64")
    layer.build((None, 3, 2, 2))
    check_second_derivatives(lambda x: layer(x, training=True), random_images(2, 3, 2, 2))


@tensorflow_only
def test_only_training_under_xla_on_cpus_takes_them(monkeypatch):
    import tensorflow as tf

    taken = []

    def sums(x, original=batch_normalization._channel_sums):
        taken.append(x)
        return original(x)

    monkeypatch.setattr(batch_normalization, "_channel_sums", sums)
    layer, images = BatchNormalization(), tf.ones((2, 2, 2, 3))
    layer.build(images.shape)

    def taken_by(jit_compile, training=True, **arguments):
        taken.clear()
        tf.function(lambda x: layer(x, training=training, **arguments), jit_compile=jit_compile, autograph=False)(
            images
        )
        return len(taken)

    assert taken_by(True) == 2
    assert not taken_by(False)
    assert not taken_by(True, training=False)
    assert not taken_by(True, mask=tf.ones((2, 2, 2), bool))
    layer.trainable = False
    assert not taken_by(True)
    layer.trainable = True
    monkeypatch.setattr("tfnss.xla.accelerated", lambda: True)
    assert not taken_by(True)


def test_weights_are_keras_own(tmp_path):
    models = []
    for kind in (keras.layers.BatchNormalization, BatchNormalization):
        keras.utils.clear_session()
        models.append(keras.Sequential([keras.Input((4, 6, 3)), kind()]))
    old, new = models
    assert [w.path for w in new.weights] == [w.path for w in old.weights]
    old.layers[0].moving_mean.assign([1.0, 2.0, 3.0])
    old.save_weights(tmp_path / "old.weights.h5")
    new.load_weights(tmp_path / "old.weights.h5")
    images = random_images(2, 4, 6, 3).astype("float32")
    np.testing.assert_array_equal(new.predict(images, verbose=0), old.predict(images, verbose=0))
    new.save(tmp_path / "new.keras")
    assert type(keras.saving.load_model(tmp_path / "new.keras").layers[0]) is BatchNormalization
