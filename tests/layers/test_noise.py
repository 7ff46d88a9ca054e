import keras
import numpy as np
import pytest
from keras import ops

import tfnss
from tests.layers.derivatives import check_second_derivatives
from tests.layers.harness import check_layer
from tfnss.layers import EuclideanNoise, RiemannianNoise

BOTH = (EuclideanNoise, RiemannianNoise)


def random_array(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


IMAGES, NOISE = random_array(2, 4, 6, 3), random_array(2, 4, 6, 1, seed=1)


def built(layer, images=IMAGES):
    layer.build(images.shape)
    return layer


def evaluate(layer, images=IMAGES, **kwargs):
    return ops.convert_to_numpy(ops.cast(layer(images, **kwargs), "float32"))


def riemannian(images, noise, scale, shift, alpha, strength, normalization):
    """Equations 13 to 17, index by index, in float64."""
    outputs = np.zeros(images.shape)
    for n, features in enumerate(images.astype("float64")):
        s = features.sum(-1)
        s = s - s.mean()
        s = s / np.abs(s).max()
        mixed = alpha * (scale[0, :, :, 0] * s + shift[0, :, :, 0]) + (1 - alpha)
        sigma = mixed / np.sqrt((mixed**2).mean() if normalization == "rms" else (mixed**2).sum())
        outputs[n] = strength * sigma[:, :, None] * (features + noise[n])
    return outputs


@pytest.mark.parametrize("make", BOTH)
@pytest.mark.parametrize("per_channel", [False, True])
def test_is_a_keras_layer(make, per_channel):
    check_layer(lambda **kwargs: make(per_channel=per_channel, seed=1, **kwargs), IMAGES)


def test_weights():
    layer = built(RiemannianNoise(noise_gain=0.1))
    shapes = {weight.name: tuple(weight.shape) for weight in layer.trainable_weights}
    pixels = (1, 4, 6, 1)
    assert shapes == {"scale": pixels, "shift": pixels, "mixing": (), "strength": (), "noise_gain": ()}
    assert [w.name for w in built(RiemannianNoise()).trainable_weights] == ["scale", "shift", "mixing", "strength"]
    assert [w.name for w in built(EuclideanNoise()).trainable_weights] == ["strength"]


def test_a_strength_for_each_channel():
    layer = built(EuclideanNoise(strength_per_channel=True))
    assert [tuple(w.shape) for w in layer.trainable_weights] == [(3,)]
    assert np.array_equal(evaluate(layer), IMAGES)
    strengths = random_array(3, seed=2)
    layer.strength.assign(strengths)
    np.testing.assert_allclose(evaluate(layer, noise=NOISE), IMAGES + NOISE * strengths, atol=1e-6)
    check_layer(lambda **kwargs: EuclideanNoise(strength_per_channel=True, seed=1, **kwargs), IMAGES)


def test_euclidean_noise_starts_as_the_identity():
    assert np.array_equal(evaluate(EuclideanNoise()), IMAGES)


def test_euclidean_noise_equals_equation_18():
    layer = built(EuclideanNoise())
    layer.strength.assign(0.7)
    np.testing.assert_allclose(evaluate(layer, noise=NOISE), IMAGES + 0.7 * NOISE, atol=1e-6)
    np.testing.assert_allclose(evaluate(layer, noise=NOISE[0, :, :, 0]), IMAGES + 0.7 * NOISE[:1], atol=1e-6)


@pytest.mark.parametrize("make", BOTH)
@pytest.mark.parametrize("per_channel", [False, True])
def test_noise_is_standard_normal_and_fresh(make, per_channel):
    layer = built(make(per_channel, seed=0) if make is EuclideanNoise else make(per_channel=per_channel, seed=0))
    layer.strength.assign(1.0)
    zeros = np.zeros(IMAGES.shape, "float32").repeat(200, 0)
    first, second = (evaluate(layer, zeros) for _ in range(2))
    assert not np.array_equal(first, second)
    assert np.mean(first) == pytest.approx(0, abs=0.05)
    assert np.std(first) == pytest.approx(1, abs=0.05)
    assert np.array_equal(first[..., 0], first[..., 1]) != per_channel
    assert not np.array_equal(first[0], first[1])


@pytest.mark.parametrize("make", BOTH)
def test_noise_follows_the_active_source(make):
    class Ones:
        def stream(self):
            return self

        def normal(self, shape):
            return ops.ones(shape)

    layer = built(make())
    layer.strength.assign(2.0)
    with tfnss.random.scope(Ones()):
        outputs = evaluate(layer)
    np.testing.assert_allclose(outputs, evaluate(layer, noise=np.ones((4, 6), "float32")), atol=1e-6)


@pytest.mark.parametrize("normalization", ["rms", "l2"])
@pytest.mark.parametrize("noise", [NOISE, random_array(2, 4, 6, 3, seed=2)], ids=["shared", "per channel"])
def test_riemannian_noise_equals_equations_13_to_17(normalization, noise):
    layer = built(RiemannianNoise(normalization))
    np.testing.assert_allclose(  # as it starts
        evaluate(layer, noise=noise),
        riemannian(IMAGES, noise, np.ones((1, 4, 6, 1)), np.zeros((1, 4, 6, 1)), 0.5, 1.0, normalization),
        atol=1e-5,
    )
    scale, shift = random_array(1, 4, 6, 1, seed=3), random_array(1, 4, 6, 1, seed=4)
    layer.scale.assign(scale)
    layer.shift.assign(shift)
    layer.mixing.assign(np.log(0.8 / 0.2))
    layer.strength.assign(1.7)
    expected = riemannian(IMAGES, noise, scale, shift, 0.8, 1.7, normalization)
    np.testing.assert_allclose(evaluate(layer, noise=noise), expected, atol=1e-4)


def test_riemannian_noise_without_mixing_is_euclidean():
    """alpha -> 0 makes T(mu) of equation 11 the identity; the noise gain is then equation 18's r."""
    euclidean, layer = built(EuclideanNoise()), built(RiemannianNoise(noise_gain=0.3))
    euclidean.strength.assign(0.3)
    layer.mixing.assign(-100.0)
    np.testing.assert_allclose(evaluate(layer, noise=NOISE), evaluate(euclidean, noise=NOISE), atol=1e-6)
    literal = built(RiemannianNoise("l2"))
    literal.mixing.assign(-100.0)
    literal.strength.assign(1.5)
    np.testing.assert_allclose(evaluate(literal, noise=NOISE), 1.5 / np.sqrt(24) * (IMAGES + NOISE), atol=1e-6)


def test_full_mixing_scales_by_the_normalised_semantics():
    layer = built(RiemannianNoise())
    layer.mixing.assign(100.0)
    s = IMAGES.sum(-1, keepdims=True)
    s = s - s.mean((1, 2), keepdims=True)
    expected = s / np.sqrt((s**2).mean((1, 2), keepdims=True)) * (IMAGES + NOISE)
    np.testing.assert_allclose(evaluate(layer, noise=NOISE), expected, atol=1e-5)


@pytest.mark.parametrize("value", [0.0, 0.1, -7.3, 1e-30, 1e30])
def test_constant_features_have_a_constant_sigma(value):
    images = np.full((2, 7, 7, 5), value, "float32")
    noise = random_array(2, 7, 7, 1)
    outputs = evaluate(RiemannianNoise(), images, noise=noise)
    np.testing.assert_allclose(outputs, images + noise, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("normalization", ["rms", "l2"])
@pytest.mark.parametrize("policy", ["float32", "float16", "mixed_float16", "bfloat16"])
@pytest.mark.parametrize("kind", ["zero", "constant", "one pixel", "huge"])
def test_outputs_are_finite(normalization, policy, kind):
    limit = 65504.0 if "float16" in policy and policy != "bfloat16" else 1e30
    signs = np.sign(random_array(2, 8, 8, 4))
    images = {"zero": 0 * signs, "constant": 0 * signs + limit, "one pixel": signs[:, :1, :1], "huge": limit * signs}
    images = images[kind]
    layer = RiemannianNoise(normalization, dtype=policy)
    assert np.isfinite(evaluate(layer, ops.cast(images, layer.compute_dtype))).all()


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="gradient tapes are TensorFlow's")
@pytest.mark.parametrize("value", [0.0, 3.0, 1e30])
@pytest.mark.parametrize("jit_compile", [False, True])
def test_gradients_of_extreme_features_are_finite(value, jit_compile):
    import tensorflow as tf

    layer = built(RiemannianNoise())

    @tf.function(jit_compile=jit_compile)
    def gradients(x):
        with tf.GradientTape() as outer:
            outer.watch(x)
            with tf.GradientTape() as inner:
                inner.watch(x)
                total = tf.reduce_sum(layer(x, noise=NOISE) * random_array(*IMAGES.shape, seed=5))
            gradient = inner.gradient(total, x)
        return gradient, outer.gradient(gradient, x)

    for images in (tf.fill(IMAGES.shape, value), value * tf.constant(IMAGES)):
        for gradient in gradients(images):
            assert np.isfinite(gradient).all()


@pytest.mark.parametrize("normalization", ["rms", "l2"])
@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="layers in float64 need TensorFlow")
def test_second_derivatives(normalization):
    layer = built(RiemannianNoise(normalization, noise_gain=0.5, dtype="float64"))
    noise = NOISE.astype("float64")
    check_second_derivatives(lambda x: layer(x, noise=noise), IMAGES, variables=layer.trainable_variables)


def test_rejects_bad_arguments():
    with pytest.raises(ValueError, match="`normalization` must"):
        RiemannianNoise("max")
    with pytest.raises(ValueError, match="static height and width"):
        RiemannianNoise().build((None, None, 4, 3))
    for make in BOTH:
        with pytest.raises(ValueError, match="`noise` must"):
            make()(IMAGES, noise=NOISE[0])
