import keras
import numpy as np
import pytest
from keras import ops

from tests.layers.derivatives import check_second_derivatives
from tests.layers.harness import check_layer
from tfnss.layers import HaarDownsample, HaarUpsample, haar2d, inverse_haar2d


def random_array(*shape):
    return np.random.default_rng(0).normal(size=shape)


def evaluate(function, x):
    return ops.convert_to_numpy(function(ops.convert_to_tensor(x, "float32")))


def bands_of(images):
    """The four bands from the pixels of each square."""
    a, b, c, d = (images[:, row::2, column::2] for column in (0, 1) for row in (0, 1))
    return np.concatenate([a + b + c + d, -a - b + c + d, -a + b - c + d, a - b - c + d], axis=-1) / 2


SHAPES = [(2, 4, 6, 3), (1, 2, 2, 1), (3, 6, 10, 2)]


def test_are_keras_layers():
    check_layer(HaarDownsample, random_array(2, 4, 6, 3).astype("float32"))
    check_layer(HaarUpsample, random_array(2, 2, 3, 12).astype("float32"))


@pytest.mark.parametrize("policy", ["float32", "mixed_float16", "mixed_bfloat16"])
def test_layers_invert_each_other(policy):
    images = random_array(2, 4, 6, 3).astype("float32")
    symbolic = keras.Input(images.shape[1:])
    model = keras.Model(symbolic, HaarUpsample(dtype=policy)(HaarDownsample(dtype=policy)(symbolic)))
    np.testing.assert_allclose(model.predict(images, verbose=0), images, atol=1e-6 if policy == "float32" else 0.05)


@pytest.mark.parametrize("shape", SHAPES)
def test_equals_its_formula(shape):
    images = random_array(*shape)
    np.testing.assert_allclose(evaluate(haar2d, images), bands_of(images), atol=1e-6)


@pytest.mark.parametrize("shape", SHAPES)
def test_is_orthonormal(shape):
    images = random_array(*shape)
    bands = evaluate(haar2d, images)
    np.testing.assert_allclose(np.sum(bands**2), np.sum(images**2), rtol=1e-5)
    np.testing.assert_allclose(evaluate(inverse_haar2d, bands), images, atol=1e-6)


def test_flat_images_have_the_low_band_alone():
    bands = evaluate(haar2d, np.full((1, 4, 4, 1), 0.5))
    np.testing.assert_allclose(bands[0, 0, 0], [1, 0, 0, 0], atol=1e-7)


def test_second_derivatives():
    check_second_derivatives(haar2d, random_array(1, 4, 6, 2))
    check_second_derivatives(inverse_haar2d, random_array(1, 2, 3, 4))


def test_rejects_bad_arguments():
    for shape in ((1, 3, 4, 1), (1, 4, 5, 1), (4, 4, 1)):
        with pytest.raises(ValueError, match="even height and width"):
            haar2d(np.zeros(shape, "float32"))
        with pytest.raises(ValueError, match="even height and width"):
            HaarDownsample()(np.zeros(shape, "float32"))
    for shape in ((1, 4, 4, 3), (4, 4, 4)):
        with pytest.raises(ValueError, match="4 channels"):
            inverse_haar2d(np.zeros(shape, "float32"))
