import numpy as np
from keras import ops

from tests.layers.harness import check_layer
from tfnss.layers import LayerNormalization


def test_is_a_keras_layer():
    check_layer(LayerNormalization, np.random.default_rng(0).normal(size=(4, 6, 5, 3)).astype("float32"))


def test_normalises_each_image():
    x = np.random.default_rng(0).normal(3, 2, (4, 6, 5, 3)).astype("float32")
    y = ops.convert_to_numpy(LayerNormalization()(x))
    expected = (x - x.mean((1, 2, 3), keepdims=True)) / np.sqrt(x.var((1, 2, 3), keepdims=True) + 1e-5)
    np.testing.assert_allclose(y, expected, atol=1e-5)
