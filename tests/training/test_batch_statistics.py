"""Batch normalisation over each replica's share: compiled, and with one set of moving averages."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import tfnss
from tests.training.networks import tiny_gan, tiny_images
from tfnss.data import Images
from tfnss.training import batch_statistics


def train(gan, pictures, steps=3):
    gan.fit(Images(tiny_images(pictures), 16), steps_per_epoch=steps, verbose=0)
    return np.concatenate([w.ravel() for w in gan.get_weights()])


def compiled_gan(**arguments):
    gan = tiny_gan(normalization=True)
    gan.compile(keras.optimizers.SGD(0.05), keras.optimizers.SGD(0.05), **arguments)
    return gan


def moving(gan, strategy):
    """The moving averages of both networks, of each replica."""
    layers = [*gan.generator.layers, *gan.discriminator.layers]
    kinds = [layer for layer in layers if isinstance(layer, keras.layers.BatchNormalization)]
    variables = [v for layer in kinds for v in (layer.moving_mean, layer.moving_variance)]
    return [[v.numpy() for v in strategy.experimental_local_results(variable.value)] for variable in variables]


@pytest.mark.parametrize("regularizers", [pytest.param((), marks=pytest.mark.exhaustive), (tfnss.R1(1.0),)])
def test_on_one_device_both_are_the_same(pictures, regularizers):
    kinds = ("global", "replica")
    results = [train(compiled_gan(regularizers=regularizers, batch_statistics=kind), pictures) for kind in kinds]
    np.testing.assert_array_equal(*results)


@pytest.mark.slow
@pytest.mark.parametrize("regularizers", [pytest.param((), marks=pytest.mark.exhaustive), (tfnss.R1(1.0, 2),)])
def test_xla_compiles_it_on_two_replicas(mirrored, pictures, regularizers):
    results = []
    for jit_compile in (False, True):
        with mirrored.scope():
            gan = compiled_gan(regularizers=regularizers, batch_statistics="replica", jit_compile=jit_compile)
        assert all(gradients.compiled == jit_compile for gradients in gan._gradients)
        results.append(train(gan, pictures))
        assert all(np.array_equal(*values) for values in moving(gan, mirrored))
    np.testing.assert_allclose(*results, atol=1e-5)


def test_replicas_share_statistics_in_each_part_of_a_batch(mirrored, pictures):
    with mirrored.scope():
        gan = compiled_gan(accumulation_steps=2)
    assert np.isfinite(train(gan, pictures, steps=1)).all()
    assert all(np.array_equal(*values) for values in moving(gan, mirrored))


def test_the_moving_averages_are_the_mean_over_replicas(mirrored, pictures, monkeypatch):
    with mirrored.scope():
        agreed, apart = (compiled_gan(batch_statistics="replica") for _ in range(2))
    train(agreed, pictures, steps=1)
    monkeypatch.setattr(batch_statistics, "agree", lambda variables: None)
    train(apart, pictures, steps=1)
    for both, own in zip(moving(agreed, mirrored), moving(apart, mirrored), strict=True):
        assert not np.array_equal(*own)
        np.testing.assert_allclose(both, [np.mean(own, axis=0)] * 2, rtol=1e-6)


def test_the_average_of_the_generator_has_them_too(mirrored, pictures):
    with mirrored.scope():
        gan = compiled_gan(batch_statistics="replica", ema_half_life_kimg=0.0)
    train(gan, pictures)
    for mean, value in zip(gan.generator_ema.weights, gan.generator.weights, strict=True):
        np.testing.assert_array_equal(mean.numpy(), value.numpy())


def test_second_derivatives_of_a_share_are_right():
    """They are those of the synchronised layer on one replica, which has the share for its batch."""
    images = tf.constant(np.random.default_rng(0).normal(size=(8, 4)), tf.float32)
    found = []
    for settled in ((2, True, "replica"), (1, True, "global")):
        layer = keras.layers.BatchNormalization()
        layer.build((None, 4))
        assert not batch_statistics.settle([layer], *settled) or settled[2] == "global"
        with tf.GradientTape() as outer:
            outer.watch(images)
            with tf.GradientTape() as inner:
                inner.watch(images)
                total = tf.reduce_sum(layer(images, training=True) ** 3)
            penalty = tf.reduce_sum(inner.gradient(total, images) ** 2)
        found.append(outer.gradient(penalty, images))
    np.testing.assert_allclose(*found, rtol=1e-3, atol=1e-3)


def test_a_layer_can_change_its_ways():
    layer = keras.layers.BatchNormalization()
    layer.build((None, 4))
    batch_statistics.settle([layer], 2, True, "replica")
    assert not layer.synchronized
    assert "_moments" in vars(layer)
    assert batch_statistics.settle([layer], 2, True, "global")
    assert layer.synchronized
    assert "_moments" not in vars(layer)


def test_other_kinds_are_refused():
    with pytest.raises(ValueError, match="must be 'global' or 'replica'"):
        tiny_gan().compile(batch_statistics="batch")
