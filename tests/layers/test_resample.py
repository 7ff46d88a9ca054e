import keras
import numpy as np
import pytest
import scipy.signal
from keras import ops

from tests.layers.derivatives import check_second_derivatives
from tests.layers.harness import check_layer
from tfnss.layers import (
    BilinearUpsampling2D,
    FIRDownsampling2D,
    FIRUpsampling2D,
    bilinear_upsample2d,
    downsample2d,
    fir2d,
    upsample2d,
)

TAPS = [(1, 3, 3, 1), (1, 2, 5, 3), (1, 2, 1), (1, 1), (1, 5, 10, 10, 5, 1)]


def random_images(*shape):
    return np.random.default_rng(0).normal(size=shape)


def padded(images, rows, columns):
    return np.pad(images, ((0, 0), rows, columns, (0, 0)))


def filtered(images, taps, gain=1.0):
    """The reference: a full two-dimensional correlation, without padding."""
    kernel = np.outer(taps, taps) / np.sum(taps) ** 2
    images = images.astype("float64")  # of mixed types, scipy casts uninitialised memory and warns of it
    return scipy.signal.correlate(images, gain * kernel[None, :, :, None], "valid")


def zeros_between(images):
    batch, height, width, channels = images.shape
    enlarged = np.zeros((batch, 2 * height, 2 * width, channels))
    enlarged[:, ::2, ::2] = images
    return enlarged


def upsampled(images, taps):
    pads = ((len(taps) + 1) // 2, (len(taps) - 2) // 2)
    return filtered(padded(zeros_between(images), pads, pads), taps, gain=4)


def downsampled(images, taps):
    pads = ((len(taps) - 1) // 2, (len(taps) - 2) // 2)
    return filtered(padded(images, pads, pads), taps)[:, ::2, ::2]


def evaluate(function, *arguments):
    return ops.convert_to_numpy(function(*(ops.convert_to_tensor(x, "float32") for x in arguments)))


@pytest.mark.parametrize("make", [FIRUpsampling2D, FIRDownsampling2D, BilinearUpsampling2D])
def test_is_a_keras_layer(make):
    taps = {} if make is BilinearUpsampling2D else {"taps": (1, 2, 1)}
    check_layer(lambda **kwargs: make(**taps, **kwargs), random_images(2, 6, 8, 3).astype("float32"))


@pytest.mark.parametrize("taps", TAPS)
@pytest.mark.parametrize("shape", [(2, 6, 8, 3), (1, 4, 4, 1), (1, 7, 5, 2), (1, 3, 4, 2)])
def test_equals_the_definition(taps, shape):
    images = random_images(*shape)
    np.testing.assert_allclose(evaluate(lambda x: upsample2d(x, taps), images), upsampled(images, taps), atol=1e-5)
    expected = downsampled(images, taps)[:, : shape[1] // 2, : shape[2] // 2]
    np.testing.assert_allclose(evaluate(lambda x: downsample2d(x, taps), images), expected, atol=1e-5)


@pytest.mark.parametrize("taps", TAPS)
@pytest.mark.parametrize("padding", [((0, 0), (0, 0)), ((2, 1), (0, 3)), ((-1, 2), (1, -1))])
def test_same_rate_filter_equals_the_definition(taps, padding):
    images = random_images(2, 8, 9, 3)
    window = padded(images, *(tuple(max(p, 0) for p in pads) for pads in padding))
    crops = [slice(max(-a, 0), -max(-b, 0) or None) for a, b in padding]
    expected = filtered(window[:, crops[0], crops[1]], taps, gain=2.5)
    np.testing.assert_allclose(evaluate(lambda x: fir2d(x, taps, padding, gain=2.5), images), expected, atol=1e-5)


def test_impulse_responses():
    impulse = np.zeros((1, 4, 4, 1))
    impulse[0, 1, 1] = 1
    weights = np.array([0, 1, 3, 3, 1, 0, 0, 0]) / 4
    np.testing.assert_allclose(evaluate(upsample2d, impulse)[0, :, :, 0], np.outer(weights, weights), atol=1e-6)
    ramp = evaluate(upsample2d, np.arange(8.0).reshape(1, 1, 8, 1).repeat(8, 1))[0, 8, 2:-2, 0]
    np.testing.assert_allclose(ramp, np.arange(12) / 2 + 0.75, atol=1e-6)  # half-pixel bilinear


@pytest.mark.parametrize("shape", [(2, 6, 8, 3), (1, 1, 2, 1), (1, 7, 5, 2)])
def test_bilinear_interpolation_equals_keras(shape):
    images = random_images(*shape).astype("float32")
    expected = keras.layers.UpSampling2D(interpolation="bilinear")(images)
    np.testing.assert_allclose(evaluate(bilinear_upsample2d, images), expected, atol=1e-6)


@pytest.mark.parametrize("taps", [(1, 3, 3, 1), (1, 2, 5, 3)])
def test_second_derivatives(taps):
    images = random_images(1, 5, 6, 2)
    check_second_derivatives(lambda x: upsample2d(x, taps), images)
    check_second_derivatives(lambda x: downsample2d(x, taps), images)
    check_second_derivatives(lambda x: fir2d(x, taps, ((2, -1), (0, 1)), 4.0), images)


def test_second_derivatives_of_bilinear_interpolation():
    check_second_derivatives(bilinear_upsample2d, random_images(1, 3, 4, 2))


def test_rejects_bad_arguments():
    images = random_images(1, 4, 4, 1)
    for taps in ((1, -1), (1,), ()):
        with pytest.raises(ValueError, match="taps"):
            FIRUpsampling2D(taps)
        with pytest.raises(ValueError, match="taps"):
            downsample2d(images, taps)
    with pytest.raises(ValueError, match="batch, height, width, channels"):
        upsample2d(images[0])
    for layer in (FIRUpsampling2D(), FIRDownsampling2D(), BilinearUpsampling2D()):
        for shape in ((None, None, 3), (4, 3)):
            with pytest.raises(ValueError, match="static height and width"):
                layer(keras.Input(shape))
    with pytest.raises(ValueError, match="batch, height, width, channels"):
        bilinear_upsample2d(images[0])
