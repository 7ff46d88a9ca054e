"""LeCam: its formula, and the averages that the engine keeps for it."""

import h5py
import keras
import numpy as np
import pytest
import tensorflow as tf

import tfnss
from tests.training.networks import tiny_gan, tiny_images
from tfnss.data import Images
from tfnss.training import LeCam
from tfnss.training.penalty import LogitPenalty

REAL, FAKE = np.array([2.0, -0.5, 0.3], "float32"), np.array([-3.0, 0.4, 1.5], "float32")


def compiled(*penalties, gan=None, **parts):
    gan = gan or tiny_gan()
    gan.compile(regularizers=penalties, **parts)
    return gan


def fit(gan, pictures, steps, **kwargs):
    return gan.fit(Images(tiny_images(pictures), 8), steps_per_epoch=steps, verbose=0, **kwargs)


def test_equals_its_formula():
    state = tf.constant([0.1 * 0.7, 0.1 * -0.4, 0.1])  # averages 0.7 and -0.4
    expected = 2.0 * (((REAL + 0.4) ** 2).mean() + ((FAKE - 0.7) ** 2).mean())
    assert float(LeCam(2.0)(REAL, FAKE, state)) == pytest.approx(expected, rel=1e-5)
    expected = 2.0 * ((np.maximum(REAL + 0.4, 0) ** 2).mean() + (np.maximum(0.7 - FAKE, 0) ** 2).mean())
    assert float(LeCam(2.0, one_sided=True)(REAL, FAKE, state)) == pytest.approx(expected, rel=1e-5)


def test_averages_are_those_of_a_moving_average_without_a_bias():
    penalty, state = LeCam(1.0, decay=0.9), tf.zeros(3)
    reals, fakes = np.random.default_rng(0).normal(size=(2, 5))
    for real, fake in zip(reals, fakes, strict=True):
        state = penalty.moved(state, tf.constant(real, tf.float32), tf.constant(fake, tf.float32))
    shares = 0.9 ** np.arange(5)[::-1]
    expected = [np.average(values, weights=shares) for values in (reals, fakes)]
    np.testing.assert_allclose(state[:2] / state[2], expected, rtol=1e-5)


def test_without_averages_it_is_0():
    real, fake = tf.constant(REAL), tf.constant(FAKE)
    with tf.GradientTape() as tape:
        tape.watch([real, fake])
        penalty = LeCam(1.0)(real, fake, tf.zeros(3))
    assert float(penalty) == 0
    assert not np.any(tape.gradient(penalty, [real, fake]))


def test_no_gradient_flows_through_the_averages():
    state = tf.constant([0.7, -0.4, 1.0])
    with tf.GradientTape() as tape:
        tape.watch(state)
        penalty = LeCam(1.0)(REAL, FAKE, state)
    assert tape.gradient(penalty, state) is None


@pytest.mark.parametrize("spectral", [False, True])
def test_the_engine_keeps_the_averages_of_the_discriminator(spectral, pictures, monkeypatch):
    seen = []
    call = LeCam.__call__

    def recorded(self, real_logits, fake_logits, state):
        penalty = call(self, real_logits, fake_logits, state)
        seen.append([x.numpy() for x in (real_logits, fake_logits, state, penalty)])
        return penalty

    monkeypatch.setattr(LeCam, "__call__", recorded)
    parts = {"spectral_realness": tfnss.SpectralRealness()} if spectral else {}
    gan = compiled(LeCam(0.5, decay=0.8), run_eagerly=True, **parts)
    history = fit(gan, pictures, steps=4).history
    state = np.zeros(3)
    for real, fake, before, _ in seen:
        np.testing.assert_allclose(before, state, rtol=1e-5)
        state = 0.8 * state + 0.2 * np.array([real.mean(), fake.mean(), 1])
    np.testing.assert_allclose(gan.lecam_state.numpy(), state, rtol=1e-5)
    assert len(seen) == 4
    assert seen[0][3] == 0 < seen[1][3]
    assert history["lecam"] == pytest.approx([np.mean([penalty for *_, penalty in seen])], rel=1e-5)


def test_only_its_games_have_its_state(pictures):
    plain = [w.name for w in compiled(tfnss.R1()).non_trainable_weights]
    gan = compiled(LeCam(1.0))
    assert [w.name for w in gan.weights].count("lecam_state") == 1
    own = [v.name for v in gan._non_trainable_variables]
    assert own == ["images_seen", "images_total", "path_length_mean", "augmentation_state", "lecam_state"]
    assert "lecam_state" not in plain


def test_its_state_outlives_another_compilation(pictures):
    gan = compiled(LeCam(1.0), run_eagerly=True)
    fit(gan, pictures, steps=2)
    state, count = gan.lecam_state.numpy(), len(gan.weights)
    compiled(LeCam(0.5), gan=gan)
    np.testing.assert_array_equal(gan.lecam_state.numpy(), state)
    assert state[2] == pytest.approx(1 - 0.99**2, rel=1e-4)
    assert len(gan.weights) == count


def test_files_of_games_with_and_without_it(pictures, tmp_path):
    path, checkpoint = tmp_path / "gan.keras", tmp_path / "gan.weights.h5"
    gan = compiled(LeCam(0.1))
    fit(gan, pictures, 2)
    gan.save(path)
    gan.save_weights(checkpoint)
    state = np.asarray(gan.lecam_state)
    assert state.any()
    np.testing.assert_array_equal(keras.saving.load_model(path).lecam_state, state)
    uncompiled, started, without = keras.saving.load_model(path, compile=False), tiny_gan(seed=1), compiled()
    started.init_from(path)
    without.load_weights(checkpoint)
    for other in (uncompiled, started, without):
        np.testing.assert_array_equal(other.generator_ema.get_weights()[0], gan.generator_ema.get_weights()[0])
    gan.compile()  # without it; its state stays, and is not saved
    fit(gan, pictures, 1)
    gan.save(path)
    keras.saving.load_model(path)
    begins_anew = compiled(LeCam(0.1))
    gan.save_weights(checkpoint)
    begins_anew.load_weights(checkpoint)
    np.testing.assert_array_equal(begins_anew.lecam_state, 0)


def test_files_of_earlier_versions_have_it_by_number(pictures, tmp_path):
    gan = compiled(LeCam(0.1))
    fit(gan, pictures, 2)
    gan.save_weights(tmp_path / "gan.weights.h5")
    with h5py.File(tmp_path / "gan.weights.h5", "a") as file:
        own = file["vars"]
        own[str(sum(key.isdigit() for key in own))] = own["lecam_state"][()]
        del own["lecam_state"]
    again = compiled(LeCam(0.1))
    again.load_weights(tmp_path / "gan.weights.h5")
    np.testing.assert_array_equal(again.lecam_state, gan.lecam_state)


def test_a_step_that_is_not_finite_leaves_the_state(pictures):
    gan = compiled(LeCam(1.0), run_eagerly=True)
    fit(gan, pictures, steps=2)
    state = gan.lecam_state.numpy()
    phase = gan.phases[0]
    with gan.distribute_strategy.scope():
        phase.update(gan.game, {"real_logit": tf.constant(np.nan), "fake_logit": tf.constant(0.0)})
    np.testing.assert_array_equal(gan.lecam_state.numpy(), state)


def test_penalties_of_one_name_are_refused():
    for pair in ([LeCam(1.0), LeCam(2.0)], [tfnss.R1(1.0), tfnss.R1(2.0, 2)]):
        with pytest.raises(ValueError, match=f"one {type(pair[0]).__name__}. Received: two"):
            compiled(*pair)


class _OfSomeone(LogitPenalty):
    """A penalty of a user's own, without a state."""

    name = "mean_logit"

    def __call__(self, real_logits, fake_logits, state):
        assert state is None
        return self.weight * tf.reduce_mean(real_logits + fake_logits) ** 2


def test_a_penalty_of_ones_own(pictures):
    gan = compiled(_OfSomeone(0.1), run_eagerly=True)
    assert fit(gan, pictures, steps=2).history["mean_logit"][0] > 0
    assert not hasattr(gan, "mean_logit_state")


def test_serialization_and_bad_values():
    config = {"weight": 2.0, "decay": 0.9, "one_sided": True}
    copy = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(LeCam(**config)))
    assert copy.get_config() == config
    with pytest.raises(ValueError, match="weight"):
        LeCam(-1.0)
    with pytest.raises(ValueError, match="decay"):
        LeCam(1.0, decay=1.0)
