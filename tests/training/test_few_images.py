"""The parts for few images together, in every engine's way: DiffAugment, LeCam, relativistic pairs, R1 and R2."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import tfnss
from models import DCGAN, SNGAN, StyleGAN2
from tests.training.networks import tiny_gan, tiny_images
from tfnss.data import Images
from tfnss.training.callbacks import Checkpoint, restore
from tfnss.training.game import Game

MODELS = {
    "dcgan": lambda: DCGAN(32, latent_dim=8, base_width=4),
    "sngan": lambda: SNGAN(32, latent_dim=5, width=1 / 32),
    "stylegan2": lambda: StyleGAN2(8, latent_dim=6, channel_base=32, channel_max=6, mapping_layers=2, group_size=2),
}
SIZES = {"dcgan": 32, "sngan": 32, "stylegan2": 8}


def parts(**others):
    return {
        "loss": "relativistic",
        "augmentation": tfnss.Augmentation("diffaugment", probability=1),
        "regularizers": [tfnss.R1(1.0, interval=2), tfnss.R2(1.0, interval=2), tfnss.LeCam(0.1)],
        **others,
    }


def compiled(make=tiny_gan, **others):
    gan = make()
    gan.compile(**parts(**others))
    return gan


def trained(gan, pictures, steps=4, **kwargs):
    gan.fit(Images(tiny_images(pictures), 8), steps_per_epoch=steps, verbose=0, **kwargs)
    return np.concatenate([w.ravel() for w in gan.get_weights()])


@pytest.mark.parametrize(
    "model", [pytest.param(name, marks=() if name == "stylegan2" else pytest.mark.exhaustive) for name in MODELS]
)
def test_on_every_model(model, pictures):
    gan = compiled(MODELS[model], run_eagerly=True)
    before = [w.copy() for w in gan.get_weights()]
    history = gan.fit(Images(pictures[:, : SIZES[model], : SIZES[model]], 8), steps_per_epoch=3, verbose=0).history
    assert {"r1", "r2", "lecam", "d_loss", "g_loss"} <= set(history)
    assert np.isfinite(list(history.values())).all()
    assert history["lecam"][0] > 0
    assert any(not np.array_equal(a, b) for a, b in zip(before, gan.get_weights(), strict=True))


@pytest.mark.parametrize("loss", ["relativistic", "hinge"])
@pytest.mark.parametrize("mixing", ["logit", "probability"])
def test_beside_a_view_and_spectral_realness(loss, mixing, pictures):
    others = {"view": tfnss.NoisyScaleSpace(), "annealing": tfnss.ExponentialAnnealing(8)}
    others |= {"spectral_realness": tfnss.SpectralRealness(mixing=mixing), "discriminator_steps": 2, "loss": loss}
    assert np.isfinite(trained(compiled(run_eagerly=True, **others), pictures)).all()


@pytest.mark.slow
def test_xla_gives_the_same_weights(pictures):
    results = [trained(compiled(jit_compile=jit_compile), pictures, steps=8) for jit_compile in (False, True)]
    np.testing.assert_allclose(*results, atol=1e-5)


def test_parts_of_the_batch_give_the_weights_of_the_whole(pictures):
    results = [trained(compiled(accumulation_steps=steps, run_eagerly=True), pictures) for steps in (1, 2)]
    np.testing.assert_allclose(*results, atol=1e-5)


@pytest.mark.exhaustive
def test_two_replicas_give_the_weights_of_one(mirrored, pictures):
    one = trained(compiled(), pictures)
    with mirrored.scope():
        gan = compiled()
    np.testing.assert_allclose(trained(gan, pictures), one, atol=1e-5)
    for variable in gan.variables:
        values = [v.numpy() for v in mirrored.experimental_local_results(variable.value)]
        assert all(np.array_equal(values[0], value) for value in values), variable.path
    assert gan.lecam_state.numpy()[2] == pytest.approx(1 - 0.99**4, rel=1e-4)


def test_a_run_in_two_pieces_is_the_run_in_one(pictures, tmp_path):
    def run(*callbacks, restored=None):
        gan = compiled(run_eagerly=True)
        if restored is not None:
            restore(gan, restored)
        return trained(gan, pictures, steps=3, epochs=2, resume=True, callbacks=[*callbacks])

    class Stop(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            self.model.stop_training = True

    run(Checkpoint(tmp_path / "a.weights.h5"), Stop())
    np.testing.assert_array_equal(run(restored=tmp_path / "a.weights.h5"), run())


def test_saving_keeps_everything(tmp_path, pictures):
    gan = compiled(run_eagerly=True)
    trained(gan, pictures, steps=3)
    gan.save(tmp_path / "gan.keras")
    copy = keras.saving.load_model(tmp_path / "gan.keras")
    assert copy.get_compile_config() == gan.get_compile_config()
    np.testing.assert_array_equal(copy.lecam_state.numpy(), gan.lecam_state.numpy())
    np.testing.assert_array_equal(trained(copy, pictures, steps=3), trained(gan, pictures, steps=3))


def test_a_checkpoint_without_the_parts_is_that_of_old(tmp_path, pictures):
    """What needs no state of its own changes nothing of the file."""
    plain = tiny_gan()
    plain.compile(run_eagerly=True)
    trained(plain, pictures, steps=1, callbacks=[Checkpoint(tmp_path / "a.weights.h5")])
    gan = compiled(regularizers=[tfnss.R2(1.0)], run_eagerly=True)
    restore(gan, tmp_path / "a.weights.h5")
    np.testing.assert_array_equal(gan.generator.get_weights()[0], plain.generator.get_weights()[0])


def test_only_a_game_of_pairs_shows_reals_to_the_generators_step(pictures, monkeypatch):
    real = tf.constant(tiny_images(pictures)[:8] / 127.5 - 1, tf.float32)
    judged, judge = [], Game.judge
    monkeypatch.setattr(Game, "judge", lambda self, *images: judged.append(1) or judge(self, *images))
    for loss, count in (("non_saturating", 1), ("relativistic", 2)):
        gan = compiled(loss=loss)
        judged.clear()
        gan.phases[-1].loss(gan.game, real)
        assert len(judged) == count


def test_the_generators_loss_of_a_game_of_pairs(pictures):
    """With neither view nor augmentation, from the networks alone."""
    real = tf.constant(tiny_images(pictures)[:8] / 127.5 - 1, tf.float32)
    gan = compiled(augmentation=None)
    with tfnss.random.scope(tfnss.random.stateless.GlobalBatchSource(1, 2)):
        loss, _ = gan.phases[-1].loss(gan.game, real)
    with tfnss.random.scope(tfnss.random.stateless.GlobalBatchSource(1, 2)):
        fake = gan.game.fakes(8)
    on_real, on_fake = (gan.discriminator(x).numpy()[:, 0].astype("float64") for x in (real, fake))
    expected = np.log1p(np.exp(on_real - on_fake)).mean()
    assert float(loss) == pytest.approx(expected, rel=1e-5)


def test_r2_is_taken_before_the_augmentation(pictures):
    """A cutout hides a part of the image: the gradient there, with respect to the image as it was, is 0."""
    fake = tf.constant(tiny_images(pictures)[:8] / 127.5 - 1, tf.float32)
    gan = compiled(augmentation=tfnss.Augmentation("diffaugment-cutout", probability=1))
    with tf.GradientTape() as tape, tfnss.random.scope(tfnss.random.stateless.GlobalBatchSource(1, 2)):
        tape.watch(fake)
        total = tf.reduce_sum(gan.game.discriminate(fake))
    gradient = tape.gradient(total, fake).numpy()
    with tfnss.random.scope(tfnss.random.stateless.GlobalBatchSource(1, 2)):
        value = float(tfnss.R2(3.0)(gan.game.discriminate, None, lambda: fake))
    assert value == pytest.approx(1.5 * np.square(gradient).sum(axis=(1, 2, 3)).mean(), rel=1e-5)
    assert (gradient == 0).all(axis=-1).mean() > 0.1
