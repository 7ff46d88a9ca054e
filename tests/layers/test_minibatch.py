import keras
import numpy as np
import pytest
from keras import ops

from tests.layers.derivatives import check_second_derivatives
from tests.layers.harness import check_layer
from tfnss.layers import MinibatchStandardDeviation


def random_images(*shape):
    return np.random.default_rng(0).normal(2, 3, shape).astype("float32")


def reference(images, group_size, features):
    """Group by group, in float64."""
    batch, height, width, _ = images.shape
    groups = batch // min(group_size, batch)
    maps = np.zeros((batch, height, width, features))
    for group in range(groups):
        members = images[group::groups].astype("float64")
        deviations = np.sqrt(members.var(axis=0) + 1e-8)
        for i, share in enumerate(np.split(deviations, features, axis=-1)):
            maps[group::groups, :, :, i] = share.mean()
    return np.concatenate([images, maps], axis=-1)


def test_is_a_keras_layer():
    check_layer(lambda **kwargs: MinibatchStandardDeviation(2, features=3, **kwargs), random_images(4, 5, 6, 3))


@pytest.mark.parametrize(("batch", "group_size"), [(8, 4), (12, 4), (4, 4), (2, 4), (1, 4), (6, 1), (6, 3)])
@pytest.mark.parametrize("features", [1, 2])
def test_equals_its_definition(batch, group_size, features):
    images = random_images(batch, 3, 5, 4)
    outputs = ops.convert_to_numpy(MinibatchStandardDeviation(group_size, features)(images))
    np.testing.assert_allclose(outputs, reference(images, group_size, features), atol=1e-5)


@pytest.mark.parametrize("batch", [1, 4, 8])
def test_in_a_model_of_any_batch(batch):
    images = keras.Input((3, 5, 4))
    model = keras.Model(images, MinibatchStandardDeviation()(images))
    assert model.output_shape == (None, 3, 5, 5)
    array = random_images(batch, 3, 5, 4)
    np.testing.assert_allclose(ops.convert_to_numpy(model(array)), reference(array, 4, 1), atol=1e-5)


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="unknown batch sizes are TensorFlow's")
def test_batch_size_may_be_unknown():
    import tensorflow as tf

    for jit_compile in (False, True):
        layer = MinibatchStandardDeviation()
        signature = [tf.TensorSpec((None, 3, 5, 4))]
        function = tf.function(lambda x, layer=layer: layer(x), signature, jit_compile=jit_compile)
        for batch in (1, 4, 8):
            images = random_images(batch, 3, 5, 4)
            np.testing.assert_allclose(function(images), reference(images, 4, 1), atol=1e-5)


def test_sums_are_float32():
    images = np.full((4, 8, 8, 2), 6e4, "float16") * np.array([1, -1, 1, -1], "float16")[:, None, None, None]
    outputs = ops.convert_to_numpy(MinibatchStandardDeviation(dtype="float16")(images))
    np.testing.assert_allclose(outputs[..., 2].astype("float32"), 6e4, rtol=1e-3)


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="layers in float64 need TensorFlow")
def test_second_derivatives():
    check_second_derivatives(MinibatchStandardDeviation(dtype="float64"), random_images(8, 2, 2, 2))


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="gradient tapes are TensorFlow's")
def test_identical_images_have_finite_gradients():
    import tensorflow as tf

    layer = MinibatchStandardDeviation(dtype="float64")
    x = tf.ones((4, 2, 2, 2), "float64")
    with tf.GradientTape() as outer:
        outer.watch(x)
        with tf.GradientTape() as inner:
            inner.watch(x)
            total = tf.reduce_sum(layer(x) ** 2)
        gradient = inner.gradient(total, x)
    assert np.isfinite(gradient).all()
    assert np.isfinite(outer.gradient(gradient, x)).all()


def test_rejects_bad_arguments():
    with pytest.raises(ValueError, match="`group_size` must"):
        MinibatchStandardDeviation(0)
    with pytest.raises(ValueError, match="`features` must"):
        MinibatchStandardDeviation(features=0)
    with pytest.raises(ValueError, match="`features` must divide"):
        MinibatchStandardDeviation(features=3)(random_images(4, 2, 2, 4))
    with pytest.raises(ValueError, match="multiple of `group_size`"):
        MinibatchStandardDeviation(4)(random_images(6, 2, 2, 4))
