"""The players' optimizers as Keras' callbacks see them."""

import keras
import numpy as np
import pytest
from keras.callbacks import LearningRateScheduler, ReduceLROnPlateau

import tfnss
from tests.training.networks import tiny_gan, tiny_images
from tfnss.training.callbacks import Checkpoint, ForPlayer, restore

C = 2 / 3  # the correction of R1(interval=2)


def compiled(generator=1e-3, discriminator=4e-3, **parts):
    gan = tiny_gan()
    adams = [keras.optimizers.Adam(rate) for rate in (generator, discriminator)]
    gan.compile(*adams, **{"regularizers": [tfnss.R1(0.1, interval=2)], "run_eagerly": True, **parts})
    return gan


def rates(gan):
    """The optimizers' own: those of the steps."""
    optimizers = (gan.generator_optimizer, gan.discriminator_optimizer)
    return [float(optimizer.learning_rate) for optimizer in optimizers]


def fit(gan, pictures, *callbacks, epochs=2, **kwargs):
    images = tiny_images(pictures)[:8]
    return gan.fit(images, batch_size=8, epochs=epochs, callbacks=list(callbacks), verbose=0, **kwargs).history


def test_a_rate_that_is_read_and_set_again_stays_the_same(pictures):
    gan = compiled()
    before = rates(gan)
    assert before == pytest.approx([1e-3, 4e-3 * C])
    seen = []
    same, again = (LearningRateScheduler(lambda epoch, rate: seen.append(rate) or rate) for _ in range(2))
    history = fit(gan, pictures, same, ForPlayer("discriminator", again), epochs=3)
    assert rates(gan) == before
    assert seen[::2] == pytest.approx([1e-3] * 3)
    assert seen[1::2] == pytest.approx([4e-3] * 3)
    assert history["learning_rate"] == pytest.approx([1e-3] * 3)
    assert history["discriminator_learning_rate"] == pytest.approx([4e-3] * 3)


def test_a_rate_is_set_as_the_user_gave_it(pictures):
    gan = compiled()
    fit(gan, pictures, LearningRateScheduler(lambda epoch: 5e-4))
    assert rates(gan) == pytest.approx([5e-4, 2e-3 * C])
    gan.optimizer.discriminator.learning_rate = 1e-3
    assert rates(gan) == pytest.approx([5e-4, 1e-3 * C])
    gan.optimizer.learning_rate = 1e-3  # the ratio is the new one
    assert rates(gan) == pytest.approx([1e-3, 2e-3 * C])


def test_one_player_on_a_plateau(pictures):
    gan = compiled()
    worse = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: logs.update(fid=float(epoch)))
    plateau = ForPlayer("discriminator", ReduceLROnPlateau("fid", factor=0.5, patience=1, mode="min"))
    history = fit(gan, pictures, worse, plateau, epochs=3)
    assert rates(gan) == pytest.approx([1e-3, 1e-3 * C])
    assert history["discriminator_learning_rate"] == pytest.approx([4e-3, 4e-3, 2e-3])
    assert "learning_rate" not in history


def test_what_a_callback_of_one_player_sees_is_the_model(pictures):
    class Stop(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            self.model.stop_training = int(self.model.images_seen) == 8 and self.params["epochs"] == 3

    gan = compiled()
    fit(gan, pictures, ForPlayer("generator", Stop()), epochs=3)
    assert int(gan.images_seen.numpy()) == 8
    with pytest.raises(ValueError, match="player=critic"):
        ForPlayer("critic", Stop())


def test_the_spectral_classifier_goes_with_the_discriminator():
    gan = compiled(spectral_realness=tfnss.SpectralRealness())
    gan.optimizer.learning_rate = 5e-4
    assert float(gan.spectral_optimizer.learning_rate) == pytest.approx(2e-3)
    assert rates(gan) == pytest.approx([5e-4, 2e-3 * C])


def test_rates_and_their_ratio_outlast_a_stop_at_0(pictures, tmp_path):
    gan, again = compiled(), compiled()
    fit(gan, pictures, LearningRateScheduler(lambda epoch: 0.0), Checkpoint(tmp_path / "a.weights.h5"), epochs=1)
    restore(again, tmp_path / "a.weights.h5")
    assert rates(again) == [0, 0]
    again.optimizer.learning_rate = 1e-3
    assert rates(again) == pytest.approx([1e-3, 4e-3 * C])


def test_a_schedule_of_ones_own_is_not_set(pictures):
    gan = tiny_gan()
    decay = keras.optimizers.schedules.ExponentialDecay(1e-3, 10, 0.9)
    gan.compile(keras.optimizers.Adam(decay), keras.optimizers.Adam(4e-3), run_eagerly=True)
    with pytest.raises(TypeError, match=r"the generator's learning rate follows a schedule.*ForPlayer"):
        fit(gan, pictures, LearningRateScheduler(lambda epoch: 1e-4))
    assert rates(gan) == pytest.approx([1e-3, 4e-3])
    fit(gan, pictures, ForPlayer("discriminator", LearningRateScheduler(lambda epoch: 1e-4)))
    assert rates(gan)[1] == pytest.approx(1e-4)
    with pytest.raises(TypeError, match="cannot be set"):
        gan.optimizer.generator.learning_rate = 1e-4
    assert np.isfinite(gan.generator.get_weights()[0]).all()
