"""Spectral realness in the engine: who learns what from whom (SSD-GAN, section 'Analyzing the Effect')."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import tfnss
from models import DCGAN, StyleGAN2
from tests.training.networks import tiny_gan, tiny_images
from tfnss import random
from tfnss.random.stateless import training_source
from tfnss.training.callbacks import Checkpoint, restore
from tfnss.training.phases import SpectralStep


def compiled(share=0.5, mixing="logit", gan=None, **parts):
    gan = gan or tiny_gan()
    adams = [keras.optimizers.Adam(1e-2, beta_1=0.5) for _ in range(2)]
    gan.compile(*adams, spectral_realness=tfnss.SpectralRealness(share, mixing, seed=1), **parts)
    return gan


def fit(gan, pictures, steps=2, **kwargs):
    return gan.fit(tiny_images(pictures)[:32], batch_size=16, epochs=1, steps_per_epoch=steps, verbose=0, **kwargs)


def weights(*players):
    return np.concatenate([w.ravel() for player in players for w in player.get_weights()])


def phase_of(gan, kind):
    return next(phase for phase in gan.phases if type(phase).__name__ == kind)


def batch(pictures):
    return tf.constant(tiny_images(pictures)[:16] / 127.5 - 1, tf.float32)


@pytest.mark.parametrize("mixing", ["logit", "probability"])
@pytest.mark.parametrize("kind", ["DiscriminatorStep", "GeneratorStep"])
def test_no_gradient_flows_through_the_classifier(kind, mixing, pictures):
    gan = compiled(mixing=mixing)
    with random.scope(training_source(0, 0, 0, 0, 1)), tf.GradientTape() as tape:
        loss, _ = phase_of(gan, kind).loss(gan.game, batch(pictures))
    assert tape.gradient(loss, [v.value for v in gan.spectral_realness.trainable_variables]) == [None, None]


def test_the_classifiers_phase_moves_the_classifier_alone(pictures):
    gan = compiled()
    before = weights(gan.generator, gan.discriminator)
    classifier = weights(gan.spectral_realness)
    profiles = gan.spectral_realness.profile(batch(pictures))
    index = [type(phase).__name__ for phase in gan.phases].index("SpectralStep")
    gan.distribute_strategy.run(lambda: gan._run_phase(index, profiles, tf.reverse(profiles, [1])))
    np.testing.assert_array_equal(weights(gan.generator, gan.discriminator), before)
    assert np.abs(weights(gan.spectral_realness) - classifier).max() > 1e-3


@pytest.mark.parametrize("loss", ["non_saturating", "hinge"])
def test_the_classifiers_loss_is_the_games_on_its_own_logits(loss, pictures):
    """Equation 5, for the game's loss; the profiles are of what the discriminator was shown."""
    gan = compiled(loss=loss)
    with random.scope(training_source(0, 0, 0, 0, 1)):
        _, logs = phase_of(gan, "DiscriminatorStep").loss(gan.game, batch(pictures))
    np.testing.assert_array_equal(logs["real_profiles"], gan.spectral_realness.profile(batch(pictures)))
    found, _ = phase_of(gan, "SpectralStep").loss(gan.game, logs["real_profiles"], logs["fake_profiles"])
    kernel, bias = (np.asarray(w, np.float64) for w in gan.spectral_realness.get_weights())
    real, fake = (
        np.asarray(logs[name], np.float64) @ (kernel[:, 0] / np.linalg.norm(kernel)) + bias
        for name in ("real_profiles", "fake_profiles")
    )
    if loss == "hinge":
        expected = np.maximum(1 - real, 0).mean() + np.maximum(1 + fake, 0).mean()
    else:
        expected = -np.log(1 / (1 + np.exp(-real))).mean() - np.log(1 - 1 / (1 + np.exp(-fake))).mean()
    assert float(found) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(("mixing", "dropout"), [("logit", False), ("probability", True)])
def test_with_the_whole_share_it_is_the_model_without(mixing, dropout, pictures):
    plain = tiny_gan(dropout=dropout)
    plain.compile(*[keras.optimizers.Adam(1e-2, beta_1=0.5) for _ in range(2)], regularizers=[tfnss.R1(1.0, 2)])
    fit(plain, pictures)
    mixed = compiled(1.0, mixing, tiny_gan(dropout=dropout), regularizers=[tfnss.R1(1.0, 2)])
    fit(mixed, pictures)
    np.testing.assert_array_equal(
        weights(mixed.generator, mixed.discriminator), weights(plain.generator, plain.discriminator)
    )


def test_the_hinge_games_generator_gets_the_share_of_its_gradient(pictures):
    """Its loss is linear in the logits, where the classifier's are constants."""
    gradients = []
    for share in (1.0, 0.25):
        gan = compiled(share, loss="hinge")
        with random.scope(training_source(0, 0, 0, 0, 1)), tf.GradientTape() as tape:
            loss, _ = phase_of(gan, "GeneratorStep").loss(gan.game, batch(pictures))
        gradients.append(tape.gradient(loss, gan.generator.trainable_variables[0].value))
    np.testing.assert_allclose(gradients[1], 0.25 * gradients[0], rtol=1e-5)


@pytest.mark.parametrize("mixing", ["logit", "probability"])
def test_all_logits_of_an_image_are_mixed_with_its_own(mixing, pictures):
    patches = keras.Sequential([keras.Input((8, 8, 3)), keras.layers.Conv2D(1, 4, 4)])
    gan = compiled(mixing=mixing, gan=tfnss.GAN(tiny_gan().generator, patches))
    verdict = gan.game.judge(batch(pictures))
    classifier, shown = gan.spectral_realness, batch(pictures)
    logits, spectral = patches(shown), classifier(shown)[:, 0]
    expected = [np.ravel(classifier.mix(logits[i : i + 1], spectral[i : i + 1])) for i in range(16)]
    np.testing.assert_allclose(verdict.logits, np.concatenate(expected), atol=1e-5)
    np.testing.assert_allclose(verdict.spatial_logits, np.ravel(logits), atol=1e-5)


def test_penalties_are_on_the_discriminator_itself(pictures):
    """The classifier has no gradient: R1 is not diminished by the share."""
    values = []
    for share in (1.0, 0.25):
        gan = compiled(share, regularizers=[tfnss.R1(1.0, 2)])
        with random.scope(training_source(0, 0, 0, 0, 1)):
            values.append(float(phase_of(gan, "LazyPenalty").loss(gan.game, batch(pictures))[0]))
    assert values[0] == values[1] > 0


def test_the_classifiers_optimizer_is_the_discriminators_without_its_correction():
    gan = compiled(regularizers=[tfnss.R1(1.0, 4)])
    assert isinstance(phase_of(gan, "SpectralStep"), SpectralStep)
    assert float(gan.spectral_optimizer.learning_rate.numpy()) == pytest.approx(1e-2)
    assert float(gan.discriminator_optimizer.learning_rate.numpy()) == pytest.approx(1e-2 * 4 / 5)


@pytest.mark.slow
def test_replicas_parts_and_xla_agree(pictures, mirrored):
    results = []
    for strategy, how in (
        (None, {}),
        (None, {"jit_compile": True}),
        (None, {"accumulation_steps": 2}),
        (mirrored, {}),
    ):
        with (strategy or tf.distribute.get_strategy()).scope():
            gan = compiled(
                mixing="probability", view=tfnss.NoisyScaleSpace(), annealing=tfnss.ConstantAnnealing(2), **how
            )
        fit(gan, pictures)
        results.append(weights(gan.generator, gan.discriminator, gan.spectral_realness))
    for result in results[1:]:
        np.testing.assert_allclose(result, results[0], atol=2e-4)


@pytest.mark.slow
def test_a_resumed_run_is_the_same_run(pictures, tmp_path):
    whole, first = compiled(), compiled()
    fit(whole, pictures, steps=4)
    first.fit(
        tiny_images(pictures)[:32],
        batch_size=16,
        epochs=2,
        steps_per_epoch=2,
        verbose=0,
        callbacks=[Checkpoint(tmp_path / "a.weights.h5"), _Stop()],
    )
    resumed = compiled(gan=tiny_gan(seed=3))
    restore(resumed, tmp_path / "a.weights.h5")
    resumed.seed = 0
    fit(resumed, pictures)
    np.testing.assert_array_equal(weights(resumed), weights(whole))


class _Stop(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        self.model.stop_training = True


def test_saving_keeps_the_classifier(pictures, tmp_path):
    gan = compiled(0.25, "probability", gan=DCGAN(32, latent_dim=4, base_width=2))
    gan.save(tmp_path / "gan.keras")
    copy = keras.saving.load_model(tmp_path / "gan.keras")
    assert copy.spectral_realness.get_config() == gan.spectral_realness.get_config()
    np.testing.assert_array_equal(weights(copy.spectral_realness), weights(gan.spectral_realness))


@pytest.mark.parametrize("model", ["dcgan", "stylegan2"])
def test_all_four_ideas_compose(model, pictures):
    """Noisy scale-space, noise injection, spectral realness, and ADA besides."""
    gan = (
        StyleGAN2(8, noise="riemannian", latent_dim=4, channel_base=32, channel_max=4, mapping_layers=1)
        if model == "stylegan2"
        else DCGAN(32, noise="riemannian", latent_dim=4, base_width=2)
    )
    gan.compile(
        spectral_realness=tfnss.SpectralRealness(mixing="probability"),
        view=tfnss.NoisyScaleSpace(),
        annealing=tfnss.ExponentialAnnealing(8),
        augmentation=tfnss.AdaptiveAugmentation("color", kimg=0.05, interval=2),
        regularizers=[tfnss.R1(1.0, 2), tfnss.SpectralRegularization(0.1)],
        run_eagerly=True,
    )
    images = tiny_images(pictures) if model == "stylegan2" else pictures
    history = gan.fit(images, batch_size=8, epochs=1, steps_per_epoch=2, verbose=0).history
    assert {"spectral_loss", "spectral_regularization", "r1", "time", "augment_probability"} < set(history)
    assert np.isfinite(np.concatenate(list(history.values()))).all()


def test_initial_weights_follow_the_gans_seed():
    """Where the layer has none of its own."""
    found = []
    for seed in (3, 3, 4):
        keras.utils.set_random_seed(len(found))
        gan = tiny_gan(seed)
        gan.compile(spectral_realness=tfnss.SpectralRealness())
        found.append(weights(gan.spectral_realness))
    np.testing.assert_array_equal(found[0], found[1])
    assert (found[0] != found[2]).all()


def test_small_images_are_refused():
    with pytest.raises(ValueError, match="at least 8 pixels"):
        compiled(gan=tiny_gan(size=4))
