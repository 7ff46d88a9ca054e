"""StyleGAN2 on the engine: every part of it, on one and two replicas, compiled or not, resumed or not."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import tfnss
from models import StyleGAN2
from models.stylegan2 import named_weights, official_networks, preset
from tests.training.networks import tiny_gan, tiny_images
from tfnss import random
from tfnss.random.stateless import training_source
from tfnss.training.callbacks import Checkpoint, restore
from tfnss.training.path_length import path_lengths

TINY = {"latent_dim": 6, "channel_base": 32, "channel_max": 6, "mapping_layers": 2, "group_size": 2}


def tiny(size=8, **kwargs):
    return StyleGAN2(size, **{**TINY, **kwargs})


def compiled(gan=None, **parts):
    """Everything at once; eagerly, which spares tracing some 20,000 operations."""
    gan = gan or tiny()
    defaults = {
        "view": tfnss.NoisyScaleSpace(),
        "annealing": tfnss.ExponentialAnnealing(8),
        "augmentation": tfnss.AdaptiveAugmentation("color", target=0.0, kimg=0.05, interval=2),
        "regularizers": [tfnss.R1(1.0, 2), tfnss.PathLength(interval=2)],
        "run_eagerly": True,
    }
    gan.compile(**{**defaults, **parts})
    return gan


def fit(gan, pictures, steps, batch_size=8, **kwargs):
    images = tfnss.data.Images(tiny_images(pictures), batch_size)
    return gan.fit(images, steps_per_epoch=steps, verbose=0, **kwargs)


def weights(gan):
    return np.concatenate([w.ravel() for w in gan.get_weights()])


@pytest.mark.slow
def test_all_parts_together_resume_bit_for_bit(pictures, tmp_path):
    """Path length's mean, ADA's probability and the average style are in the checkpoint, like everything else."""
    whole, first = compiled(), compiled()
    history = fit(whole, pictures, 2, epochs=2).history
    assert np.isfinite(np.concatenate(list(history.values()))).all()
    assert {"path_length", "path_length_penalty", "r1", "augment_probability", "real_sign", "time"} < set(history)
    assert np.asarray(whole.augmentation_state).any()
    assert float(whole.path_length_mean.numpy()) > 0
    assert np.abs(whole.generator_ema.average_style.numpy()).max() > 0
    np.testing.assert_array_equal(whole.generator_ema.average_style, whole.generator.average_style)

    # A run of 2 epochs that ends after the first.
    class Stop(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            self.model.stop_training = epoch == 0

    fit(first, pictures, 2, epochs=2, callbacks=[Checkpoint(tmp_path / "a.weights.h5"), Stop()])
    resumed = compiled(tiny(seed=1))
    restore(resumed, tmp_path / "a.weights.h5")
    resumed.seed = 0
    fit(resumed, pictures, 2, epochs=2, initial_epoch=1)
    np.testing.assert_array_equal(weights(resumed), weights(whole))


@pytest.mark.slow
def test_two_replicas_give_the_same_weights(pictures, mirrored):
    results = []
    for strategy in (tf.distribute.get_strategy(), mirrored):
        with strategy.scope():
            # Groups of the minibatch standard deviation lie within a replica's share: none here.
            gan = compiled(tiny(group_size=1, mapping_layers=1), ema_half_life_kimg=0.1)
        fit(gan, pictures, 4)
        results.append(weights(gan))
    np.testing.assert_allclose(*results, atol=2e-4)


@pytest.mark.slow
def test_xla_gives_the_same_weights(pictures):
    results = []
    for how in ({}, {"run_eagerly": False, "jit_compile": True}):
        gan = compiled(tiny(mapping_layers=1), view=None, annealing=None, augmentation=None, **how)
        fit(gan, pictures, 2)
        results.append(weights(gan))
    np.testing.assert_allclose(*results, atol=2e-4)


@pytest.mark.slow
def test_accumulated_gradients_are_those_of_the_whole_batch(pictures):
    results = []
    for steps in (1, 2):
        gan = compiled(tiny(group_size=1, mapping_layers=1), accumulation_steps=steps)
        history = fit(gan, pictures, 4).history
        results.append(weights(gan))
        assert len(history["real_prediction"]) == 1
    np.testing.assert_allclose(*results, atol=2e-4)
    with pytest.raises(ValueError, match="a multiple of 4"):
        fit(gan, pictures, 1, batch_size=6)


def test_path_length_is_its_definition():
    """|J^T y|, from finite differences of images along every style."""
    gan = tiny(noise=None)
    generator = gan.generator
    with random.scope(training_source(0, 0, 0, 0, 1)):
        lengths = path_lengths(generator, 2).numpy()
    with random.scope(training_source(0, 0, 0, 0, 1)):
        styles = generator.styles(random.stream().normal((2, 6)), training=True).numpy()
        y = random.stream().normal((2, 8, 8, 3)).numpy() / 8
    step, squares = 1e-2, np.zeros((2, generator.slots))
    for slot in range(generator.slots):
        for feature in range(6):
            ends = []
            for sign in (1, -1):
                moved = styles.copy()
                moved[:, slot, feature] += sign * step
                ends.append(np.sum(generator.synthesis(moved).numpy().astype(float) * y, axis=(1, 2, 3)))
            squares[:, slot] += ((ends[0] - ends[1]) / (2 * step)) ** 2
    np.testing.assert_allclose(lengths, np.sqrt(squares.mean(axis=1)), rtol=2e-2)


def test_path_length_penalty_and_its_mean():
    regularizer = tfnss.PathLength(weight=3.0, interval=4, decay=0.9)
    generator = tiny().generator
    with random.scope(training_source(0, 0, 0, 0, 1)):
        penalty, logs = regularizer(generator, tf.zeros((8, 8, 8, 3)), state=tf.constant(0.25))
    with random.scope(training_source(0, 0, 0, 0, 1)):
        lengths = path_lengths(generator, 4).numpy()  # half of the batch
    assert float(penalty) == pytest.approx(3 * np.mean((lengths - 0.25) ** 2), rel=1e-4)
    moved = regularizer.moved(tf.constant(0.25), logs["path_length"])
    assert float(moved) == pytest.approx(0.9 * 0.25 + 0.1 * lengths.mean(), rel=1e-4)


class _Steps(keras.callbacks.Callback):
    def on_train_begin(self, logs=None):
        self.counts = []

    def on_train_batch_end(self, batch, logs=None):
        optimizers = (self.model.discriminator_optimizer, self.model.generator_optimizer)
        self.counts.append(tuple(int(o.iterations.numpy()) for o in optimizers))


def test_lazy_steps_and_corrected_optimizers(pictures):
    """R1 every 16 iterations and path length every 4, each on a step of its own (StyleGAN2, appendix B)."""
    gan = tiny(config="stylegan2")
    gan.compile(run_eagerly=True)
    for optimizer, c in ((gan.generator_optimizer, 4 / 5), (gan.discriminator_optimizer, 16 / 17)):
        assert float(optimizer.learning_rate.numpy()) == pytest.approx(0.002 * c)
        assert (optimizer.beta_1, optimizer.beta_2) == pytest.approx((0.0, 0.99**c))
        assert optimizer.epsilon == 1e-8
    steps = _Steps()
    fit(gan, pictures, 6, callbacks=[steps])
    assert steps.counts == [(2, 2), (3, 3), (4, 4), (5, 5), (6, 7), (7, 8)]


def test_compile_takes_positional_arguments_and_recompiles(tmp_path):
    space, annealing = tfnss.NoisyScaleSpace(), tfnss.ExponentialAnnealing(8)
    gan = tiny()
    for _ in range(2):
        gan.compile(None, None, "hinge", [tfnss.R1(1.0, 2), tfnss.PathLength()], space, annealing)
    assert gan.view.space is space
    gan.save_weights(tmp_path / "a.weights.h5")
    fresh = tiny()
    fresh.compile(regularizers=[tfnss.R1(1.0, 2), tfnss.PathLength()])
    restore(fresh, tmp_path / "a.weights.h5")
    with pytest.raises(TypeError, match="too many"):
        gan.compile(*range(20))


@pytest.mark.parametrize("config", ["cifar", "paper256"])
@pytest.mark.parametrize("regularizers", [None, [], [tfnss.PathLength(interval=4)]], ids=["default", "none", "lazy"])
def test_the_generators_optimizer_is_corrected_once(config, regularizers):
    """For path lengths, whether the config has them or not, and whether they are given or not."""
    gan = tiny(config=config)
    gan.compile(**({} if regularizers is None else {"regularizers": [tfnss.R1(1.0, 16), *regularizers]}))
    assert float(gan.generator_optimizer.learning_rate.numpy()) == pytest.approx(0.0025 * 4 / 5)
    assert (gan.generator_optimizer.beta_1, gan.generator_optimizer.beta_2) == pytest.approx((0.0, 0.99**0.8))
    assert float(gan.discriminator_optimizer.learning_rate.numpy()) == pytest.approx(0.0025 * 16 / 17)
    assert gan.discriminator_optimizer.beta_2 == pytest.approx(0.99 ** (16 / 17))


@pytest.mark.slow
@pytest.mark.parametrize(("config", "c"), [("b", 1.0), ("c", 4 / 5), ("d", 4 / 5)])
def test_rates_of_growth_are_corrected_with_and_without_path_lengths(config, c, tmp_path):
    gan = StyleGAN2(16, config=config, latent_dim=6, channel_base=64, channel_max=6, mapping_layers=1)
    gan.compile()
    gan.save(tmp_path / "gan.keras")
    for grown in (gan, keras.saving.load_model(tmp_path / "gan.keras")):
        for stage in grown.stages[:2]:
            grown.images_seen.assign(stage.first)
            grown._enter(stage)
            assert float(grown.generator_optimizer.learning_rate) == pytest.approx(0.001 * c)
            assert grown.generator_optimizer.beta_2 == pytest.approx(0.99**c)
            assert float(grown.optimizer.learning_rate) == pytest.approx(0.001)


def test_a_given_optimizer_is_corrected_by_what_is_lazy_alone():
    gan = tiny(config="cifar")
    gan.compile(keras.optimizers.Adam(1e-3))
    assert float(gan.generator_optimizer.learning_rate.numpy()) == pytest.approx(1e-3)
    gan.compile(keras.optimizers.Adam(1e-3), regularizers=[tfnss.PathLength(interval=3), tfnss.R1(1.0)])
    assert float(gan.generator_optimizer.learning_rate.numpy()) == pytest.approx(1e-3 * 3 / 4)
    assert float(gan.discriminator_optimizer.learning_rate.numpy()) == pytest.approx(0.0025)


def test_another_lazy_penalty_corrects_the_generators_optimizer_once():
    """Where there are no path lengths: of its own interval alone."""

    class Lazy(tfnss.SpectralRegularization):
        def __init__(self):
            super().__init__(0.1)
            self.interval = 2

    gan = tiny(config="cifar")
    gan.compile(regularizers=[tfnss.R1(1.0, 16), Lazy()])
    assert float(gan.generator_optimizer.learning_rate.numpy()) == pytest.approx(0.0025 * 2 / 3)
    assert gan.generator_optimizer.beta_2 == pytest.approx(0.99 ** (2 / 3))
    assert float(gan.optimizer.generator.learning_rate) == pytest.approx(0.0025)


def test_the_devices_of_auto_are_kept(tmp_path, mirrored):
    with mirrored.scope():
        gan = tiny(config="auto")
    assert gan.preset == preset("auto", 8, 2) != preset("auto", 8, 1)
    gan.save(tmp_path / "gan.keras")
    loaded = keras.saving.load_model(tmp_path / "gan.keras")  # on one
    assert loaded.preset == gan.preset
    config = gan.get_config()
    del config["devices"]  # as it was
    assert StyleGAN2.from_config(config).preset == preset("auto", 8, 1)
    assert tiny(config="auto", devices=3).preset == preset("auto", 8, 3)


def test_none_stands_for_the_models_optimizers():
    gan = tiny()
    gan.compile(None, None, ema_ramp_up=None)
    for optimizer, c in ((gan.generator_optimizer, 4 / 5), (gan.discriminator_optimizer, 16 / 17)):
        assert float(optimizer.learning_rate.numpy()) == pytest.approx(0.002 * c)
        assert optimizer.beta_1 == 0.0
    assert gan.ema_ramp_up is None


def test_initial_weights_follow_the_seed_alone():
    np.random.seed(5)
    state = np.random.get_state()[1].copy()
    one, same, other = (tiny(seed=seed) for seed in (3, 3, 4))
    np.testing.assert_array_equal(np.random.get_state()[1], state)
    np.testing.assert_array_equal(weights(one), weights(same))
    assert (weights(one) != weights(other)).any()
    named = named_weights(one.generator)
    assert (named["b8_conv0/noise_constant"].numpy() != named["b8_conv1/noise_constant"].numpy()).any()
    assert np.std(named["dense0/kernel"]) == pytest.approx(100, rel=0.4)
    assert np.std(named["b8_conv0/kernel"]) == pytest.approx(1, rel=0.2)


def test_ada_follows_its_rule():
    """p moves by batch * interval / kimg towards fewer or more augmentations, and never below 0."""
    augmentation = tfnss.AdaptiveAugmentation(target=0.6, kimg=1.0, interval=2)
    state = tf.zeros(3)

    def iteration(number, sign):
        nonlocal state
        state = augmentation.adapt(augmentation.observe(state, tf.constant(sign)), tf.constant(number), 10)
        return float(augmentation.probability_of(state))

    assert iteration(0, 1.0) == 0
    assert iteration(1, 0.5) == pytest.approx(0.02)  # mean 0.75 > 0.6
    assert iteration(2, 0.9) == pytest.approx(0.02)
    assert iteration(3, 0.9) == pytest.approx(0.04)
    iteration(4, -1.0)
    assert iteration(5, -1.0) == pytest.approx(0.02)
    for number in range(6, 12):
        iteration(number, 0.0)
    np.testing.assert_array_equal(state, 0)
    fixed = tfnss.Augmentation("color", 0.3)
    assert float(fixed.probability_of(fixed.adapt(fixed.observe(state, 1.0), 0, 8))) == pytest.approx(0.3)


def test_the_view_comes_after_the_augmentation_and_r1_before_both():
    gan = tiny()
    view = tfnss.View(tfnss.ScaleSpace(), tfnss.ConstantAnnealing(5), half_batch=False)
    gan.compile(view=view, augmentation=tfnss.Augmentation("color", 1.0), regularizers=[])
    images = tf.constant(np.random.default_rng(0).uniform(-1, 1, (4, 8, 8, 3)), tf.float32)

    def scope():
        return random.scope(training_source(0, 0, 0, 0, 1))

    with scope(), tf.GradientTape() as tape:
        tape.watch(images)
        augmented = gan.augmentation(images, state=tf.zeros(3))
        logits = gan.discriminator(view(augmented, progress=tf.zeros(())))[:, 0]
        total = tf.reduce_sum(logits)
    assert np.abs(augmented - images).max() > 0.1
    with scope():
        np.testing.assert_allclose(gan.game.discriminate(images), logits, atol=1e-5)
    expected = np.mean(np.sum(np.square(tape.gradient(total, images)), axis=(1, 2, 3)))
    with scope():
        assert float(tfnss.R1(2.0)(gan.game.discriminate, images, None)) == pytest.approx(expected, rel=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("precision", ["float16", pytest.param("bfloat16", marks=pytest.mark.slow)])
def test_half_precision_trains(precision, pictures):
    gan = compiled(tiny(16, precision=precision, channel_base=64), view=None, annealing=None, augmentation=None)
    images = pictures[:, ::2, ::2]
    history = gan.fit(images, batch_size=8, epochs=1, steps_per_epoch=3, verbose=0).history
    assert np.isfinite(list(history.values())).all()
    assert all(np.isfinite(w).all() for w in gan.get_weights())
    assert gan.generate(2).shape == (2, 16, 16, 3)


def test_saving_keeps_everything(tmp_path, pictures):
    gan = compiled(tiny(noise="riemannian", generator="resnet"))
    fit(gan, pictures, 1)
    gan.save(tmp_path / "gan.keras")
    copy = keras.saving.load_model(tmp_path / "gan.keras")
    assert copy.get_config() == gan.get_config()
    np.testing.assert_array_equal(weights(copy), weights(gan))


def test_official_weights_are_taken(tmp_path):
    from tests.models.stylegan2.checkpoints.pickles import FIXTURE

    generator, discriminator = official_networks(FIXTURE)
    assert discriminator is not None
    images = generator(np.zeros((2, generator.latent_dim), "float32"), noise="constant")
    assert np.isfinite(images).all()
    assert discriminator(images).shape == (2, 1)
    assert "b4_conv/kernel" in named_weights(generator)
    with pytest.raises(ValueError, match="ada_pytorch_tiny"):
        tiny().load_official(FIXTURE)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: tfnss.PathLength(weight=-1), "weight=-1"),
        (lambda: tfnss.PathLength(interval=0), "interval=0"),
        (lambda: tfnss.PathLength(decay=1.0), r"decay=1\.0"),
        (lambda: tfnss.Augmentation(probability=2.0), r"probability=2\.0"),
        (lambda: tfnss.Augmentation("all"), "all"),
        (lambda: tfnss.AdaptiveAugmentation(kimg=0), "kimg=0"),
        (lambda: tfnss.AdaptiveAugmentation(probability=0.3), r"probability=0\.3"),
        (lambda: tiny().compile(accumulation_steps=0), "accumulation_steps"),
        (lambda: tiny_gan().compile(regularizers=[tfnss.PathLength()]), "needs a generator with styles"),
        (lambda: tiny(mapping_layers=-1), "mapping_layers=-1"),
        (lambda: StyleGAN2(0, config="auto"), "resolution=0"),
    ],
)
def test_bad_input(make, says):
    with pytest.raises(ValueError, match=says):
        make()
