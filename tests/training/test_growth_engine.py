"""Training across changes of the resolution, on tiny networks of 8x8 and 16x16."""

import gc
import weakref

import keras
import numpy as np
import pytest
import tensorflow as tf

import tfnss
from tests.training.growing import growing_gan
from tests.training.networks import tiny_gan
from tfnss import random
from tfnss.data import Images
from tfnss.layers import MinibatchStandardDeviation
from tfnss.random.stateless import training_source
from tfnss.training.callbacks import Checkpoint, restore
from tfnss.training.growth import stage_at
from tfnss.training.scheduled_adam import ScheduledAdam

IMAGES = np.random.default_rng(0).integers(0, 256, (40, 16, 16, 3), dtype=np.uint8)
LABELS = np.arange(40) % 3
# 8x8 to 32 images, the fade to 48, 16x16 from there on.
GROWTH = {"stable_kimg": 0.025, "fade_kimg": 0.02, "batch_sizes": {8: 8, 16: 4}, "learning_rates": {8: 0.01, 16: 0.02}}
STABLE, WHOLE, END = 32, 48, 64


def compiled(gan=None, eagerly=True, **parts):
    gan = gan or growing_gan()
    adams = [keras.optimizers.Adam(1e-2, beta_1=0.5) for _ in range(2)]
    growth = tfnss.Growth(hold=2, **GROWTH)
    gan.compile(*adams, **{"growth": growth, "regularizers": [tfnss.R1(1.0, 2)], "run_eagerly": eagerly, **parts})
    return gan


def fit(gan, *callbacks, labels=None, **kwargs):
    images = Images(IMAGES, 4, labels=labels)
    kwargs = {"epochs": 2, "steps_per_epoch": END // 8, "resume": True, **kwargs}
    history = gan.fit(images, callbacks=list(callbacks), verbose=0, **kwargs).history
    return np.concatenate([w.ravel() for w in gan.get_weights()]), history


class StopAt(keras.callbacks.Callback):
    """Ends training once so many images are seen."""

    def __init__(self, images):
        super().__init__()
        self.images = images

    def on_train_batch_end(self, batch, logs=None):
        self.model.stop_training = self.model.stop_training or int(self.model.images_seen.numpy()) >= self.images


@pytest.fixture(scope="module")
def whole():
    return fit(compiled(spectral_realness=tfnss.SpectralRealness()))[0]


def test_stages_and_what_is_told_of_them():
    gan = compiled()
    assert [(s.first, s.end, s.halvings) for s in gan.stages] == [(0, 32, 1), (32, 48, 0), (48, None, 0)]
    assert float(gan.generator.lod) == 0
    _, history = fit(gan)
    assert history["resolution"] == [8, 16, 16]  # the end of a stage ends an epoch
    assert history["batch_size"] == [8, 4, 4]
    np.testing.assert_allclose(history["fade"], [0, 1 - (40 - 25) / 20, 0], atol=1e-6)
    assert np.isfinite(np.concatenate([history["d_loss"], history["g_loss"], history["r1"]])).all()
    assert int(gan.images_seen.numpy()) == int(gan.images_total.numpy()) == END


@pytest.mark.slow
@pytest.mark.parametrize(
    "stop", [WHOLE - 8, WHOLE, *(pytest.param(stop, marks=pytest.mark.exhaustive) for stop in (STABLE, WHOLE + 4))]
)
def test_a_run_in_pieces_is_the_run_in_one(stop, whole, tmp_path):
    """Stopped at the boundaries, in the middle of the fade, and one step after it."""
    gan = compiled(spectral_realness=tfnss.SpectralRealness())
    fit(gan, StopAt(stop), Checkpoint(tmp_path / "a.weights.h5"))
    assert int(gan.images_seen.numpy()) == stop
    gan = compiled(spectral_realness=tfnss.SpectralRealness())
    restore(gan, tmp_path / "a.weights.h5")
    np.testing.assert_array_equal(fit(gan)[0], whole)


@pytest.mark.slow
def test_the_graph_gives_the_same_weights(whole):
    gan = compiled(spectral_realness=tfnss.SpectralRealness(), eagerly=False, steps_per_execution=2)
    np.testing.assert_allclose(fit(gan)[0], whole, atol=2e-5)


@pytest.mark.slow
def test_xla_gives_the_same_weights(whole):
    gan = compiled(spectral_realness=tfnss.SpectralRealness(), eagerly=False, jit_compile=True)
    np.testing.assert_allclose(fit(gan)[0], whole, atol=2e-5)


@pytest.mark.slow
def test_two_replicas_give_the_weights_of_one(mirrored, whole):
    with mirrored.scope():
        gan = compiled(growing_gan(), eagerly=False, spectral_realness=tfnss.SpectralRealness())
    np.testing.assert_allclose(fit(gan)[0], whole, atol=2e-5)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("part", "classes"),
    [
        ("ssd", 3),
        *(
            pytest.param(
                part, classes, marks=pytest.mark.slow if (part, classes) == ("ada", 3) else pytest.mark.exhaustive
            )
            for part in ("none", "nss", "ssd", "ada")
            for classes in (0, 3)
            if (part, classes) != ("ssd", 3)
        ),
    ],
)
def test_every_part_trains_across_a_change_of_resolution(part, classes):
    parts = {
        "none": {"regularizers": [tfnss.R1(1.0), tfnss.R2(1.0, 2), tfnss.PathLength(2.0, 2)]},
        "nss": {"view": tfnss.NoisyScaleSpace(), "annealing": tfnss.ConstantAnnealing(4)},
        "ssd": {"spectral_realness": tfnss.SpectralRealness(), "accumulation_steps": 2},
        "ada": {"augmentation": tfnss.AdaptiveAugmentation("bgc", kimg=0.1, interval=1)},
    }[part]
    gan = compiled(growing_gan(classes=classes), **parts)
    weights, history = fit(gan, labels=LABELS if classes else None)
    assert np.isfinite(weights).all()
    assert np.isfinite(list(history.values())).all()


class Record(keras.callbacks.Callback):
    """The moments of Adam, rates and lod after each iteration."""

    def on_train_begin(self, logs=None):
        self.rows = {}

    def on_train_batch_end(self, batch, logs=None):
        gan = self.model
        own = gan.generator_optimizer
        self.rows[int(gan.images_seen.numpy())] = (
            int(own.iterations.numpy()),
            float(own.learning_rate),
            float(gan.discriminator_optimizer.learning_rate),
            float(gan.generator.lod),
            float(gan.generator_ema.lod),
        )


def test_adam_begins_anew_rates_follow_and_lod_is_kept():
    gan, record = compiled(), Record()
    fit(gan, record)
    rows = list(record.rows.values())
    assert [row[0] for row in rows] == [1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 4]
    np.testing.assert_allclose([row[1] for row in rows], 4 * [0.01] + 8 * [0.02])
    np.testing.assert_allclose([row[2] for row in rows], np.array(4 * [0.01] + 8 * [0.02]) * 2 / 3, rtol=1e-6)
    fades = [1 - (32 - 25) / 20] * 2 + [1 - (40 - 25) / 20] * 2
    np.testing.assert_allclose([row[3] for row in rows], 4 * [1] + fades + 4 * [0], atol=1e-6)
    assert [row[3] for row in rows] == [row[4] for row in rows]


def test_a_rate_that_a_callback_sets_holds_to_the_end_of_the_stage(tmp_path):
    class Halves(keras.callbacks.Callback):
        def on_train_batch_begin(self, batch, logs=None):
            if int(self.model.images_seen.numpy()) == 8:
                self.model.optimizer.learning_rate = 0.005

    whole, record = compiled(), Record()
    expected, _ = fit(whole, Halves(), record, steps_per_epoch=3, epochs=3)  # epochs end within stages
    np.testing.assert_allclose([row[1] for row in record.rows.values()][:5], [0.01] + 3 * [0.005] + [0.02])
    stopped = compiled()
    fit(stopped, Halves(), StopAt(16), Checkpoint(tmp_path / "x.weights.h5"), steps_per_epoch=3, epochs=3)
    resumed = compiled()
    restore(resumed, tmp_path / "x.weights.h5")
    np.testing.assert_array_equal(fit(resumed, steps_per_epoch=3, epochs=3)[0], expected)


def test_a_ramp_of_the_augmentation_follows_the_images_seen():
    """Not the iterations times the batch, which has had other sizes."""
    ramp = tfnss.training.CosineRamp(0.0, 0.8, kimg=0.064)
    gan = compiled(augmentation=tfnss.Augmentation("blit", ramp))
    for seen, batch_size in ((0, 8), (STABLE, 4), (WHOLE, 4)):
        gan.images_seen.assign(seen)
        gan._enter(stage_at(gan.stages, seen))
        gan.distribute_strategy.run(gan._end_iteration, args=(batch_size,))
        assert float(gan.augmentation_state[0]) == pytest.approx(float(ramp(seen + batch_size)))


def test_moments_are_zero_at_the_start_of_a_stage():
    gan = compiled()
    fit(gan, StopAt(STABLE))
    moments = [v for v in gan.discriminator_optimizer.variables if len(v.shape)]
    assert any(np.any(np.asarray(v)) for v in moments)
    rate = float(gan.discriminator_optimizer.learning_rate)
    gan._enter(gan.stages[1])
    assert not any(np.any(np.asarray(v)) for v in moments)
    assert int(gan.discriminator_optimizer.iterations.numpy()) == 0
    assert float(gan.discriminator_optimizer.learning_rate) == pytest.approx(2 * rate)


def test_r1_is_that_of_the_full_size():
    """At half the size it is that of images whose pixels are repeated, which the discriminator averages."""
    gan = compiled(regularizers=[tfnss.R1(3.0)])
    real = tf.random.stateless_uniform((4, 8, 8, 3), (0, 1), -1, 1)
    with random.scope(training_source(0, 0, 0, 0, 1)):
        _, logs = gan.phases[0].loss(gan.game, real)
    large = tf.repeat(tf.repeat(real, 2, 1), 2, 2)
    with tf.GradientTape() as tape:
        tape.watch(large)
        total = tf.reduce_sum(gan.discriminator(tf.nn.avg_pool2d(large, 2, 2, "VALID")))
    squares = np.square(tape.gradient(total, large)).sum((1, 2, 3))
    assert float(logs["r1"]) == pytest.approx(1.5 * squares.mean(), rel=1e-5)


def test_each_resolution_is_traced_once_and_let_go():
    traced, old = [], []

    class Count(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            function = self.model.train_function
            traced.append((self.model.game.stage.halvings, function.experimental_get_tracing_count()))
            old.append(weakref.ref(self.model._gradients[0]))

    gan = compiled(eagerly=False)
    fit(gan, Count())
    gc.collect()
    assert traced == [(1, 1), (0, 1), (0, 1)]
    assert old[0]() is None
    assert old[1]() is old[2]() is not None


def test_a_gan_that_grows_is_saved_whole(tmp_path):
    gan = compiled(spectral_realness=tfnss.SpectralRealness())
    fit(gan, StopAt(STABLE))
    gan.save(tmp_path / "a.keras")
    copy = keras.saving.load_model(tmp_path / "a.keras")
    assert copy.growth.get_config() == gan.growth.get_config()
    np.testing.assert_array_equal(np.concatenate([w.ravel() for w in copy.get_weights()]),
                                  np.concatenate([w.ravel() for w in gan.get_weights()]))  # fmt: skip
    assert [c.kernel.shape[0] for c in (copy.spectral_realness, *copy.smaller_spectral_realness)] == [9, 3]


@pytest.mark.slow
def test_the_length_of_a_run():
    gan = compiled(total_kimg=0.041)
    fit(gan, epochs=100)
    assert int(gan.images_seen.numpy()) == int(gan.images_total.numpy()) == 48
    gan = compiled()
    fit(gan, epochs=1, resume=False)
    fit(gan, epochs=1, resume=False)
    assert int(gan.images_seen.numpy()) == int(gan.images_total.numpy()) == END


def test_a_model_that_cannot_grow():
    with pytest.raises(ValueError, match="one resolution and cannot grow"):
        compiled(tiny_gan(), growth=tfnss.Growth())


@pytest.mark.parametrize(
    ("sizes", "parts", "message"),
    [
        ({8: 8, 16: 6}, {"accumulation_steps": 2}, r"growth at resolution 16: .*a multiple of 4.*`batch_sizes`"),
        ({8: 6, 16: 4}, {}, r"growth at resolution 8: .*groups of 4.*batch_size=6; change `batch_sizes`"),
    ],
)
def test_batches_that_do_not_divide(sizes, parts, message):
    gan = growing_gan(head=MinibatchStandardDeviation(4))
    with pytest.raises(ValueError, match=message):
        compiled(gan, growth=tfnss.Growth(batch_sizes=sizes), **parts)


def test_what_growing_does_not_take():
    gan = compiled(growth=tfnss.Growth(batch_sizes={8: 64, 16: 4}))
    with pytest.raises(ValueError, match="fewer than one batch of 64"):
        fit(gan)
    with pytest.raises(ValueError, match=r"give `fit` tfnss.data.Images or an array"):
        compiled().fit(tf.data.Dataset.from_tensor_slices(IMAGES).batch(4, drop_remainder=True), steps_per_epoch=2)
    with pytest.raises(ValueError, match="networks grow in `fit`"):
        compiled().train_on_batch(IMAGES)
    schedule = keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.5)
    for growth in (tfnss.Growth(), tfnss.Growth(learning_rates=None)):
        with pytest.raises(ValueError, match="begin anew with each resolution"):
            growing_gan().compile(keras.optimizers.Adam(schedule), keras.optimizers.Adam(), growth=growth)
    for growth in (tfnss.Growth(), tfnss.Growth(learning_rates=None)):
        with pytest.raises(ValueError, match=r"begin anew with each resolution.*`beta_2`"):
            growing_gan().compile(None, ScheduledAdam(beta_2=schedule), growth=growth)
    gan = compiled()
    with pytest.raises(
        ValueError, match="the networks are at 8x8 now, and the images have 16x16: networks grow in `fit`"
    ):
        gan.train_step(next(iter(Images(IMAGES, 8).dataset())))
    gan.train_step(tf.zeros((8, 8, 8, 3)))
