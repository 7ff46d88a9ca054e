import keras
import numpy as np
import pytest
from keras import ops

from tests.layers.test_resample import evaluate, random_images
from tfnss.layers import upsample2d
from tfnss.layers.shared_graphs import shared

tensorflow_only = pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="graphs are TensorFlow's")


def scaled(x, y, factor):
    return factor * ops.matmul(x, y)


def called(graph):
    """The names of the graphs that a graph calls, in order."""
    calls = [operation for operation in graph.get_operations() if operation.type == "PartitionedCall"]
    return [call.get_attr("f").name for call in calls]


def test_numbers_are_those_of_the_function():
    x, y = random_images(4, 3), random_images(3, 2)
    found = evaluate(lambda x, y: shared(scaled, (x, y), 3.0), x, y)
    np.testing.assert_allclose(found, 3 * x @ y, atol=1e-5)


@tensorflow_only
def test_calls_of_one_size_share_a_graph():
    import tensorflow as tf

    def many(x, y):
        return [shared(scaled, (x, y), 3.0), shared(scaled, (x + 1, y), 3.0), shared(scaled, (x, y), 4.0)]

    square, wide = tf.TensorSpec((3, 3)), tf.TensorSpec((3, 5))
    first = tf.function(many, jit_compile=True).get_concrete_function(square, square)
    a, b, other = called(first.graph)
    assert a == b != other
    assert called(tf.function(many, jit_compile=True).get_concrete_function(square, square).graph) == [a, b, other]
    assert not {a, other} & set(called(tf.function(many, jit_compile=True).get_concrete_function(square, wide).graph))
    x, y = np.arange(9.0, dtype="float32").reshape(3, 3), np.eye(3, dtype="float32")
    for found, expected in zip(first(tf.constant(x), tf.constant(y)), (3 * x, 3 * (x + 1), 4 * x), strict=True):
        np.testing.assert_allclose(found, expected)
    assert [result.shape for result in first.outputs] == 3 * [(3, 3)]


@tensorflow_only
@pytest.mark.parametrize(("rows", "jit_compile"), [(None, True), (4, False)], ids=["unknown size", "not compiled"])
def test_nothing_is_shared(rows, jit_compile):
    import tensorflow as tf

    x, y = tf.ones((4, 3)), tf.ones((3, 2))
    specs = tf.TensorSpec((rows, 3)), tf.TensorSpec((3, 2))
    function = tf.function(lambda x, y: shared(scaled, (x, y), 2.0), jit_compile=jit_compile)
    assert not called(function.get_concrete_function(*specs).graph)
    np.testing.assert_allclose(function(x, y), shared(scaled, (x, y), 2.0))


@tensorflow_only
def test_a_call_runs_on_the_device_of_its_place():
    import tensorflow as tf

    @tf.function(jit_compile=True)
    def many(x, y):
        results = []
        for device in tf.config.list_logical_devices("CPU"):
            with tf.device(device.name):
                results.append(shared(scaled, (x, y), 2.0))
        return results

    x, y = tf.ones((3, 3)), tf.ones((3, 3))
    calls = [
        operation
        for operation in many.get_concrete_function(x, y).graph.get_operations()
        if operation.type == "PartitionedCall"
    ]
    assert [call.device for call in calls] == ["/device:CPU:0", "/device:CPU:1"]
    for result in many(x, y):
        np.testing.assert_allclose(result, 6 * np.ones((3, 3)))


@tensorflow_only
def test_filters_in_several_places_are_one_graph_with_that_of_their_gradient():
    import tensorflow as tf

    @tf.function(jit_compile=True)
    def gradient(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            total = tf.reduce_sum(upsample2d(x) ** 2) + tf.reduce_sum(upsample2d(2 * x) ** 2)
        return tape.gradient(total, x)

    names = called(gradient.get_concrete_function(tf.TensorSpec((1, 4, 4, 2))).graph)
    assert len(names) == 4
    assert len(set(names)) == 2
