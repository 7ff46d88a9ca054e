import keras
import numpy as np
import pytest

from tests.layers.derivatives import check_second_derivatives, once_on_torch
from tfnss.layers.products import product

SHAPES = pytest.mark.parametrize(("inputs", "outputs"), [(3, 2), (2, 3)], ids=["narrow results", "wide results"])


@once_on_torch
@SHAPES
def test_derivatives(inputs, outputs):
    random = np.random.default_rng(0)
    check_second_derivatives(product, random.normal(size=(5, inputs)), random.normal(size=(inputs, outputs)))


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="reads a graph of TensorFlow")
@SHAPES
def test_the_gradient_by_the_matrix_turns_the_narrower_factor_over(inputs, outputs):
    import tensorflow as tf

    @tf.function(autograph=False)
    def gradient(rows, matrix):
        with tf.GradientTape() as tape:
            tape.watch(matrix)
            results = product(rows, matrix)
        return tape.gradient(results, matrix)

    rows, matrix = tf.ones((5, inputs)), tf.ones((inputs, outputs))
    np.testing.assert_allclose(gradient(rows, matrix), 5 * np.ones((inputs, outputs)))
    found = [op for op in gradient.get_concrete_function(rows, matrix).graph.get_operations() if op.type == "MatMul"]
    assert [2, 3] in [list(op.outputs[0].shape) for op in found]
