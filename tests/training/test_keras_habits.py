"""What Keras users try: it works, or one line tells the way."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import tfnss
from tests.training.networks import tiny_gan, tiny_images


def compiled(**parts):
    gan = tiny_gan()
    gan.compile(**{"run_eagerly": True, **parts})
    return gan


def weights(gan):
    return np.concatenate([w.ravel() for w in gan.get_weights()])


def test_optimizers_by_name():
    gan = compiled(generator_optimizer="adam", discriminator_optimizer="sgd")
    assert isinstance(gan.generator_optimizer, keras.optimizers.Adam)
    assert isinstance(gan.discriminator_optimizer, keras.optimizers.SGD)
    with pytest.raises(ValueError, match="adamant"):
        compiled(generator_optimizer="adamant")


@pytest.mark.parametrize(
    ("argument", "value", "says"),
    [
        ("validation_data", np.zeros(3), "`validation_data`.*Evaluate"),
        ("validation_split", 0.1, "`validation_split`.*Evaluate"),
        ("class_weight", {0: 1.0}, "`class_weight`.*every image counts alike"),
        ("sample_weight", np.ones(3), "`sample_weight`"),
        ("shuffle", False, "`shuffle`.*seed"),
    ],
)
def test_arguments_of_fit_that_tell_the_way(argument, value, says, pictures):
    with pytest.raises(ValueError, match=says) as error:
        compiled().fit(tiny_images(pictures), batch_size=8, **{argument: value})
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(("argument", "says"), [("metrics", "logged by themselves"), ("optimizer", "two players")])
def test_arguments_of_compile_that_tell_the_way(argument, says):
    with pytest.raises(ValueError, match=says):
        compiled(**{argument: ["mse"]})


def test_unknown_arguments():
    with pytest.raises(TypeError, match="no argument `colour`"):
        compiled(colour="red")
    with pytest.raises(TypeError, match="no argument `colour`"):
        compiled().fit(np.zeros((8, 8, 8, 3), np.uint8), colour="red")


def test_methods_that_tell_the_way(pictures):
    for name in ("evaluate", "test_on_batch"):
        with pytest.raises(ValueError, match="Evaluation"):
            getattr(compiled(), name)(tiny_images(pictures))


def test_optimizers_whose_settings_would_be_lost():
    for settings, says in (
        ({"loss_scale_factor": 128}, "loss_scale_factor=128"),
        ({"use_ema": True}, "ema_half_life_kimg"),
        ({"gradient_accumulation_steps": 4}, r"compile\(accumulation_steps="),
    ):
        with pytest.raises(ValueError, match=says):
            compiled(discriminator_optimizer=keras.optimizers.SGD(0.1, **settings))
    compiled(discriminator_optimizer=keras.optimizers.SGD(0.1, use_ema=True, ema_overwrite_frequency=2))


@pytest.mark.parametrize("wrap", [lambda x: x, lambda x: [x], lambda x: keras.callbacks.CallbackList([x])])
def test_backups_of_keras_tell_the_way(wrap, pictures, tmp_path):
    backup = keras.callbacks.BackupAndRestore(tmp_path / "backup")
    with pytest.raises(ValueError, match="resume=True"):
        compiled().fit(tiny_images(pictures), batch_size=8, callbacks=wrap(backup), verbose=0)


def test_a_compilation_that_fails_leaves_no_game(pictures, tmp_path):
    gan = compiled()
    gan.fit(tiny_images(pictures), batch_size=32, verbose=0)
    one = keras.optimizers.Adam()
    for wrong in ({"loss": "bad"}, {"generator_optimizer": one, "discriminator_optimizer": one, "loss": "wasserstein"}):
        with pytest.raises(ValueError, match="Received"):
            gan.compile(**wrong)
        with pytest.raises(ValueError, match="call `compile` before `fit`"):
            gan.fit(tiny_images(pictures), batch_size=32, verbose=0)
        gan.save(tmp_path / "gan.keras")
        loaded = keras.saving.load_model(tmp_path / "gan.keras")
        assert not loaded.compiled
        np.testing.assert_array_equal(loaded.generator.get_weights()[0], gan.generator.get_weights()[0])
    gan.compile()
    gan.fit(tiny_images(pictures), batch_size=32, verbose=0)


@pytest.mark.parametrize("steps", [0, -1, "auto", 1.5])
def test_steps_per_execution_out_of_range(steps):
    with pytest.raises(ValueError, match="`steps_per_execution` must be a whole number >= 1"):
        compiled(steps_per_execution=steps)


def test_schedulers_set_the_rates_of_both_players(pictures):
    gan = compiled(generator_optimizer=keras.optimizers.Adam(1e-3), discriminator_optimizer=keras.optimizers.Adam(4e-3))
    scheduler = keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate / 2)
    history = gan.fit(tiny_images(pictures), batch_size=32, epochs=2, callbacks=[scheduler], verbose=0)
    np.testing.assert_allclose(history.history["learning_rate"], [5e-4, 2.5e-4])
    assert float(gan.generator_optimizer.learning_rate) == pytest.approx(2.5e-4)
    assert float(gan.discriminator_optimizer.learning_rate) == pytest.approx(1e-3)


def test_plateaus_and_early_stopping_on_what_is_logged(pictures):
    gan = compiled(generator_optimizer=keras.optimizers.Adam(1e-3))
    fids = iter([5.0, 6.0, 7.0, 8.0, 9.0])
    measure = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: logs.update(fid=next(fids)))
    plateau = keras.callbacks.ReduceLROnPlateau(monitor="fid", factor=0.1, patience=1, mode="min")
    stop = keras.callbacks.EarlyStopping(monitor="fid", patience=3, mode="min")
    history = gan.fit(tiny_images(pictures), batch_size=32, epochs=5, callbacks=[measure, plateau, stop], verbose=0)
    assert len(history.history["d_loss"]) == 4
    assert float(gan.generator_optimizer.learning_rate) < 1e-3


def test_a_rate_of_0_is_not_for_ever():
    gan = compiled(generator_optimizer=keras.optimizers.Adam(1e-3), discriminator_optimizer=keras.optimizers.Adam(4e-3))
    for rate in (0.0, 2e-3):
        gan.optimizer.learning_rate = rate
    assert float(gan.generator_optimizer.learning_rate) == pytest.approx(2e-3)
    assert float(gan.discriminator_optimizer.learning_rate) == pytest.approx(8e-3)


@pytest.mark.parametrize("verbose", [{}, {"verbose": 1}, {"verbose": 2}])
def test_the_progress_bar_tells_the_steps_of_the_stretch(pictures, capsys, verbose):
    gan = compiled()
    gan.fit(tiny_images(pictures), batch_size=8, steps_per_epoch=3, epochs=2, **verbose)
    printed = capsys.readouterr().out
    assert "Epoch 2/2" in printed
    assert "3/3" in printed
    assert "d_loss" in printed


def test_one_batch(pictures):
    images = tiny_images(pictures)[:8]
    gan, same = compiled(), compiled()
    logs = gan.train_on_batch(images)
    assert np.isfinite(list(logs.values())).all()
    assert int(gan.images_seen.numpy()) == 8
    same.fit(images, batch_size=8, verbose=0)
    gan.images_total.assign(8)
    np.testing.assert_allclose(weights(gan), weights(same), atol=1e-6)
    with pytest.raises(ValueError, match="class_weight"):
        gan.train_on_batch(images, class_weight={0: 1})
    with pytest.raises(ValueError, match="compile"):
        tiny_gan().train_on_batch(images)


def test_a_dataset_of_nothing(pictures):
    empty = tf.data.Dataset.from_tensor_slices(tiny_images(pictures) / 127.5 - 1).batch(8, drop_remainder=True).take(0)
    with pytest.raises(ValueError, match="no batch"):
        compiled().fit(empty, steps_per_epoch=2, verbose=0)


@pytest.mark.slow
def test_a_loop_of_epochs_is_one_run_where_its_length_is_told(pictures, caplog):
    parts = {"view": tfnss.ScaleSpace(), "annealing": tfnss.ExponentialAnnealing(64)}
    whole = compiled(**parts, total_kimg=0.128)
    whole.fit(tiny_images(pictures), batch_size=32, epochs=2, verbose=0, resume=True)
    loop = compiled(**parts, total_kimg=0.128)
    for epoch in range(2):
        loop.fit(tiny_images(pictures), batch_size=32, initial_epoch=epoch, epochs=epoch + 1, verbose=0)
    np.testing.assert_array_equal(weights(loop), weights(whole))
    assert not caplog.records
    for _ in range(2):
        untold = compiled(**parts)
        untold.fit(tiny_images(pictures), batch_size=32, verbose=0)
    untold.fit(tiny_images(pictures), batch_size=32, verbose=0)
    assert "begins its schedules at 50%" in caplog.text
    assert "total_kimg" in caplog.text


def test_a_loop_of_ones_own_has_progress(pictures):
    gan = compiled(view=tfnss.ScaleSpace(), annealing=tfnss.ExponentialAnnealing(64), total_kimg=0.032)
    batch = tf.constant(tiny_images(pictures)[:8] / 127.5 - 1, tf.float32)
    progress = []
    for _ in range(4):
        progress.append(float(gan.game.progress))
        gan.train_step((batch,))
    assert progress == [0, 0.25, 0.5, 0.75]


@pytest.mark.slow
def test_a_loop_whose_length_nobody_tells_is_told_so(pictures, caplog):
    batch = tf.constant(tiny_images(pictures)[:8] / 127.5 - 1, tf.float32)
    compiled().train_step((batch,))
    assert not caplog.records  # nothing depends on it
    gan = compiled(view=tfnss.ScaleSpace(), annealing=tfnss.ExponentialAnnealing(64), run_eagerly=False)
    tf.function(gan.train_step)((batch,))
    assert "compile(total_kimg=...)" in caplog.text


@pytest.mark.parametrize("total", [0, -1, float("inf"), float("nan")])
def test_lengths_out_of_range(total):
    with pytest.raises(ValueError, match="total_kimg"):
        compiled(total_kimg=total)
