"""Losses and gradients that are not finite."""

import h5py
import keras
import numpy as np
import pytest
import tensorflow as tf

import tfnss
from tests.training.networks import tiny_gan
from tfnss.data import Images
from tfnss.training import losses
from tfnss.training.callbacks import Checkpoint, StopWhenDiverged, restore

IMAGES = np.random.default_rng(0).uniform(-1, 1, (64, 8, 8, 3)).astype("float32")


class Breaks(losses.Loss):
    """Hinge losses, but in some iterations the generator's value, its gradient or both are not finite."""

    def __init__(self, gan, iterations, what):
        self.gan, self.iterations, self.what = gan, iterations, what

    def discriminator(self, real, fake):
        return tf.reduce_mean(tf.nn.relu(1 - real) + tf.nn.relu(1 + fake))

    def generator(self, fake):
        broken = tf.reduce_any(self.gan.images_seen.value // 8 == tf.constant(self.iterations, tf.int64))
        loss, zero = tf.reduce_mean(-fake), tf.reduce_sum(fake) * 0
        return {
            "value": lambda: loss + tf.where(broken, np.inf, 0.0),
            "gradient": lambda: loss + tf.cond(broken, lambda: tf.sqrt(zero), lambda: zero),  # infinite at 0
            "both": lambda: loss * tf.where(broken, np.nan, 1.0),
        }[self.what]()


def compiled(iterations=(), what="both", **parts):
    """Eagerly, to spare compilations, unless something else is asked for."""
    gan = tiny_gan()
    gan.compile(loss=Breaks(gan, iterations, what), **parts or {"run_eagerly": True})
    return gan


class Count(keras.callbacks.Callback):
    """Keeps the number of bad steps in a row after each iteration."""

    def __init__(self):
        super().__init__()
        self.counts = []

    def on_train_batch_end(self, batch, logs=None):
        self.counts.append(int(self.model.bad_steps.numpy()))


def fit(gan, *callbacks, steps=6, epochs=1):
    gan.fit(Images(IMAGES, 8), epochs=epochs, steps_per_epoch=steps, callbacks=[*callbacks], verbose=0, resume=True)


@pytest.mark.parametrize(
    ("what", "jit_compile"), [("value", False), ("gradient", False), ("gradient", True), ("both", True)]
)
def test_bad_steps_in_a_row_are_counted(what, jit_compile):
    count, gan = Count(), compiled([1, 3, 4], what, jit_compile=jit_compile)
    gan._half_precision = True  # whose gradients are mended
    fit(gan, count)
    assert count.counts == [0, 1, 0, 1, 2, 0]
    assert all(np.isfinite(w).all() for w in gan.get_weights())


def test_a_bad_lazy_phase_is_counted():
    class Broken(tfnss.R1):
        def __call__(self, *args):
            return super().__call__(*args) * np.nan

    count, gan = Count(), tiny_gan()
    gan.compile(regularizers=[Broken(1.0, interval=2)])
    gan._half_precision = True
    fit(gan, count, steps=4)
    assert count.counts == [1, 0, 1, 0]


def test_a_bad_step_of_one_replica_is_counted(mirrored):
    array = IMAGES[:8].copy()
    images, count = Images(array, 8), Count()
    array[5] = np.nan  # now: at first, `Images` refuses it
    with mirrored.scope():
        gan = tiny_gan()
        gan.compile()
    gan.fit(images, epochs=1, steps_per_epoch=2, callbacks=[count], verbose=0)
    assert count.counts == [1, 2]


def test_training_ends_after_so_many_bad_steps():
    gan = compiled([2])
    with pytest.raises(FloatingPointError, match=r"3 iterations in a row .* not finite, up to 0.040 kimg"):
        fit(gan, StopWhenDiverged(bad_steps=3), steps=10)
    assert int(gan.images_seen.numpy()) == 5 * 8
    with pytest.raises(ValueError, match="bad_steps=0"):
        StopWhenDiverged(0)


def test_bad_steps_are_looked_at_after_each_execution():
    gan = compiled([1], steps_per_execution=4)
    with pytest.raises(FloatingPointError, match="7 iterations in a row"):
        fit(gan, StopWhenDiverged(bad_steps=5), steps=12)


def test_a_diverged_state_is_never_saved(tmp_path):
    path = tmp_path / "a.weights.h5"
    gan = compiled([8])
    checkpoint = Checkpoint(path)
    with pytest.raises(FloatingPointError, match=r"vars/\d+ is not finite at 0.072 kimg"):
        fit(gan, checkpoint, steps=3, epochs=4)
    assert (checkpoint.images, checkpoint.unsaved) == (48, True)
    assert list(tmp_path.iterdir()) == [path]
    good = compiled()
    restore(good, path)
    assert int(good.images_seen.numpy()) == 48
    with h5py.File(path) as file:
        assert np.isfinite(file["generator/layers/dense/vars/0"]).all()
