import keras
import numpy as np
import pytest
from keras import ops

from tests.layers.derivatives import check_second_derivatives
from tests.layers.harness import check_layer
from tests.layers.test_resampled_convolution import resampled
from tfnss.layers import EqualizedConv2D, EqualizedDense, scaled_leaky_relu


def random_array(*shape):
    return np.random.default_rng(0).normal(size=shape).astype("float32")


def leaky(x):
    return np.sqrt(2) * np.where(x > 0, x, 0.2 * x)


def test_are_keras_layers():
    check_layer(lambda **kwargs: EqualizedDense(5, "leaky_relu", **kwargs), random_array(4, 5))
    conv = {"filters": 3, "kernel_size": 3, "activation": "leaky_relu", "gain": 0.5, "clamp": 2.0}
    check_layer(lambda **kwargs: EqualizedConv2D(**conv, **kwargs), random_array(2, 4, 6, 3))


@pytest.mark.parametrize("resample", ["up", "down"])
@pytest.mark.parametrize("policy", ["float32", "mixed_float16", "mixed_bfloat16"])
def test_resampling_shapes_and_dtypes(resample, policy):
    layer = EqualizedConv2D(5, 3, resample, dtype=policy)
    outputs = layer(random_array(2, 4, 6, 3))
    assert tuple(outputs.shape) == layer.compute_output_shape((2, 4, 6, 3))
    assert keras.backend.standardize_dtype(outputs.dtype) == layer.compute_dtype
    assert layer.compute_output_shape((None, None, 6, 3))[:2] == (None, None)


def test_scaled_leaky_relu():
    x = random_array(50)
    np.testing.assert_allclose(ops.convert_to_numpy(scaled_leaky_relu(ops.convert_to_tensor(x))), leaky(x), atol=1e-6)


@pytest.mark.parametrize("multiplier", [1.0, 0.01])
@pytest.mark.parametrize("activation", [None, "leaky_relu"])
def test_dense_equals_its_formula(multiplier, activation):
    layer = EqualizedDense(7, activation, bias_value=1.0, learning_rate_multiplier=multiplier)
    x = random_array(4, 5)
    layer.build(x.shape)
    np.testing.assert_allclose(ops.convert_to_numpy(layer.bias), 1 / multiplier, rtol=1e-6)
    layer.bias.assign(random_array(7) / multiplier)
    expected = x @ ops.convert_to_numpy(layer.kernel) * multiplier / np.sqrt(5) + random_array(7)
    expected = leaky(expected) if activation else expected
    np.testing.assert_allclose(ops.convert_to_numpy(layer(x)), expected, atol=1e-5)


@pytest.mark.parametrize("resample", [None, "up", "down"])
@pytest.mark.parametrize("size", [1, 3])
def test_convolution_equals_its_formula(resample, size):
    layer = EqualizedConv2D(5, size, resample, "leaky_relu", gain=0.7, clamp=0.5)
    images = random_array(2, 6, 8, 4)
    layer.build(images.shape)
    layer.bias.assign(random_array(5))
    kernel = ops.convert_to_numpy(layer.kernel) / np.sqrt(size * size * 4)
    expected = np.clip(0.7 * leaky(resampled(images, kernel, resample) + random_array(5)), -0.35, 0.35)
    np.testing.assert_allclose(ops.convert_to_numpy(layer(images)), expected, atol=1e-4)
    assert np.max(expected) == pytest.approx(0.35)  # something is clamped


@pytest.mark.parametrize("multiplier", [1.0, 0.01])
def test_stored_weights_start_with_the_deviation_that_the_multiplier_asks(multiplier):
    keras.utils.set_random_seed(0)
    dense = EqualizedDense(200, learning_rate_multiplier=multiplier)
    dense.build((None, 200))
    assert np.std(ops.convert_to_numpy(dense.kernel)) * multiplier == pytest.approx(1, abs=0.02)
    outputs = ops.convert_to_numpy(dense(random_array(200, 200)))
    assert np.std(outputs) == pytest.approx(1, abs=0.05)


def test_the_gain_of_the_kernel_is_before_the_bias_and_an_unscaled_activation():
    gain, kwargs = np.sqrt(2), {"activation": "unscaled_leaky_relu", "kernel_gain": np.sqrt(2)}
    dense = EqualizedDense(7, learning_rate_multiplier=0.01, **kwargs)
    x, images = random_array(4, 5), random_array(2, 6, 8, 4)
    dense.build(x.shape)
    dense.bias.assign(random_array(7) / 0.01)
    expected = gain * (x @ ops.convert_to_numpy(dense.kernel)) * 0.01 / np.sqrt(5) + random_array(7)
    np.testing.assert_allclose(ops.convert_to_numpy(dense(x)), leaky(expected) / gain, atol=1e-5)
    conv = EqualizedConv2D(5, 3, "down", taps=(1, 1), **kwargs)
    conv.build(images.shape)
    conv.bias.assign(random_array(5))
    kernel = gain * ops.convert_to_numpy(conv.kernel) / np.sqrt(36)
    means = resampled(images, kernel, None).reshape(2, 3, 2, 4, 2, 5).mean((2, 4))
    expected = leaky(means + random_array(5)) / gain
    np.testing.assert_allclose(ops.convert_to_numpy(conv(images)), expected, atol=1e-4)
    check_layer(lambda **rest: EqualizedDense(5, **kwargs, **rest), random_array(4, 5))
    check_layer(lambda **rest: EqualizedConv2D(3, 3, "up", taps=(1, 1), **kwargs, **rest), random_array(2, 4, 6, 3))


def test_weights():
    dense, conv = EqualizedDense(3, use_bias=False), EqualizedConv2D(3, 3, use_bias=False)
    dense(random_array(2, 5))
    conv(random_array(2, 4, 4, 2))
    assert [(w.name, tuple(w.shape)) for w in dense.weights] == [("kernel", (5, 3))]
    assert [(w.name, tuple(w.shape)) for w in conv.weights] == [("kernel", (3, 3, 2, 3))]


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="layers in float64 need TensorFlow")
def test_second_derivatives():
    for resample in (None, "down"):
        layer = EqualizedConv2D(2, 3, resample, "leaky_relu", clamp=3.0, dtype="float64")
        images = random_array(1, 4, 6, 2)
        layer.build(images.shape)
        check_second_derivatives(layer, images, variables=layer.trainable_variables)
    dense = EqualizedDense(3, "leaky_relu", learning_rate_multiplier=0.1, dtype="float64")
    dense.build((4, 5))
    check_second_derivatives(dense, random_array(4, 5), variables=dense.trainable_variables)


def test_rejects_bad_arguments():
    for name, make in {
        "units": lambda: EqualizedDense(0),
        "learning_rate_multiplier": lambda: EqualizedDense(1, learning_rate_multiplier=0),
        "activation": lambda: EqualizedDense(1, "relu"),
        "filters": lambda: EqualizedConv2D(0, 3),
        "kernel_size": lambda: EqualizedConv2D(1, 2),
        "resample": lambda: EqualizedConv2D(1, 3, "sideways"),
        "gain": lambda: EqualizedConv2D(1, 3, gain=0),
        "clamp": lambda: EqualizedConv2D(1, 3, clamp=-1),
        "kernel_gain": lambda: EqualizedConv2D(1, 3, kernel_gain=0),
        "taps": lambda: EqualizedConv2D(1, 3, taps=(1, 2, 1)),
    }.items():
        with pytest.raises(ValueError, match=f"`{name}` must"):
            make()
