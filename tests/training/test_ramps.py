"""Ramps by their formula, and wherever a number may be one."""

import math

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras.optimizers.schedules import CosineDecay

import tfnss
from tests.training.networks import tiny_gan, tiny_images
from tfnss.training import CosineRamp, ScheduledAdam
from tfnss.training.ema import ema_decay
from tfnss.training.lazy import lazy_optimizer


def test_a_ramp_is_half_a_cosine():
    ramp = CosineRamp(150.0, 15.0, kimg=20_000)
    for images, share in ((0, 0), (5e6, 0.25), (2e7, 1), (9e7, 1)):
        expected = 15 + 135 * (1 + math.cos(math.pi * share)) / 2
        assert float(ramp(tf.constant(int(images), tf.int64))) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: CosineRamp(math.nan, 1, 1), "start=nan"),
        (lambda: CosineRamp(0, 1, 0), "kimg=0"),
        (lambda: tfnss.R1(CosineRamp(1, -1, 1)), "weight=-1"),
        (lambda: tfnss.R1(math.inf), "weight=inf"),
        (lambda: tfnss.Augmentation("blit", CosineRamp(0, 2, 1)), "probability=2"),
        (lambda: tiny_gan().compile(ema_half_life_kimg=CosineRamp(-1, 0, 1)), "ema_half_life_kimg=-1"),
    ],
)
def test_what_no_ramp_can_be(make, says):
    with pytest.raises(ValueError, match=says):
        make()


def test_a_half_life_may_be_one():
    decay = ema_decay(1000, batch_size=25, half_life_kimg=CosineRamp(0, 8, kimg=2), ramp_up=None)
    assert float(decay) == pytest.approx(0.5 ** (25 / 4000), rel=1e-5)
    assert float(ema_decay(0, 25, CosineRamp(0, 8, kimg=2), None)) == 0


def ramped(**parts):
    """A game in which everything that can follows a ramp."""
    gan = tiny_gan()
    optimizers = {
        f"{player}_optimizer": ScheduledAdam(CosineDecay(2e-4, 4, 0.25), 0.0, CosineDecay(0.9, 4, 1.1))
        for player in ("generator", "discriminator")
    }
    penalties = [tfnss.R1(CosineRamp(4, 1, 0.032)), tfnss.R2(CosineRamp(4, 1, 0.032), interval=2), tfnss.LeCam()]
    augmentation = tfnss.Augmentation("color", CosineRamp(0.2, 0.8, 0.032))
    defaults = {"regularizers": penalties, "augmentation": augmentation, "run_eagerly": True, **optimizers}
    gan.compile(ema_half_life_kimg=CosineRamp(0, 1, 0.032), ema_ramp_up=None, **{**defaults, **parts})
    return gan


@pytest.mark.parametrize("jit_compile", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_weights_and_probabilities_move_with_the_clock(pictures, jit_compile):
    """With a learning rate of 0, nothing but the ramp moves: R1 on the same images is in the ratio of the weights."""
    ramp = CosineRamp(4, 1, kimg=0.032)
    gan = ramped(
        jit_compile=jit_compile,
        run_eagerly=False,
        regularizers=[tfnss.R1(ramp), tfnss.R2(ramp, interval=2)],
        augmentation=None,
        discriminator_optimizer=keras.optimizers.SGD(0.0),
        generator_optimizer=keras.optimizers.SGD(0.0),
    )
    images = tfnss.data.Images(tiny_images(pictures[:8]), 8)
    r1 = gan.fit(images, epochs=5, verbose=0).history["r1"]
    expected = [float(ramp(8 * step)) for step in range(5)]
    np.testing.assert_allclose(np.array(r1) / r1[0], np.array(expected) / 4, rtol=1e-4)


def test_the_probability_of_an_augmentation_is_recorded(pictures):
    gan = ramped(regularizers=[tfnss.R1(1.0)])
    found = gan.fit(tfnss.data.Images(tiny_images(pictures[:8]), 8), epochs=5, verbose=0).history
    expected = [float(CosineRamp(0.2, 0.8, 0.032)(8 * step)) for step in range(5)]
    np.testing.assert_allclose(found["augment_probability"], expected, rtol=1e-5)


def test_a_game_of_ramps_is_saved_whole(pictures, tmp_path):
    gan = ramped()
    images = tfnss.data.Images(tiny_images(pictures[:16]), 8)
    gan.fit(images, epochs=1, verbose=0)
    gan.save(tmp_path / "gan.keras")
    loaded = keras.saving.load_model(tmp_path / "gan.keras")
    assert loaded.regularizers[0].weight.get_config() == {"start": 4.0, "end": 1.0, "kimg": 0.032}
    for each in (gan, loaded):
        each.fit(images, epochs=2, resume=True, verbose=0)
    for one, other in zip(gan.get_weights(), loaded.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_adam_by_its_formula():
    schedule = CosineDecay(0.9, 10, alpha=0.99 / 0.9)
    optimizer = ScheduledAdam(1e-2, beta_1=0.0, beta_2=schedule, epsilon=1e-8)
    optimizer = ScheduledAdam.from_config(optimizer.get_config())
    variable, expected, moment = keras.Variable([1.0, -2.0]), np.array([1.0, -2.0]), np.zeros(2)
    optimizer.build([variable])
    for step, gradient in enumerate(np.random.default_rng(0).normal(size=(12, 2))):
        optimizer.apply([tf.constant(gradient, tf.float32)])
        beta = 0.99 - 0.09 * (1 + math.cos(math.pi * min(step, 10) / 10)) / 2
        moment = beta * moment + (1 - beta) * gradient**2
        expected = expected - 1e-2 * gradient / (np.sqrt(moment / (1 - beta ** (step + 1))) + 1e-8)
        np.testing.assert_allclose(variable.numpy(), expected, rtol=1e-4)


def test_adam_beside_lazy_penalties():
    corrected = lazy_optimizer(ScheduledAdam(1e-3, 0.0, CosineDecay(0.9, 10, alpha=1.1)), [4])
    for step, own in ((0, 0), (1, 0), (2, 1), (5, 4), (6, 4)):
        beta = 0.99 - 0.09 * (1 + math.cos(math.pi * own / 10)) / 2
        assert float(corrected.beta_2_schedule(step)) == pytest.approx(beta**0.8, rel=1e-5)
    assert lazy_optimizer(ScheduledAdam(beta_2=0.9), [4]).beta_2 == pytest.approx(0.9**0.8)
