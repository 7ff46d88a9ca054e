import contextlib

import keras
import numpy as np
import pytest
import scipy.signal

from tests.layers.derivatives import check_second_derivatives, once_on_torch
from tests.layers.test_resample import evaluate, random_images
from tfnss.layers import Conv2D, Conv2DTranspose, convolution
from tfnss.layers.winograd import winograd_conv2d, winograd_conv2d_transpose

tensorflow_only = pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="XLA on CPUs is TensorFlow's")


@contextlib.contextmanager
def everywhere(monkeypatch):
    """The forms of this library on every device and backend, compiled or not, and Winograd's from two channels."""
    with monkeypatch.context() as patch:
        patch.setattr(convolution, "_by_blocks", lambda images, kernel, strides: True)
        patch.setattr(convolution, "_CHANNELS", {2: 8, 3: 2})
        patch.setattr(convolution, "_PIXELS", {2: 1, 3: 1})
        patch.setattr(convolution, "_FEW_CHANNELS", 4)
        yield


def dense(images, kernel):
    """The correlation with the kernel at stride 1, without zeros around."""
    return np.stack(
        [
            [
                sum(
                    scipy.signal.correlate2d(image[:, :, i], kernel[:, :, i, o], "valid")
                    for i in range(kernel.shape[2])
                )
                for o in range(kernel.shape[3])
            ]
            for image in images
        ]
    ).transpose(0, 2, 3, 1)


@pytest.mark.parametrize("taps", [2, 3])
def test_winograd_equals_the_definition(taps):
    images, kernel = random_images(2, 6, 7, 2), random_images(taps, taps, 2, 3)
    padded = np.pad(images, ((0, 0), (1, taps), (1, taps), (0, 0)))
    expected = dense(padded, kernel)[:, :6, :7]
    found = evaluate(lambda x, k: winograd_conv2d(x, k, 1, (6, 7)), images, kernel)
    np.testing.assert_allclose(found, expected, atol=1e-4)
    upstream = random_images(2, 6, 7, 3)
    back = evaluate(lambda y, k: winograd_conv2d_transpose(y, k, 1, (6, 7)), upstream, kernel)
    np.testing.assert_allclose(np.sum(back * images), np.sum(upstream * expected), rtol=1e-4)


@pytest.mark.parametrize(
    ("taps", "strides", "channels", "transposed"),
    [
        (4, 2, 8, False),
        (4, 2, 8, True),
        (4, 2, 1, False),
        (4, 2, 1, True),
        (4, 2, 6, False),
        (4, 2, 6, True),
        (3, 1, 2, False),
    ],
    ids=["Winograd", "transposed, Winograd", "patches", "transposed, patches", "dense", "transposed, dense", "3x3"],
)
def test_numbers_are_the_backends(monkeypatch, taps, strides, channels, transposed):
    images = random_images(2, 4, 6, channels)
    kernel = random_images(taps, taps, channels, channels)
    function = convolution.conv2d_transpose if transposed else convolution.conv2d
    own = keras.ops.conv_transpose if transposed else keras.ops.conv
    expected = evaluate(
        lambda x, k: own(x, k, strides=strides, padding="same", data_format="channels_last"), images, kernel
    )
    with everywhere(monkeypatch):
        found = evaluate(lambda x, k: function(x, k, strides), images, kernel)
    np.testing.assert_allclose(found, expected, atol=1e-4)


@pytest.mark.parametrize(
    "name",
    [
        "4x4 at stride 2",
        pytest.param("transposed", marks=pytest.mark.slow),
        pytest.param("3x3", marks=pytest.mark.slow),
    ],
)
@once_on_torch
def test_second_derivatives(monkeypatch, name):
    taps, strides = (3, 1) if name == "3x3" else (4, 2)
    function = convolution.conv2d_transpose if name == "transposed" else convolution.conv2d
    images, kernel = random_images(1, 2, 4, 2), random_images(taps, taps, 2, 2)
    with everywhere(monkeypatch):
        monkeypatch.setattr(convolution, "_CHANNELS", {2: 2, 3: 2})
        check_second_derivatives(lambda x, k: function(x, k, strides), images, kernel)


@tensorflow_only
def test_only_xla_on_cpus_takes_them(monkeypatch):
    import tensorflow as tf

    taken = []

    def blocks(*arguments, original=convolution._blocks):
        taken.append("blocks")
        return original(*arguments)

    monkeypatch.setattr(convolution, "_blocks", blocks)
    images, kernel = tf.ones((1, 4, 4, 2)), tf.ones((4, 4, 2, 2))
    expected = convolution.conv2d(images, kernel, 2)
    tf.function(lambda x: convolution.conv2d(x, kernel, 2))(images)
    assert not taken
    found = tf.function(lambda x: convolution.conv2d(x, kernel, 2), jit_compile=True)(images)
    assert taken == ["blocks"]
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    monkeypatch.setattr("tfnss.xla.accelerated", lambda: True)
    tf.function(lambda x: convolution.conv2d(x, kernel, 2), jit_compile=True)(images)
    assert len(taken) == 1


@pytest.mark.skipif(keras.backend.backend() != "jax", reason="of JAX alone")
def test_jax_on_cpus_takes_them_at_stride_2(monkeypatch):
    import jax

    taken = []
    monkeypatch.setattr(
        convolution, "_blocks", lambda *arguments, original=convolution._blocks: taken.append(1) or original(*arguments)
    )
    images, kernel = keras.ops.ones((1, 4, 4, 2)), keras.ops.ones((4, 4, 2, 2))
    found = convolution.conv2d(images, kernel, 2)
    assert taken == [1]
    monkeypatch.setattr(jax, "default_backend", lambda: "gpu")
    np.testing.assert_allclose(convolution.conv2d(images, kernel, 2), found, rtol=1e-6)
    convolution.conv2d(images, keras.ops.ones((3, 3, 2, 2)), 1)
    assert taken == [1]


@pytest.mark.parametrize(
    ("ours", "theirs"), [(Conv2D, keras.layers.Conv2D), (Conv2DTranspose, keras.layers.Conv2DTranspose)]
)
def test_layers_are_keras_own_in_weights_names_and_numbers(tmp_path, monkeypatch, ours, theirs):
    keras.utils.clear_session()
    old = keras.Sequential([keras.Input((4, 6, 3)), theirs(2, 4, strides=2, padding="same", activation="relu")])
    keras.utils.clear_session()
    new = keras.Sequential([keras.Input((4, 6, 3)), ours(2, 4, strides=2, padding="same", activation="relu")])
    assert [w.path for w in new.weights] == [w.path for w in old.weights]
    assert new.output_shape == old.output_shape
    old.save_weights(tmp_path / "old.weights.h5")
    new.load_weights(tmp_path / "old.weights.h5")
    new.layers[0].bias.assign([0.5, -0.5])
    old.layers[0].bias.assign([0.5, -0.5])
    images = random_images(2, 4, 6, 3).astype("float32")
    with everywhere(monkeypatch):
        found = new(images)
    np.testing.assert_allclose(keras.ops.convert_to_numpy(found), keras.ops.convert_to_numpy(old(images)), atol=1e-5)
    new.save(tmp_path / "new.keras")
    assert type(keras.saving.load_model(tmp_path / "new.keras").layers[0]) is ours
