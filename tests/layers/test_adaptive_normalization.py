import keras
import numpy as np
import pytest
from keras import ops

from tests.layers.derivatives import check_second_derivatives
from tests.layers.harness import check_layer
from tfnss.layers import AdaptiveInstanceNormalization


def random_array(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


IMAGES, STYLES = random_array(2, 4, 6, 3), random_array(2, 5, seed=1)


def built(**kwargs):
    layer = AdaptiveInstanceNormalization(**kwargs)
    layer.build(IMAGES.shape, STYLES.shape)
    layer.affine.bias.assign(random_array(6, seed=2))
    return layer


def test_is_a_keras_layer():
    check_layer(AdaptiveInstanceNormalization, IMAGES, (STYLES,))


@pytest.mark.parametrize("epsilon", [1e-8, 0.5])
def test_equals_its_formula_channel_by_channel(epsilon):
    layer = built(epsilon=epsilon)
    kernel, bias = (ops.convert_to_numpy(w).astype("float64") for w in layer.affine.weights)
    found = ops.convert_to_numpy(layer(IMAGES, STYLES))
    for n, image in enumerate(IMAGES.astype("float64")):
        style = STYLES[n] @ kernel / np.sqrt(5) + bias
        for c in range(3):
            x = image[:, :, c]
            normal = (x - x.mean()) / np.sqrt(x.var() + epsilon)
            np.testing.assert_allclose(found[n, :, :, c], normal * (style[c] + 1) + style[3 + c], atol=1e-5)


def test_starts_as_a_normalisation_whose_style_is_small():
    layer = AdaptiveInstanceNormalization()
    layer.build(IMAGES.shape, STYLES.shape)
    outputs = ops.convert_to_numpy(layer(IMAGES, 0 * STYLES))
    np.testing.assert_allclose(outputs.mean((1, 2)), 0, atol=1e-6)
    np.testing.assert_allclose(outputs.std((1, 2)), 1, atol=1e-5)


def test_a_channel_of_one_value_is_its_shift():
    layer = built()
    flat = np.full_like(IMAGES, 3.0)
    outputs = ops.convert_to_numpy(layer(flat, 0 * STYLES))
    np.testing.assert_allclose(outputs, np.broadcast_to(random_array(6, seed=2)[3:], outputs.shape), atol=1e-5)


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="layers in float64 need TensorFlow")
def test_second_derivatives():
    layer = built(dtype="float64")
    check_second_derivatives(lambda images: layer(images, STYLES), IMAGES)


def test_bad_epsilon():
    with pytest.raises(ValueError, match="epsilon=0"):
        AdaptiveInstanceNormalization(epsilon=0)
