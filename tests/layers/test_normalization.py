import keras
import numpy as np
import pytest
from keras import ops

from tests.layers.derivatives import check_second_derivatives
from tests.layers.harness import check_layer
from tfnss.layers import LayerNormalization, PixelNormalization


def test_is_a_keras_layer():
    check_layer(LayerNormalization, np.random.default_rng(0).normal(size=(4, 6, 5, 3)).astype("float32"))


def test_normalises_each_image():
    x = np.random.default_rng(0).normal(3, 2, (4, 6, 5, 3)).astype("float32")
    y = ops.convert_to_numpy(LayerNormalization()(x))
    expected = (x - x.mean((1, 2, 3), keepdims=True)) / np.sqrt(x.var((1, 2, 3), keepdims=True) + 1e-5)
    np.testing.assert_allclose(y, expected, atol=1e-5)


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="other backends take means in float32")
def test_float64_stays_exact():
    x = np.random.default_rng(0).normal(3, 2, (4, 6, 5, 3))
    y = ops.convert_to_numpy(LayerNormalization(dtype="float64")(x))
    expected = (x - x.mean((1, 2, 3), keepdims=True)) / np.sqrt(x.var((1, 2, 3), keepdims=True) + 1e-5)
    np.testing.assert_allclose(y, expected, atol=1e-12)


def test_pixel_normalization_is_a_keras_layer():
    check_layer(PixelNormalization, np.random.default_rng(0).normal(size=(4, 6, 5, 3)).astype("float32"))


@pytest.mark.parametrize("shape", [(4, 7), (2, 4, 5, 3)])
@pytest.mark.parametrize("epsilon", [1e-8, 0.1])
def test_pixel_normalization_divides_by_the_root_mean_square(shape, epsilon):
    x = np.random.default_rng(0).normal(3, 2, shape).astype("float32")
    y = ops.convert_to_numpy(PixelNormalization(epsilon)(x))
    np.testing.assert_allclose(y, x / np.sqrt((x**2).mean(-1, keepdims=True) + epsilon), atol=1e-5)


def test_pixel_normalization_in_float16_does_not_overflow():
    x = np.full((2, 8), 6e4, "float16")
    np.testing.assert_allclose(ops.convert_to_numpy(PixelNormalization(dtype="float16")(x)), 1, atol=1e-3)


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="layers in float64 need TensorFlow")
def test_pixel_normalization_has_exact_second_derivatives():
    layer = PixelNormalization(dtype="float64")
    check_second_derivatives(layer, np.random.default_rng(0).normal(size=(4, 7)))


def test_pixel_normalization_rejects_a_negative_epsilon():
    with pytest.raises(ValueError, match="`epsilon` must"):
        PixelNormalization(-1.0)
