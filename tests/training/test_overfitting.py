"""ADA's probability has a start and a limit, and says when it stays there."""

import warnings

import numpy as np
import pytest
import tensorflow as tf

import tfnss
from tests.training.networks import tiny_gan
from tfnss.training import CosineRamp
from tfnss.training.callbacks import WarnOfOverfitting


def moved(augmentation, state, sign, times, batch_size=100):
    for iteration in range(times * augmentation.interval):
        state = augmentation.observe(state, tf.constant(sign))
        state = augmentation.adapt(state, tf.constant(iteration), batch_size)
    return float(state[0])


@pytest.mark.parametrize(
    ("start", "sign", "times", "expected"),
    [(0.0, 1.0, 1, 0.4), (0.0, 1.0, 2, 0.7), (0.0, 1.0, 9, 0.7), (0.7, -1.0, 1, 0.3), (0.2, -1.0, 3, 0.0)],
)
def test_the_probability_stays_between_0_and_its_limit(start, sign, times, expected):
    ada = tfnss.AdaptiveAugmentation(kimg=1.0, limit=0.7)
    state = tf.constant([start, 0.0, 0.0])
    assert moved(ada, state, sign, times) == pytest.approx(expected, abs=1e-6)


def test_a_new_run_starts_where_it_is_told_to():
    gan = tiny_gan()
    gan.compile(augmentation=tfnss.AdaptiveAugmentation(start=0.25))
    np.testing.assert_allclose(gan.augmentation_state.numpy(), [0.25, 0, 0])
    gan.images_seen.assign(8)
    gan.augmentation_state.assign([0.5, 0, 0])
    gan.compile(augmentation=tfnss.AdaptiveAugmentation(start=0.25))
    assert gan.augmentation_state.numpy()[0] == 0.5


@pytest.mark.parametrize(
    ("before", "then", "expected"),
    [
        (tfnss.AdaptiveAugmentation(), tfnss.AdaptiveAugmentation(start=0.25), 0.25),
        (tfnss.AdaptiveAugmentation("bg"), tfnss.AdaptiveAugmentation("bgc", start=0.25), 0.25),
        (None, tfnss.AdaptiveAugmentation(start=0.25), 0.25),
        (tfnss.Augmentation("bgc", 0.5), tfnss.AdaptiveAugmentation(start=0.25), 0.25),
        (tfnss.AdaptiveAugmentation(), tfnss.Augmentation("bgc", CosineRamp(0.2, 0.4, kimg=0.016)), 0.3),
        (  # ramps and names of their own, and the same values
            tfnss.Augmentation("bgc", CosineRamp(0.2, 0.4, kimg=0.016)),
            tfnss.Augmentation("bgc", CosineRamp(0.2, 0.4, kimg=0.016)),
            0.5,
        ),
    ],
)
def test_another_augmentation_on_the_way_begins_anew(before, then, expected):
    gan = tiny_gan()
    gan.compile(augmentation=before)
    gan.images_seen.assign(8)
    gan.augmentation_state.assign([0.5, 1, 2])
    gan.compile(augmentation=then)
    rest = [1, 2] if expected == 0.5 else [0, 0]
    np.testing.assert_allclose(gan.augmentation_state.numpy(), [expected, *rest], atol=1e-6)


def test_a_first_game_keeps_the_state_that_was_loaded():
    gan = tiny_gan()
    gan.images_seen.assign(8)
    gan.augmentation_state.assign([0.5, 1, 2])
    gan.compile(augmentation=tfnss.AdaptiveAugmentation(start=0.25))
    np.testing.assert_array_equal(gan.augmentation_state.numpy(), [0.5, 1, 2])


@pytest.mark.parametrize("given", [{"limit": 0}, {"limit": 1.5}, {"start": -0.1}, {"start": 0.6, "limit": 0.5}])
def test_values_out_of_range(given):
    with pytest.raises(ValueError, match="limit"):
        tfnss.AdaptiveAugmentation(**given)


def test_a_relativistic_loss_has_no_sign_to_follow():
    with pytest.raises(ValueError, match="relativistic loss knows their differences alone"):
        tiny_gan().compile(loss="relativistic", augmentation=tfnss.AdaptiveAugmentation())
    tiny_gan().compile(loss="relativistic", augmentation=tfnss.Augmentation(probability=0.5))


def test_it_warns_once_after_some_epochs_at_the_limit():
    gan = tiny_gan()
    gan.compile(augmentation=tfnss.AdaptiveAugmentation(limit=0.5))
    callback = WarnOfOverfitting(epochs=2)
    callback.set_model(gan)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for probability in (0.5, 0.4, 0.5):
            callback.on_epoch_end(0, {"augment_probability": probability})
    with pytest.warns(UserWarning, match=r"at its limit of 0\.5 for 2 epochs"):
        callback.on_epoch_end(0, {"augment_probability": 0.5})
    callback.on_epoch_end(0, {"augment_probability": 0.5})
