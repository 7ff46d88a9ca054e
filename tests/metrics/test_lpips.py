import h5py
import keras
import numpy as np
import pytest
import tensorflow as tf

from tfnss.metrics import LPIPS
from tfnss.metrics.lpips import LAYERS


@pytest.fixture(scope="module", params=["caffe", "torch"])
def lpips(request):
    keras.utils.set_random_seed(0)
    return LPIPS(weights=None, preprocessing=request.param)


def images(seed, count=2, size=32):
    return np.random.default_rng(seed).uniform(-1, 1, (count, size, size, 3)).astype(np.float32)


def test_is_its_formula(lpips):
    """NumPy on the activations of a second VGG16 with the same convolutions."""
    network = keras.applications.VGG16(weights=None, include_top=False, input_shape=(None, None, 3))
    own = {layer.name: layer for layer in lpips.network.layers}
    for layer in network.layers:
        if layer.name in own:
            layer.set_weights(own[layer.name].get_weights())
    network = keras.Model(network.input, [network.get_layer(name).output for name in LAYERS])

    def activations(x):
        if lpips.preprocessing == "caffe":
            x = ((x + 1) * 127.5)[..., ::-1] - np.array([103.939, 116.779, 123.68])
        else:  # the shift and scale of the lpips package, for images in [-1, 1]
            x = (x - np.array([-0.030, -0.088, -0.188])) / np.array([0.458, 0.448, 0.450])
        found = [np.asarray(y, np.float64) for y in network(x.astype(np.float32))]
        return [y / (np.sqrt((y**2).sum(-1, keepdims=True)) + 1e-10) for y in found]

    a, b = images(0), images(1)
    expected = sum(
        ((x - y) ** 2 * w).sum(-1).mean((1, 2))
        for x, y, w in zip(activations(a), activations(b), lpips._channel_weights, strict=True)
    )
    np.testing.assert_allclose(lpips((a, b)), expected, rtol=2e-3)


def test_zero_on_equal_images_symmetric_and_positive(lpips):
    a, b = images(0), images(1)
    np.testing.assert_array_equal(lpips((a, a)), 0)
    np.testing.assert_array_equal(lpips((a, b)), lpips((b, a)))
    assert (np.asarray(lpips((a, b))) > 0).all()


def test_grey_images_are_repeated_and_transparent_ones_on_white(lpips):
    a, b = images(0), images(1)
    opaque, clear = (np.full((2, 32, 32, 1), alpha, np.float32) for alpha in (1, -1))
    expected = np.asarray(lpips((a, b)))
    np.testing.assert_allclose(lpips((_with(a, opaque), b)), expected, rtol=1e-5)
    np.testing.assert_allclose(lpips((_with(a, clear), _with(b, clear))), 0, atol=1e-6)
    grey = a[..., :1]
    np.testing.assert_array_equal(lpips((grey, b)), lpips((grey.repeat(3, axis=3), b)))


def _with(colours, alpha):
    return np.concatenate([colours, alpha], axis=3)


def test_half_precision_does_not_overflow():
    """Activations of some thousands have squares beyond float16."""
    keras.utils.set_random_seed(0)
    exact = LPIPS(weights=None)
    exact.network.layers[1].kernel.assign(exact.network.layers[1].kernel * 200)
    a, b = images(0), images(1)
    assert float(np.max(exact.network(a * 127.5)[0])) > 2_000
    for dtype, tolerance in (("float16", 2e-2), ("mixed_float16", 2e-2), ("bfloat16", 2e-1)):
        half = LPIPS(weights=None, dtype=dtype)
        half.network.set_weights(exact.network.get_weights())
        np.testing.assert_allclose(half((a, b)), exact((a, b)), rtol=tolerance)
        assert half.key.startswith("LPIPS")


def test_published_weights():
    published = LPIPS(weights=None)._channel_weights
    assert [len(w) for w in published] == [64, 128, 256, 512, 512]
    assert all((w >= 0).all() for w in published)


@pytest.mark.slow
def test_differentiable_twice():
    """The gradient's derivative along a direction is the difference of gradients; all is finite for black images too."""
    lpips = LPIPS(weights=None, dtype="float64")
    a, b, direction = (tf.constant(images(seed, 1), tf.float64) for seed in (0, 1, 2))

    def gradient(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            distance = tf.reduce_sum(lpips((x, b)))
        return tape.gradient(distance, x)

    def second(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            along = tf.reduce_sum(gradient(x) * direction)
        return tape.gradient(along, x)

    step = 1e-8  # short enough that no rectifier switches
    expected = (gradient(a + step * direction) - gradient(a - step * direction)) / (2 * step)
    np.testing.assert_allclose(second(a), expected, atol=1e-4 * float(tf.reduce_max(tf.abs(expected))))
    for same in (tf.fill(a.shape, tf.constant(-1.0, tf.float64)), b):
        assert np.isfinite(second(same)).all()


def test_grey_images(lpips):
    a, b = images(0)[..., :1], images(1)[..., :1]
    np.testing.assert_allclose(lpips((a, b)), lpips((a.repeat(3, -1), b.repeat(3, -1))), rtol=1e-6)


def test_files_of_keras_downloads(tmp_path):
    path = tmp_path / "vgg16.h5"
    whole = keras.applications.VGG16(weights=None, include_top=False)
    with h5py.File(path, "w") as file:  # the format of Keras' downloads
        for layer in whole.layers:
            group = file.create_group(layer.name)
            names = [f"{layer.name}/{name}:0" for name in ("kernel", "bias")][: len(layer.weights)]
            group.attrs["weight_names"] = [name.encode() for name in names]
            for name, weight in zip(names, layer.get_weights(), strict=True):
                group.create_dataset(name, data=weight)
        file.attrs["layer_names"] = [layer.name.encode() for layer in whole.layers]
        file.attrs["keras_version"], file.attrs["backend"] = b"2.0", b"tensorflow"
    copy = LPIPS(weights=path)
    np.testing.assert_array_equal(copy.network.get_layer("block3_conv2").kernel, whole.get_layer("block3_conv2").kernel)


def test_bad_input(lpips, tmp_path):
    with pytest.raises(ValueError, match="at least 16x16"):
        lpips((images(0, size=8), images(1, size=8)))
    with pytest.raises(ValueError, match="caffe or torch"):
        LPIPS(weights=None, preprocessing="tf")
    (tmp_path / "a.h5").write_bytes(b"nothing")
    with pytest.raises(ValueError, match="weights of VGG16 cannot be had"):
        LPIPS(weights=tmp_path / "a.h5")


def test_integers_are_refused(lpips):
    pixels = np.zeros((2, 32, 32, 3), np.uint8)
    with pytest.raises(ValueError, match=r"LPIPS takes floats in \[-1, 1\].* Received: float32 and uint8"):
        lpips((images(0), pixels))
