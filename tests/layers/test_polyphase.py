import keras
import numpy as np
import pytest
import scipy.signal

from tests.layers.derivatives import check_second_derivatives
from tests.layers.test_resample import evaluate, random_images
from tfnss.layers import FIRDownsampling2D, FIRUpsampling2D, plain_gradients, upsample2d
from tfnss.layers.polyphase import upfirdn


@pytest.mark.parametrize(("up", "down"), [(1, 1), (2, 1), (1, 2), (3, 1), (1, 3)])
@pytest.mark.parametrize(("before", "after"), [(0, 0), (3, 1), (-1, 2)])
@pytest.mark.parametrize("axis", [1, 2])
def test_equals_the_definition(up, down, before, after, axis):
    x, taps = random_images(2, 7, 6, 3), (1.0, 2.0, 5.0, 3.0)
    spread = scipy.signal.upfirdn([1.0], x, up, axis=axis)
    spread = np.pad(spread, [(0, up - 1) if i == axis else (0, 0) for i in range(4)])  # which it leaves out at the end
    window = np.pad(spread, [(max(before, 0), max(after, 0)) if i == axis else (0, 0) for i in range(4)])
    window = np.take(window, range(max(-before, 0), window.shape[axis] - max(-after, 0)), axis)
    kernel = np.reshape(taps, [-1 if i == axis else 1 for i in range(4)])
    correlated = scipy.signal.correlate(window, kernel, "valid")
    expected = np.take(correlated, range(0, correlated.shape[axis], down), axis)
    found = evaluate(lambda x: upfirdn(x, taps, {axis: (before, after)}, up, down), x)
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_plain_gradients_change_nothing_but_the_gradients_making():
    images = random_images(2, 6, 8, 3)
    with plain_gradients():
        plain = evaluate(upsample2d, images)
        check_second_derivatives(upsample2d, images)
    assert np.array_equal(plain, evaluate(upsample2d, images))


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="SavedModel is TensorFlow's")
def test_exports_with_plain_gradients_load_without_a_warning(tmp_path, caplog):
    import tensorflow as tf

    model = keras.Sequential([keras.Input((4, 4, 1)), FIRUpsampling2D(), FIRDownsampling2D()])
    archive = keras.export.ExportArchive()
    archive.track(model)
    with plain_gradients():
        archive.add_endpoint("serve", model.call, [tf.TensorSpec((None, 4, 4, 1))])
        archive.write_out(str(tmp_path), verbose=False)
    logger = tf.get_logger()
    logger.addHandler(caplog.handler)
    try:
        loaded = tf.saved_model.load(str(tmp_path))
    finally:
        logger.removeHandler(caplog.handler)
    assert "custom gradient" not in caplog.text
    images = random_images(3, 4, 4, 1).astype("float32")
    np.testing.assert_allclose(loaded.serve(images), model(images), atol=1e-6)


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="unknown batch sizes are TensorFlow's")
def test_batch_size_may_be_unknown():
    import tensorflow as tf

    function = tf.function(lambda x: tf.gradients(upsample2d(x) ** 2, x), [tf.TensorSpec((None, 4, 4, 2))])
    assert function(tf.ones((3, 4, 4, 2)))[0].shape == (3, 4, 4, 2)
