import keras
import numpy as np
import pytest

from tests.layers.test_resample import evaluate, random_images
from tfnss.layers.products import outer_products

SHAPES = pytest.mark.parametrize(("left", "right"), [(3, 2), (2, 3)], ids=["narrow on the right", "narrow on the left"])


@SHAPES
def test_equals_the_definition(left, right):
    a, b = random_images(5, left), random_images(5, right)
    expected = sum(np.outer(x, y) for x, y in zip(a, b, strict=True))
    np.testing.assert_allclose(evaluate(outer_products, a, b), expected, atol=1e-5)


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="reads a graph of TensorFlow")
@SHAPES
def test_the_narrower_one_is_turned_over(left, right):
    import tensorflow as tf

    specs = tf.TensorSpec((5, left)), tf.TensorSpec((5, right))
    operations = tf.function(outer_products).get_concrete_function(*specs).graph.get_operations()
    (found,) = [operation for operation in operations if operation.type == "MatMul"]
    assert found.outputs[0].shape == (2, 3)
