"""`fit(resume=True)`: a run in pieces is the run in one."""

import keras
import numpy as np
import pytest

import tfnss
from tests.training.networks import tiny_gan
from tfnss.data import Images
from tfnss.training.callbacks import Checkpoint, restore

BATCH, STEPS, EPOCHS = 8, 3, 2
IMAGES = np.random.default_rng(0).integers(0, 256, (64, 8, 8, 3), dtype=np.uint8)


def compiled(**parts):
    """With a schedule and a lazy phase, which depend on the clock; eagerly, to spare compilations."""
    gan = tiny_gan()
    view, annealing = tfnss.ScaleSpace(), tfnss.ExponentialAnnealing(8)
    parts = {"regularizers": [tfnss.R1(1.0, interval=2)], "run_eagerly": True, **parts}
    gan.compile(view=view, annealing=annealing, **parts)
    return gan


def fit(gan, *callbacks, steps=STEPS, epochs=EPOCHS):
    images = Images(IMAGES, BATCH)
    history = gan.fit(images, epochs=epochs, steps_per_epoch=steps, resume=True, callbacks=[*callbacks], verbose=0)
    return np.concatenate([w.ravel() for w in gan.get_weights()]), history


@pytest.fixture(scope="module")
def whole():
    """Weights of the undisturbed run."""
    return fit(compiled())[0]


class StopAt(keras.callbacks.Callback):
    """Ends training after a number of iterations."""

    def __init__(self, iterations):
        super().__init__()
        self.left = iterations

    def on_train_batch_end(self, batch, logs=None):
        self.left -= 1
        self.model.stop_training = self.model.stop_training or self.left == 0


class Record(keras.callbacks.Callback):
    """What a callback sees."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def _add(self, *what):
        self.seen.append((*what, int(self.model.images_seen.numpy()) // BATCH))

    def on_train_begin(self, logs=None):
        self._add("begin")

    def on_epoch_begin(self, epoch, logs=None):
        self._add("epoch", epoch, self.params["steps"])

    def on_epoch_end(self, epoch, logs=None):
        self._add("end of epoch", epoch)

    def on_train_end(self, logs=None):
        self._add("end")


@pytest.mark.parametrize("stops", [[1, 1], [3], [2, 3], [6]], ids=str)
def test_pieces_of_any_length_give_the_weights_of_the_whole(stops, whole, tmp_path):
    path = tmp_path / "a.weights.h5"
    for stop in stops:
        gan = compiled()
        if path.exists():
            restore(gan, path)
        fit(gan, StopAt(stop), Checkpoint(path))
    gan = compiled()
    restore(gan, path)
    assert int(gan.images_seen.numpy()) == sum(stops) * BATCH
    weights, _ = fit(gan)
    np.testing.assert_array_equal(weights, whole)
    assert int(gan.images_seen.numpy()) == int(gan.images_total.numpy()) == EPOCHS * STEPS * BATCH


def test_callbacks_see_one_training():
    gan = compiled()
    fit(gan, StopAt(1))
    record = Record()
    _, history = fit(gan, record)
    assert record.seen == [
        ("begin", 1),
        ("epoch", 0, 2, 1),
        ("end of epoch", 0, 3),
        ("epoch", 1, 3, 3),
        ("end of epoch", 1, 6),
        ("end", 6),
    ]
    assert history.epoch == [0, 1]
    assert len(history.history["d_loss"]) == 2


def test_a_stop_in_the_rest_of_an_epoch_ends_training():
    gan = compiled()
    fit(gan, StopAt(1))
    record = Record()
    fit(gan, record, StopAt(1))
    assert record.seen == [("begin", 1), ("epoch", 0, 2, 1), ("end of epoch", 0, 2), ("end", 2)]


def test_a_finished_run_stays_as_it_is():
    gan = compiled()
    weights, _ = fit(gan)
    again, history = fit(gan)
    np.testing.assert_array_equal(again, weights)
    assert history.history == {}
    fit(gan, epochs=1)  # shorter than what is done
    assert int(gan.images_seen.numpy()) == EPOCHS * STEPS * BATCH


def test_a_longer_run_goes_on():
    gan = compiled()
    fit(gan, epochs=1)
    fit(gan, epochs=2)
    assert int(gan.images_seen.numpy()) == int(gan.images_total.numpy()) == 2 * STEPS * BATCH


def test_several_steps_per_execution():
    parts = {"steps_per_execution": 2, "run_eagerly": False, "regularizers": []}
    whole, _ = fit(compiled(**parts), steps=4)
    gan = compiled(**parts)
    fit(gan, StopAt(3), steps=4)
    assert int(gan.images_seen.numpy()) == 6 * BATCH
    np.testing.assert_array_equal(fit(gan, steps=4)[0], whole)
    gan = compiled()
    fit(gan, StopAt(1), steps=4)
    gan.compile(steps_per_execution=2)
    with pytest.raises(ValueError, match="steps per epoch 4, 1 done"):
        fit(gan, steps=4)


def test_a_clock_within_a_batch_is_refused():
    gan = compiled()
    fit(gan, StopAt(1))
    with pytest.raises(ValueError, match=r"stands at 8 images, within a batch: .*Received: batch_size=16"):
        gan.fit(IMAGES, batch_size=16, resume=True, verbose=0)
