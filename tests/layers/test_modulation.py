import keras
import numpy as np
import pytest
from keras import ops

from tests.layers.derivatives import check_second_derivatives
from tests.layers.harness import check_config
from tests.layers.test_resampled_convolution import resampled
from tfnss.layers import ModulatedConv2D

RANDOM = np.random.default_rng(0)
IMAGES = RANDOM.normal(size=(2, 4, 6, 3)).astype("float32")
STYLES = RANDOM.normal(size=(2, 3)).astype("float32")


def reference(images, styles, kernel, resample, demodulate):
    """Sample by sample with a kernel of its own, as the paper writes it, in float64."""
    outputs = []
    for image, style in zip(images.astype("float64"), styles.astype("float64"), strict=True):
        weights = kernel.astype("float64") / np.sqrt(np.prod(kernel.shape[:3])) * style[:, None]
        if demodulate:
            weights = weights / np.sqrt((weights**2).sum((0, 1, 2)) + 1e-8)
        outputs.append(resampled(image[None], weights, resample)[0])
    return np.stack(outputs)


def make(*arguments, **kwargs):
    layer = ModulatedConv2D(*arguments, **kwargs)
    layer.build(IMAGES.shape, STYLES.shape)
    return layer


@pytest.mark.parametrize("policy", ["float32", "bfloat16", "float16", "mixed_bfloat16", "mixed_float16"])
def test_is_a_keras_layer(policy):
    layer = ModulatedConv2D(5, 3, "up", demodulate=False, dtype=policy)
    outputs = layer(IMAGES, STYLES)
    assert keras.backend.standardize_dtype(outputs.dtype) == layer.compute_dtype
    assert tuple(outputs.shape) == layer.compute_output_shape(IMAGES.shape, STYLES.shape)
    check_config(layer)
    assert [(w.name, tuple(w.shape)) for w in layer.weights] == [("kernel", (3, 3, 3, 5))]


def test_in_a_functional_model():
    images, styles = keras.Input(IMAGES.shape[1:]), keras.Input(STYLES.shape[1:])
    layer = ModulatedConv2D(5, 3, "up")
    model = keras.Model([images, styles], layer(images, styles))
    assert model.output_shape == (None, 8, 12, 5)
    assert model.predict([IMAGES, STYLES], verbose=0).shape == (2, 8, 12, 5)


@pytest.mark.parametrize("resample", [None, "up"])
@pytest.mark.parametrize("size", [1, 3])
@pytest.mark.parametrize("demodulate", [True, False])
@pytest.mark.parametrize("scale", [1.0, 1e-4])
def test_equals_a_kernel_per_sample(resample, size, demodulate, scale):
    layer = make(5, size, resample, demodulate)
    expected = reference(IMAGES, scale * STYLES, ops.convert_to_numpy(layer.kernel), resample, demodulate)
    np.testing.assert_allclose(ops.convert_to_numpy(layer(IMAGES, scale * STYLES)), expected, atol=1e-4)


def test_demodulated_output_has_unit_variance():
    keras.utils.set_random_seed(0)
    images = np.random.default_rng(1).normal(size=(2, 32, 32, 16)).astype("float32")
    styles = np.random.default_rng(2).normal(3, 5, (2, 16)).astype("float32")
    outputs = ops.convert_to_numpy(ModulatedConv2D(32, 3)(images, styles))[:, 1:-1, 1:-1]
    assert np.var(outputs, axis=(1, 2)).mean() == pytest.approx(1, abs=0.03)


@pytest.mark.parametrize("scale", [1.0, 1e5, 0.0])
@pytest.mark.parametrize("policy", ["mixed_float16", "float16"])
def test_float16_does_not_overflow(scale, policy):
    layer = make(5, 3, "up", dtype=policy)
    layer.kernel.assign(ops.cast(100 * RANDOM.normal(size=layer.kernel.shape), layer.kernel.dtype))
    kernel = ops.convert_to_numpy(ops.cast(layer.kernel, "float32"))
    outputs = layer(100 * IMAGES, scale * STYLES)
    assert keras.backend.standardize_dtype(outputs.dtype) == "float16"
    expected = reference(100 * IMAGES, scale * STYLES, kernel, "up", True)
    np.testing.assert_allclose(ops.convert_to_numpy(ops.cast(outputs, "float32")), expected, atol=2.0)  # of 400


@pytest.mark.parametrize("resample", [None, "up"])
@pytest.mark.parametrize("demodulate", [True, False])
@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="layers in float64 need TensorFlow")
def test_second_derivatives(resample, demodulate):
    layer = make(2, 3, resample, demodulate, dtype="float64")
    check_second_derivatives(layer, IMAGES, STYLES, variables=layer.trainable_variables)


def test_rejects_bad_arguments():
    with pytest.raises(ValueError, match="filters"):
        ModulatedConv2D(0, 3)
    with pytest.raises(ValueError, match="resample"):
        ModulatedConv2D(1, 3, "down")
    with pytest.raises(ValueError, match="kernel_size"):
        ModulatedConv2D(1, 5, "up")
    with pytest.raises(ValueError, match="styles"):
        ModulatedConv2D(1, 3)(IMAGES, STYLES[:, :2])
