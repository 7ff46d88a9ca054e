import collections
import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf

import tfnss
from tests.training.networks import tiny_gan, tiny_images
from tfnss.data import Images
from tfnss.training import losses
from tfnss.training.phases import DiscriminatorStep, GeneratorStep, Phase, build_phases

LOSSES = list(losses.LOSSES)
REGULARIZERS = {
    "none": lambda: [],
    "r1": lambda: [tfnss.R1(1.0)],
    "gradient_penalty": lambda: [tfnss.GradientPenalty(1.0)],
    "dragan": lambda: [tfnss.DRAGAN(1.0)],
    "r2": lambda: [tfnss.R2(1.0)],
    "lecam": lambda: [tfnss.LeCam(0.1)],
    "lazy_r1": lambda: [tfnss.R1(1.0, interval=2)],
    "spectral": lambda: [tfnss.SpectralRegularization()],
}
VIEWS = {
    "none": lambda: None,
    "scale_space": tfnss.ScaleSpace,
    "noise_space": tfnss.NoiseSpace,
    "noisy_scale_space": tfnss.NoisyScaleSpace,
}


AUGMENTATIONS = {
    "bgc": lambda: tfnss.Augmentation("bgc", probability=0.5),
    "ada": lambda: tfnss.AdaptiveAugmentation(kimg=1, start=0.2),
    "diffaugment": lambda: tfnss.Augmentation("diffaugment", probability=1),
}


def compiled(view=None, gan=None, **parts):
    gan = gan or tiny_gan()
    annealing = tfnss.ExponentialAnnealing(8) if view is not None else None
    gan.compile(view=view, annealing=annealing, **parts)
    return gan


def weights(gan):
    return np.concatenate([w.ravel() for w in gan.get_weights()])


def fit(gan, pictures, steps, batch_size=8, **kwargs):
    images = Images(tiny_images(pictures), batch_size)
    return gan.fit(images, steps_per_epoch=steps, verbose=0, **kwargs)


def _combinations():
    """All losses, regularizers and views; those are quick that hold each pair of them once."""
    regularizers = ["none", "r1", "gradient_penalty", "dragan", "spectral", "r2", "lecam"]
    for (i, loss), (j, regularizer), (k, view) in itertools.product(*map(enumerate, (LOSSES, regularizers, VIEWS))):
        marks = [] if k == (i + j) % len(VIEWS) else pytest.mark.exhaustive
        yield pytest.param(loss, regularizer, view, marks=marks)


@pytest.mark.parametrize(("loss", "regularizer", "view"), _combinations())
def test_every_combination_trains(loss, regularizer, view, pictures):
    # Eagerly, to spare 100 compilations; test_eager_training_gives_the_same_weights ties it to the graph.
    gan = compiled(VIEWS[view](), loss=loss, regularizers=REGULARIZERS[regularizer](), run_eagerly=True)
    before = weights(gan)
    history = fit(gan, pictures, steps=3).history
    assert np.isfinite(list(history.values())).all()
    assert np.isfinite(weights(gan)).all()
    assert not np.array_equal(weights(gan), before)
    assert set(history) >= {"d_loss", "g_loss", "real_prediction", "fake_prediction"}


@pytest.mark.slow
@pytest.mark.parametrize("augmentation", AUGMENTATIONS)
@pytest.mark.parametrize("regularizer", ["r1", "r2", "lecam"])
def test_every_augmentation_trains(augmentation, regularizer, pictures):
    parts = {"augmentation": AUGMENTATIONS[augmentation](), "regularizers": REGULARIZERS[regularizer]()}
    gan = compiled(tfnss.NoisyScaleSpace(), run_eagerly=True, **parts)
    before = weights(gan)
    history = fit(gan, pictures, steps=3).history
    assert np.isfinite(list(history.values())).all()
    assert not np.array_equal(weights(gan), before)


@pytest.mark.slow
@pytest.mark.parametrize("mixing", ["logit", "probability"])
@pytest.mark.parametrize("loss", LOSSES)
def test_every_game_is_played_with_spectral_realness(loss, mixing, pictures):
    parts = {"regularizers": REGULARIZERS["r1"](), "spectral_realness": tfnss.SpectralRealness(mixing=mixing)}
    gan = compiled(tfnss.NoisyScaleSpace(), loss=loss, run_eagerly=True, **parts)
    before = weights(gan.spectral_realness)
    history = fit(gan, pictures, steps=3).history
    assert np.isfinite(list(history.values())).all()
    assert not np.array_equal(weights(gan.spectral_realness), before)


@pytest.mark.parametrize(
    "regularizer", [pytest.param("none", marks=pytest.mark.slow), pytest.param("r1", marks=pytest.mark.slow), "lazy_r1"]
)
def test_xla_gives_the_same_weights(regularizer, pictures):
    results = []
    for jit_compile in (False, True):
        parts = {"regularizers": REGULARIZERS[regularizer](), "jit_compile": jit_compile}
        gan = compiled(tfnss.NoisyScaleSpace(), gan=tiny_gan(normalization=True), **parts)
        fit(gan, pictures, steps=10)
        results.append(weights(gan))
    np.testing.assert_allclose(*results, atol=1e-5)


@pytest.mark.slow
def test_several_steps_per_execution_give_the_same_weights(pictures):
    results = []
    for steps in (1, 5):
        gan = compiled(tfnss.NoisyScaleSpace(), regularizers=[tfnss.R1(1.0, 4)], steps_per_execution=steps)
        fit(gan, pictures, steps=10)
        results.append(weights(gan))
    np.testing.assert_allclose(*results, atol=1e-6)


def test_eager_training_gives_the_same_weights(pictures):
    results = []
    for run_eagerly in (False, True):
        gan = compiled(tfnss.NoisyScaleSpace(), regularizers=[tfnss.R1(1.0, 2)], run_eagerly=run_eagerly)
        fit(gan, pictures, steps=3)
        results.append(weights(gan))
    np.testing.assert_allclose(*results, atol=1e-6)


class _Count(keras.callbacks.Callback):
    """Counts optimizer steps after each iteration."""

    def on_train_begin(self, logs=None):
        self.counts = []

    def on_train_batch_end(self, batch, logs=None):
        optimizers = (self.model.discriminator_optimizer, self.model.generator_optimizer)
        self.counts.append(tuple(int(o.iterations.numpy()) for o in optimizers))


def test_phases_run_at_their_intervals(pictures):
    gan = compiled(regularizers=[tfnss.R1(1.0, interval=4)], discriminator_steps=3)
    count = _Count()
    fit(gan, pictures, steps=6, callbacks=[count])
    # Lazy R1 at iterations 0 and 4; the generator after every third discriminator step.
    assert count.counts == [(2, 0), (3, 0), (4, 1), (5, 1), (7, 1), (8, 2)]


class _Brightness(Phase):
    """A step that moves nothing, of a user's own."""

    predictions = ("share",)

    def logged(self, game):
        return ("brightness",)

    def loss(self, game, real, labels=None):
        return 0 * tf.reduce_sum(real), {"brightness": tf.reduce_mean(real), "share": tf.reduce_mean(real, (1, 2, 3))}


def test_a_new_phase_shows_its_records(pictures, monkeypatch):
    def with_another(game, *args):
        phases = build_phases(game, *args)
        return (*phases, _Brightness(game.discriminator, phases[0].optimizer))

    monkeypatch.setattr("tfnss.training.gan.build_phases", with_another)
    images = np.full_like(tiny_images(pictures), 191)
    gan = compiled(run_eagerly=True)
    history = gan.fit(images, batch_size=32, verbose=0).history
    assert history["brightness"] == pytest.approx([191 / 127.5 - 1], rel=1e-4)
    assert history["share_p50"] == pytest.approx([191 / 127.5 - 1], abs=2e-3)


def test_lazy_penalty_is_multiplied_by_its_interval(pictures):
    real = tiny_images(pictures)[:8]
    factors = []
    for interval in (2, 4):
        gan = compiled(regularizers=[tfnss.R1(1.0, interval)])
        loss, logs = gan.phases[1].loss(gan.game, tf.constant(real / 127.5 - 1, tf.float32))
        factors.append(float(loss) / float(logs["r1"]))
    assert factors == pytest.approx([2, 4])


def test_r1_is_taken_before_the_view(pictures):
    real = tf.constant(tiny_images(pictures)[:8] / 127.5 - 1, tf.float32)
    gan = tiny_gan()
    gan.compile(view=tfnss.training.View(tfnss.ScaleSpace(0.8), tfnss.ConstantAnnealing(50), half_batch=False))
    shown = gan.view(real, progress=gan.game.progress)
    through = float(tfnss.R1(2.0)(gan.game.discriminate, real, None))
    behind = float(tfnss.R1(2.0)(lambda x: gan.discriminator(x)[:, 0], shown, None))
    assert through < 0.7 * behind  # smoothing takes away gradient


def test_the_generator_learns_through_the_view(pictures):
    gan = tiny_gan()
    view = tfnss.training.View(tfnss.ScaleSpace(), tfnss.ConstantAnnealing(20), half_batch=False)
    gan.compile(view=view, run_eagerly=True)
    before = [w.copy() for w in gan.generator.get_weights()]
    fit(gan, pictures, steps=1)
    assert all(not np.array_equal(a, b) for a, b in zip(before, gan.generator.get_weights(), strict=True))


def test_time_is_annealed_over_the_run(pictures):
    gan = tiny_gan()
    gan.compile(view=tfnss.NoisyScaleSpace(), annealing=tfnss.StepAnnealing(8, end=0.5))
    history = fit(gan, pictures, steps=4, epochs=4)
    assert history.history["time"] == [8, 8, 0, 0]
    assert int(gan.images_seen.numpy()) == int(gan.images_total.numpy()) == 4 * 4 * 8


def test_average_follows_the_generator(pictures):
    gan = compiled(
        ema_half_life_kimg=0.008, ema_ramp_up=None, run_eagerly=True
    )  # half-life of one batch: a decay of 1/2
    average = [w.copy() for w in gan.generator_ema.get_weights()]
    fit(gan, pictures, steps=1)
    expected = [(a + w) / 2 for a, w in zip(average, gan.generator.get_weights(), strict=True)]
    for got, want in zip(gan.generator_ema.get_weights(), expected, strict=True):
        np.testing.assert_allclose(got, want, atol=1e-7)


def test_predictions_and_samples(pictures):
    gan = compiled()
    images = gan.generate(5, seed=1, batch_size=2)
    assert images.shape == (5, 8, 8, 3)
    assert images.dtype == np.uint8
    np.testing.assert_array_equal(images[:3], gan.generate(3, seed=1))
    assert not np.array_equal(images, gan.generate(5, seed=2))
    assert gan.predict(np.zeros((2, 4), "float32"), verbose=0).shape == (2, 8, 8, 3)
    with pytest.raises(ValueError, match="count"):
        gan.generate(0)


def test_fit_takes_arrays_and_datasets(pictures):
    array = tiny_images(pictures)
    gan = compiled()
    gan.fit(array, batch_size=16, epochs=1, verbose=0)
    assert int(gan.images_seen.numpy()) == 64
    dataset = tf.data.Dataset.from_tensor_slices(array.astype("float32") / 127.5 - 1).batch(8, drop_remainder=True)
    gan.fit(dataset, epochs=1, verbose=0)
    gan.fit(dataset.map(lambda x: (x, 0)).repeat(), epochs=1, steps_per_epoch=2, verbose=0)
    assert int(gan.images_seen.numpy()) == 64 + 64 + 16


def test_fit_refuses_what_it_cannot_count(pictures):
    gan = compiled()
    dataset = tf.data.Dataset.from_tensor_slices(tiny_images(pictures).astype("float32"))
    with pytest.raises(ValueError, match="drop_remainder=True"):
        gan.fit(dataset.batch(8))
    with pytest.raises(ValueError, match="steps_per_epoch"):
        gan.fit(dataset.batch(8, drop_remainder=True).repeat())
    gan = compiled(steps_per_execution=3)
    with pytest.raises(ValueError, match="steps_per_execution"):
        gan.fit(dataset.batch(8, drop_remainder=True), steps_per_epoch=4)
    with pytest.raises(ValueError, match="compile"):
        tiny_gan().fit(dataset)


def test_datasets_of_bytes_are_those_of_floats(pictures):
    array = tiny_images(pictures)
    floats = array.astype("float32") / 127.5 - 1
    results = []
    for images in (array, floats, floats.astype("float64")):
        gan = compiled(run_eagerly=True)
        gan.fit(tf.data.Dataset.from_tensor_slices(images).batch(32, drop_remainder=True), verbose=0)
        results.append(weights(gan))
    np.testing.assert_allclose(results[1], results[0], atol=1e-6)
    np.testing.assert_allclose(results[2], results[1], atol=1e-6)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda x: x.astype("float32"), r"127\.5 - 1.* from 0 to 255"),
        (lambda x: np.full(x.shape, np.nan, "float32"), "holds NaN"),
        (lambda x: x.astype("float32") / 255, r"in \[0, 1\].*2 \* x - 1"),
        (lambda x: x.astype("int32"), "int32"),
    ],
)
def test_datasets_of_other_numbers_are_refused(change, says, pictures):
    images = change(tiny_images(pictures))
    images[0, 0, 0, :2] = change(np.array([0, 255], np.uint8))
    gan = compiled(run_eagerly=True)
    with pytest.raises(ValueError, match=says):
        gan.fit(tf.data.Dataset.from_tensor_slices(images).batch(8, drop_remainder=True), verbose=0)
    assert int(gan.images_seen.numpy()) == 0


def _with_groups(group_size):
    latents, images = keras.Input((4,)), keras.Input((8, 8, 3))
    fakes = keras.layers.Reshape((8, 8, 3))(keras.layers.Dense(192)(latents))
    logits = keras.layers.Dense(1)(keras.layers.Flatten()(tfnss.layers.MinibatchStandardDeviation(group_size)(images)))
    return tfnss.GAN(keras.Model(latents, fakes), keras.Model(images, logits))


@pytest.mark.parametrize(
    ("group_size", "half_batch", "parts", "warned"),
    [(4, True, 1, False), (4, True, 2, True), (4, False, 2, False), (1, True, 2, False), (16, True, 1, True)],
)
def test_groups_of_shown_and_clean_images_are_warned_of(group_size, half_batch, parts, warned, pictures, caplog):
    gan = _with_groups(group_size)
    view = tfnss.View(tfnss.ScaleSpace(), half_batch=half_batch)
    gan.compile(view=view, accumulation_steps=parts, run_eagerly=True)
    fit(gan, pictures, steps=1)
    assert ("shown and clean images meet" in caplog.text) == warned


def test_compile_refuses_bad_parts():
    optimizer = keras.optimizers.Adam()
    for parts, name in [
        ({"discriminator_steps": 0}, "discriminator_steps"),
        ({"generator_optimizer": optimizer, "discriminator_optimizer": optimizer}, "optimizer each"),
        ({"annealing": tfnss.ConstantAnnealing(1)}, "annealing"),
        ({"generator_optimizer": keras.optimizers.LossScaleOptimizer(optimizer)}, "inner optimizer"),
        ({"ema_half_life_kimg": -1}, "ema_half_life_kimg"),
        ({"loss": "least"}, "loss"),
    ]:
        with pytest.raises(ValueError, match=name):
            tiny_gan().compile(**parts)


def test_saving_keeps_everything(tmp_path, pictures):
    parts = {"regularizers": [tfnss.R1(1.0, 2)], "loss": "hinge"}
    gan = compiled(tfnss.NoisyScaleSpace(0.2), gan=tiny_gan(normalization=True), **parts)
    fit(gan, pictures, steps=3)
    gan.save(tmp_path / "gan.keras")
    copy = keras.saving.load_model(tmp_path / "gan.keras")
    assert copy.get_compile_config() == gan.get_compile_config()
    np.testing.assert_array_equal(weights(copy), weights(gan))
    for model in (gan, copy):
        fit(model, pictures, steps=3)
    np.testing.assert_array_equal(weights(copy), weights(gan))


def test_the_graph_is_traced_once(pictures):
    gan = compiled(tfnss.NoisyScaleSpace(), regularizers=[tfnss.R1(1.0, 2)])
    fit(gan, pictures, steps=4, epochs=3)
    assert gan.train_function.experimental_get_tracing_count() == 1


def test_a_phase_is_traced_once_for_all_parts_of_the_batch(pictures, monkeypatch):
    """A function that Python runs as it runs the rest, where that is asked for."""
    traced = collections.Counter()
    for kind in (DiscriminatorStep, GeneratorStep):
        monkeypatch.setattr(kind, "loss", _counted(kind.loss, traced))
    for eagerly, expected in ((False, 1), (True, 4)):
        traced.clear()
        gan = compiled(accumulation_steps=4, run_eagerly=eagerly)
        fit(gan, pictures, steps=1)
        assert traced == {"DiscriminatorStep": expected, "GeneratorStep": expected}


def _counted(loss, traced):
    def counted(phase, *inputs):
        traced[type(phase).__name__] += 1
        return loss(phase, *inputs)

    return counted


def test_keras_still_has_the_private_names_that_the_engine_uses():
    assert callable(getattr(keras.Model, "_maybe_symbolic_build", None))
    assert callable(getattr(keras.Model, "_flatten_layers", None))
