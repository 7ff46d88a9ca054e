import functools

import keras
import numpy as np
import pytest
from keras import ops

from tests.layers.harness import check_layer
from tests.layers.test_resample import padded
from tests.layers.test_resampled_convolution import correlated
from tfnss.layers import SpectralConv2D, SpectralDense

on_tensorflow = pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="tests TensorFlow's gradients")


def random_array(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def built(layer, shape):
    layer.build((None, *shape))
    return layer


def dense(**kwargs):
    return built(SpectralDense(5, seed=1, **kwargs), (7,))


def conv(**kwargs):
    return built(SpectralConv2D(5, 3, padding="same", seed=1, **kwargs), (4, 6, 3))


def numpy(x):
    return ops.convert_to_numpy(ops.cast(x, "float32"))


def unit(x):
    return x / np.linalg.norm(x)


def as_matrix(kernel):
    """[outputs, everything else], row by row."""
    return np.stack([kernel[..., i].ravel() for i in range(kernel.shape[-1])])


class Reference:
    """The method by its definition: u and v by power iteration, sigma = u^T W v."""

    def __init__(self, layer):
        self.u = numpy(layer.u).astype("float64")
        self.power_iterations = layer.power_iterations

    def normalized(self, kernel, training):
        w = as_matrix(kernel.astype("float64"))
        v = unit(w.T @ self.u)
        if training:
            for _ in range(self.power_iterations):
                v = unit(w.T @ self.u)
                self.u = unit(w @ v)
        return kernel / (self.u @ w @ v)


def test_are_keras_layers():
    options = {"activation": "relu", "bias_initializer": "ones", "power_iterations": 2, "seed": 3}
    check_layer(lambda **kwargs: SpectralDense(7, **options, **kwargs), random_array(4, 7))
    options["padding"] = "same"
    check_layer(lambda **kwargs: SpectralConv2D(3, 3, **options, **kwargs), random_array(2, 4, 6, 3))
    check_layer(lambda **kwargs: SpectralConv2D(3, 3, pool_size=2, **options, **kwargs), random_array(2, 4, 6, 3))


@pytest.mark.parametrize("make", [dense, conv])
@pytest.mark.parametrize("power_iterations", [1, 3])
def test_kernels_follow_the_definition_while_they_change(make, power_iterations):
    layer = make(power_iterations=power_iterations)
    reference = Reference(layer)
    for step, training in enumerate([True, False, True, True, False]):
        kernel = random_array(*layer.kernel.shape, seed=step)
        layer.kernel.assign(kernel)
        found = numpy(layer.normalized_kernel(training=training))
        np.testing.assert_allclose(found, reference.normalized(kernel, training), atol=1e-5)
        np.testing.assert_allclose(numpy(layer.u), reference.u, atol=1e-5)
        np.testing.assert_array_equal(numpy(layer.kernel), kernel)  # is never overwritten


@pytest.mark.parametrize("make", [dense, conv])
@pytest.mark.parametrize("training", [False, True])
def test_an_average_of_unit_vectors_stands_for_its_direction(make, training):
    """The moving average of a network averages u too, whose norm is below 1 then."""
    layer = make()
    u = numpy(layer.u)
    expected = numpy(layer.normalized_kernel(training=training))
    layer.u.assign(0.5 * u)
    np.testing.assert_allclose(numpy(layer.normalized_kernel(training=training)), expected, rtol=1e-5)


@pytest.mark.parametrize("training", [False, True])
def test_outputs_use_the_normalised_kernel(training):
    images, vectors, bias = random_array(2, 4, 6, 3), random_array(4, 7), random_array(5)
    layer = conv(activation="relu")
    layer.bias.assign(bias)
    kernel = Reference(layer).normalized(numpy(layer.kernel), training)
    expected = np.maximum(correlated(padded(images, (1, 1), (1, 1)), kernel) + bias, 0)
    np.testing.assert_allclose(numpy(layer(images, training=training)), expected, atol=1e-5)
    layer = dense()
    layer.bias.assign(bias)
    expected = vectors @ Reference(layer).normalized(numpy(layer.kernel), training) + bias
    np.testing.assert_allclose(numpy(layer(vectors, training=training)), expected, atol=1e-5)


@pytest.mark.parametrize(
    "options",
    [
        {"strides": 2, "use_bias": False},
        {"dilation_rate": 2, "padding": "same"},
        {"groups": 2, "activation": "tanh"},
        pytest.param(
            {"data_format": "channels_first"},
            marks=pytest.mark.skipif(keras.backend.backend() == "tensorflow", reason="not on TensorFlow's CPU"),
        ),
    ],
)
def test_options_are_those_of_keras(options):
    images = random_array(2, 6, 6, 6)
    layer = built(SpectralConv2D(4, 3, bias_initializer="ones", **options), images.shape[1:])
    plain = built(keras.layers.Conv2D(4, 3, bias_initializer="ones", **options), images.shape[1:])
    plain.kernel.assign(layer.normalized_kernel())
    np.testing.assert_allclose(numpy(layer(images)), numpy(plain(images)), atol=1e-6)
    assert layer(images).shape == layer.compute_output_shape(images.shape)


@pytest.mark.parametrize("taps", [1, 3, 5])
@pytest.mark.parametrize("jit_compile", [False, pytest.param(True, marks=on_tensorflow)])
def test_pooling(taps, jit_compile):
    """The means of 2x2 results, and their gradients, are those of Keras' layers."""
    images = random_array(2, 6, 8, 3)
    layer = built(SpectralConv2D(4, taps, padding="same", pool_size=2, bias_initializer="ones"), images.shape[1:])
    plain = built(keras.layers.Conv2D(4, taps, padding="same", bias_initializer="ones"), images.shape[1:])
    plain.kernel.assign(layer.normalized_kernel())
    expected = keras.layers.AveragePooling2D(2)(plain(images))
    np.testing.assert_allclose(numpy(layer(images)), numpy(expected), atol=1e-5)
    assert layer(images).shape == layer.compute_output_shape(images.shape) == (2, 3, 4, 4)
    if keras.backend.backend() == "tensorflow":
        for found, wanted in zip(
            slopes(layer, images, jit_compile),
            slopes(lambda images: keras.layers.AveragePooling2D(2)(plain(images)), images, False),
            strict=True,
        ):
            np.testing.assert_allclose(found, wanted, atol=1e-5)


def slopes(network, images, jit_compile):
    """The gradient of a loss by images, and that of its square: also the second derivatives are right."""
    import tensorflow as tf

    from tfnss import xla

    def gradients(images):
        with tf.GradientTape() as outer:
            outer.watch(images)
            with tf.GradientTape() as inner:
                inner.watch(images)
                loss = tf.reduce_sum(tf.sin(network(images)))
            first = inner.gradient(loss, images)
            penalty = tf.reduce_sum(first**2)
        return first, outer.gradient(penalty, images)

    compiled = xla.compiled(gradients) if jit_compile else gradients
    return [numpy(gradient) for gradient in compiled(tf.constant(images))]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"pool_size": 3}, "must be 1 or 2. Received: pool_size=3"),
        ({"pool_size": 2}, "'same' padding"),
        ({"pool_size": 2, "padding": "same", "kernel_size": 4}, "odd kernel"),
        ({"pool_size": 2, "padding": "same", "kernel_size": (3, 5)}, "odd kernel"),
        ({"pool_size": 2, "padding": "same", "strides": 2}, "no strides"),
        ({"pool_size": 2, "padding": "same", "dilation_rate": 2}, "no strides or dilation"),
        ({"pool_size": 2, "padding": "same", "groups": 2}, "one group"),
    ],
)
def test_pooling_that_cannot_be(options, message):
    with pytest.raises(ValueError, match=message):
        SpectralConv2D(4, **{"kernel_size": 3, **options})


def test_pooling_needs_even_sizes():
    layer = SpectralConv2D(4, 3, padding="same", pool_size=2)
    with pytest.raises(ValueError, match=r"even height and width. Received: shape \(None, 6, 5, 3\)"):
        layer.build((None, 6, 5, 3))


@pytest.mark.parametrize("make", [dense, conv])
def test_starts_with_norm_1(make):
    keras.utils.set_random_seed(0)  # of the kernel: how far the iterations come depends on it
    assert np.linalg.norm(as_matrix(numpy(make().normalized_kernel())), 2) == pytest.approx(1, abs=0.02)


def test_u_follows_the_seed():
    """Equal singular values leave u where it starts."""
    make = functools.partial(SpectralDense, 5, kernel_initializer=lambda shape, dtype: np.eye(5, dtype=dtype))
    one, same, other = (numpy(built(make(seed=seed), (5,)).u) for seed in (1, 1, 2))
    assert np.array_equal(one, same)
    assert np.abs(one - other).max() > 0.1
    assert np.linalg.norm(one) == pytest.approx(1)


@pytest.mark.parametrize("make", [dense, conv])
def test_only_calls_in_training_move_u(make):
    layer = make()
    layer.kernel.assign(random_array(*layer.kernel.shape))
    inputs = random_array(2, *((7,) if make is dense else (4, 6, 3)))
    before = numpy(layer.u)
    layer(inputs)
    np.testing.assert_array_equal(numpy(layer.u), before)
    layer(inputs, training=True)
    assert np.abs(numpy(layer.u) - before).max() > 1e-3
    assert [w.name for w in layer.trainable_weights] == ["kernel", "bias"]


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_the_norm_is_taken_in_float32(policy):
    layer, precise = conv(dtype=policy), conv()
    layer.set_weights(precise.get_weights())
    images = random_array(2, 4, 6, 3)
    layer(images, training=True)
    precise(images, training=True)
    np.testing.assert_array_equal(numpy(layer.u), numpy(precise.u))
    assert keras.backend.standardize_dtype(layer.normalized_kernel().dtype) == "float32"


@pytest.mark.parametrize("suffix", [".weights.h5", ".keras"])
def test_saves_u(suffix, tmp_path):
    def make(seed):
        return keras.Sequential([keras.Input((4, 6, 3)), SpectralConv2D(2, 3, seed=seed), SpectralDense(3, seed=seed)])

    one, path = make(1), str(tmp_path / f"model{suffix}")
    one(random_array(2, 4, 6, 3), training=True)
    if suffix == ".keras":
        one.save(path)
        other = keras.models.load_model(path)
    else:
        one.save_weights(path)
        other = make(2)
        other.load_weights(path)
    assert len(one.weights) == len(other.weights) == 6
    for found, expected in zip(other.weights, one.weights, strict=True):
        np.testing.assert_array_equal(numpy(found), numpy(expected))


@on_tensorflow
@pytest.mark.parametrize("make", [dense, conv])
@pytest.mark.parametrize("jit_compile", [False, True])
def test_gradients_pass_through_the_norm_but_not_through_u_and_v(make, jit_compile):
    import tensorflow as tf

    layer = make(dtype="float64")
    kernel, weights = (random_array(*layer.kernel.shape, seed=seed).astype("float64") for seed in (1, 2))
    layer.kernel.assign(kernel)

    @tf.function(jit_compile=jit_compile)
    def gradient():
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(layer.normalized_kernel(training=True) * weights)
        return tape.gradient(loss, layer.kernel.value)

    v = unit(as_matrix(kernel).T @ layer.u.numpy())
    found = gradient().numpy()
    u = layer.u.numpy()

    def loss(kernel):
        return np.sum(kernel * weights) / (u @ as_matrix(kernel) @ v)

    direction = random_array(*kernel.shape, seed=3)
    step = 1e-6 * direction
    slope = (loss(kernel + step) - loss(kernel - step)) / 2e-6
    np.testing.assert_allclose(np.sum(found * direction), slope, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(np.sum(found * kernel), 0, atol=1e-9)  # the scale of the kernel changes nothing


@on_tensorflow
@pytest.mark.parametrize("make", [dense, conv])
def test_kernels_keep_norm_1_while_they_learn(make):
    import tensorflow as tf

    layer = make()
    optimizer = keras.optimizers.SGD(0.5)
    inputs = random_array(8, *((7,) if make is dense else (4, 6, 3)))
    start = numpy(layer.kernel)
    for _ in range(10):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((layer(inputs, training=True) - 1) ** 2)
        optimizer.apply(tape.gradient(loss, [w.value for w in layer.trainable_weights]), layer.trainable_weights)
    assert np.abs(numpy(layer.kernel) - start).max() > 0.05
    assert np.linalg.norm(as_matrix(numpy(layer.normalized_kernel())), 2) == pytest.approx(1, abs=0.05)


@on_tensorflow
def test_replicas_move_u_alike_in_compiled_functions(mirrored):
    import tensorflow as tf

    with mirrored.scope():
        layer = conv()
    alone = conv()
    alone.set_weights(layer.get_weights())

    @tf.function(jit_compile=True)
    def compiled(images):
        return layer(images, training=True)

    step = tf.function(lambda images: mirrored.run(lambda: compiled(images)))
    for seed in range(3):
        kernel = random_array(*layer.kernel.shape, seed=seed)
        layer.kernel.assign(kernel)
        alone.kernel.assign(kernel)
        step(random_array(2, 4, 6, 3))
        alone.normalized_kernel(training=True)
        copies = [u.numpy() for u in mirrored.experimental_local_results(layer.u.value)]
        assert len(copies) == 2
        np.testing.assert_array_equal(*copies)
        np.testing.assert_allclose(copies[0], alone.u.numpy(), atol=1e-6)
    layer.set_weights(alone.get_weights())  # as restoring a checkpoint does
    for u in mirrored.experimental_local_results(layer.u.value):
        np.testing.assert_array_equal(u.numpy(), alone.u.numpy())


@pytest.mark.parametrize("make", [dense, conv])
def test_a_kernel_of_zeros_gives_zeros(make):
    layer = make(kernel_initializer="zeros")
    inputs = random_array(2, 7) if make is dense else random_array(2, 4, 6, 3)
    for training in (False, True):
        np.testing.assert_array_equal(numpy(layer(inputs, training=training)), 0)


@pytest.mark.parametrize("make", [dense, conv])
def test_rejects_bad_arguments(make):
    with pytest.raises(ValueError, match="power_iterations=0"):
        make(power_iterations=0)
