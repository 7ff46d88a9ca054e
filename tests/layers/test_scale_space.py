import json
import math
from pathlib import Path

import hypothesis
import hypothesis.strategies as st
import keras
import numpy as np
import pytest
import scipy.ndimage
import scipy.stats
from keras import ops

from tests.layers.harness import check_layer
from tfnss.layers import NoiseSpace, NoisyScaleSpace, ScaleSpace, preserving_stddev

SPACES = (NoisyScaleSpace, ScaleSpace, NoiseSpace)
ORACLE = json.loads((Path(__file__).parents[1] / "oracles" / "addons.json").read_text())


def taps(kernel_stddev):
    """The 3-tap Gaussian, written anew."""
    weights = np.exp(-(np.arange(-1, 2) ** 2) / (2 * kernel_stddev**2))
    return weights / weights.sum()


def smooth(images, passes, kernel_stddev=0.5):
    """The reference: the iterated convolution with half-sample symmetric borders, in float64."""
    images = np.asarray(images, "float64")
    for _ in range(passes):
        for axis in (1, 2):
            images = scipy.ndimage.correlate1d(images, taps(kernel_stddev), axis=axis, mode="reflect")
    return images


def random_images(*shape):
    return np.random.default_rng(0).uniform(-1, 1, shape).astype("float32")


@pytest.mark.parametrize("make", SPACES)
def test_is_a_keras_layer(make):
    check_layer(make, random_images(4, 8, 6, 3), extra=(2.5,))


@pytest.mark.parametrize("shape", [(2, 64, 64, 3), (2, 17, 30, 1), (1, 7, 5, 4), (1, 1, 9, 2)])
@pytest.mark.parametrize("time", [0, 1, 5, 64, 256])
@pytest.mark.parametrize("kernel_stddev", [0.5, 0.8])
def test_smoothing_equals_the_iterated_convolution(shape, time, kernel_stddev):
    images = random_images(*shape)
    smoothed = ops.convert_to_numpy(ScaleSpace(kernel_stddev)(images, time))
    np.testing.assert_allclose(smoothed, smooth(images, time, kernel_stddev), atol=1e-5)


@hypothesis.settings(max_examples=25, deadline=None)
@hypothesis.given(st.integers(1, 20), st.integers(1, 20), st.integers(1, 4), st.integers(0, 12))
def test_smoothing_of_any_size(height, width, channels, time):
    images = random_images(1, height, width, channels)
    np.testing.assert_allclose(ops.convert_to_numpy(ScaleSpace()(images, time)), smooth(images, time), atol=1e-5)


def test_one_pass_equals_tensorflow_addons():
    smoothed = ops.convert_to_numpy(ScaleSpace(0.5)(np.array(ORACLE["images"], "float32"), 1))
    np.testing.assert_allclose(smoothed, ORACLE["gaussian_filter2d"], atol=1e-6)


@pytest.mark.parametrize("make", SPACES)
@pytest.mark.parametrize("policy", ["float32", "bfloat16", "float16"])
def test_time_zero_changes_nothing(make, policy):
    images = ops.cast(random_images(4, 8, 6, 3), policy)
    for time in (0, 0.0, ops.convert_to_tensor(0.0)):
        assert np.array_equal(ops.convert_to_numpy(make(dtype=policy)(images, time)), ops.convert_to_numpy(images))


def test_fractional_times_lie_between():
    images = random_images(2, 16, 16, 3)
    two, half, three = (np.std(ops.convert_to_numpy(ScaleSpace()(images, t))) for t in (2, 2.5, 3))
    assert three < half < two
    twice = ScaleSpace()(ScaleSpace()(images, 2.5), 2.5)
    np.testing.assert_allclose(ops.convert_to_numpy(twice), smooth(images, 5), atol=1e-5)


@pytest.mark.parametrize("make", [NoisyScaleSpace, NoiseSpace])
@pytest.mark.parametrize("time", [1, 3, 40])
def test_noise_has_the_covariance_of_the_iterated_process(make, time):
    """False alarms: 1e-6 over all entries of the covariance together (union bound on normal z-scores)."""
    height, width, draws, stddev = 4, 5, 40_000, 0.3
    pixels = height * width
    kernel = np.eye(pixels)
    if make is NoisyScaleSpace:
        kernel = smooth(np.eye(pixels).reshape(pixels, height, width, 1), 1).reshape(pixels, pixels)
    covariance, power = np.zeros((pixels, pixels)), np.eye(pixels)
    for _ in range(time):
        covariance += stddev**2 * power @ power.T
        power = kernel @ power
    zeros = np.zeros((draws, height, width, 1), "float32")
    noise = ops.convert_to_numpy(make(stddev, seed=1)(zeros, time)).reshape(draws, pixels).astype("float64")
    variances = np.diag(covariance)
    deviation = np.sqrt((np.outer(variances, variances) + covariance**2) / draws)
    scores = (noise.T @ noise / draws - covariance) / deviation
    assert np.abs(scores).max() < scipy.stats.norm.isf(1e-6 / 2 / pixels**2)


def test_noise_and_smoothing_add_up():
    images = random_images(2, 12, 10, 3)
    noisy = NoisyScaleSpace(0.15, seed=3)(images, 7)
    noise = NoisyScaleSpace(0.15, seed=3)(np.zeros_like(images), 7)
    difference = ops.convert_to_numpy(noisy) - ops.convert_to_numpy(noise)
    np.testing.assert_allclose(difference, smooth(images, 7), atol=1e-5)


def test_noise_is_fresh_for_each_call_image_and_channel():
    layer = NoiseSpace(1.0, seed=0)
    first, second = (ops.convert_to_numpy(layer(np.zeros((2, 4, 4, 2), "float32"), 1)) for _ in range(2))
    values = np.concatenate([first.ravel(), second.ravel()])
    assert len(np.unique(values)) == len(values)


def test_preserving_stddev_keeps_the_variance():
    images = smooth(random_images(64, 16, 16, 3), 3).astype("float32")
    for time in (1, 16, 100.5):
        stddev = preserving_stddev(images, time, kernel_stddev=0.5)
        noisy = ops.convert_to_numpy(NoisyScaleSpace(stddev, seed=0)(np.tile(images, (8, 1, 1, 1)), time))
        before, after = (np.mean(np.var(x.astype("float64"), axis=(1, 2))) for x in (images, noisy))
        assert abs(after / before - 1) < 0.03


def test_preserving_stddev_of_uint8_is_for_minus_one_to_one():
    pixels = np.random.default_rng(0).integers(0, 256, (8, 8, 8, 3), dtype=np.uint8)
    assert preserving_stddev(pixels, 9) == pytest.approx(preserving_stddev(pixels / 127.5 - 1, 9))


def test_preserving_stddev_of_a_constant_image_is_zero():
    assert preserving_stddev(np.ones((1, 8, 8, 3)), 4) == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("stddev", [-0.1, math.nan, math.inf])
def test_rejects_a_bad_stddev(stddev):
    for make in (NoisyScaleSpace, NoiseSpace):
        with pytest.raises(ValueError, match="stddev"):
            make(stddev=stddev)


@pytest.mark.parametrize("kernel_stddev", [-0.1, 0.85, math.nan])
def test_rejects_a_kernel_without_real_powers(kernel_stddev):
    for make in (NoisyScaleSpace, ScaleSpace):
        with pytest.raises(ValueError, match="kernel_stddev"):
            make(kernel_stddev=kernel_stddev)
    with pytest.raises(ValueError, match="kernel_stddev"):
        preserving_stddev(random_images(2, 4, 4, 1), 1, kernel_stddev)


def test_rejects_bad_calls():
    with pytest.raises(ValueError, match="time"):
        ScaleSpace()(random_images(1, 4, 4, 1), -1)
    with pytest.raises(ValueError, match="time"):
        ScaleSpace()(random_images(1, 4, 4, 1), np.zeros(3, "float32"))
    with pytest.raises(ValueError, match="batch, height, width, channels"):
        ScaleSpace()(np.zeros((4, 4, 1), "float32"), 1)
    with pytest.raises(ValueError, match="time"):
        preserving_stddev(random_images(2, 4, 4, 1), 0)


@pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="other backends trace with numbers for unknown sizes"
)
@pytest.mark.parametrize("make", [ScaleSpace, NoisyScaleSpace])
def test_images_of_unknown_size_are_an_error(make):
    class Viewed(keras.Model):
        def __init__(self):
            super().__init__()
            self.space = make()

        def call(self, images):
            return self.space(images, 1.0)

    with pytest.raises(ValueError, match="static height and width"):
        Viewed()(keras.Input((None, None, 3)))


def test_time_may_be_an_input_of_a_model():
    images, time = keras.Input((8, 8, 3)), keras.Input(batch_shape=())
    model = keras.Model([images, time], ScaleSpace()(images, time))
    batch = random_images(2, 8, 8, 3)
    outputs = model([batch, np.float32(4)])
    np.testing.assert_allclose(ops.convert_to_numpy(outputs), smooth(batch, 4), atol=1e-5)


def test_a_kernel_of_next_to_no_width_smooths_nothing():
    """Its square is 0 in floats."""
    images = np.random.default_rng(0).uniform(-1, 1, (1, 8, 8, 3)).astype(np.float32)
    np.testing.assert_allclose(ScaleSpace(1e-300)(images, 16.0), images, atol=1e-5)
