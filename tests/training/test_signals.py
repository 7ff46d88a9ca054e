"""SIGTERM and SIGINT during `fit`."""

import signal
import threading

import keras
import numpy as np
import pytest

from tests.training.networks import tiny_gan
from tfnss.data import Images
from tfnss.metrics import Evaluation, results
from tfnss.metrics.networks import Outputs
from tfnss.training.callbacks import Checkpoint, Evaluate, HistoryCSV, StopOnSignal, read_history, restore, signals

IMAGES = np.random.default_rng(0).integers(0, 256, (64, 8, 8, 3), dtype=np.uint8)
SIGNALS = (signal.SIGTERM, signal.SIGINT)


@pytest.fixture(autouse=True)
def _as_in_a_terminal():
    """A process that a shell began in the background ignores SIGINT."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def compiled():
    gan = tiny_gan()
    gan.compile(run_eagerly=True)
    return gan


def fit(gan, *callbacks, epochs=2):
    gan.fit(Images(IMAGES, 8), epochs=epochs, steps_per_epoch=3, resume=True, callbacks=[*callbacks], verbose=0)


def clock(gan):
    return int(gan.images_seen.numpy())


def handlers():
    return [signal.getsignal(number) for number in SIGNALS]


class Send(keras.callbacks.Callback):
    """Sends signals to this process in the middle of an iteration."""

    def __init__(self, iteration, *numbers):
        super().__init__()
        self.left, self.numbers = iteration, numbers

    def on_train_batch_begin(self, batch, logs=None):
        self.left -= 1
        if self.left == 0:
            for number in self.numbers:
                signal.raise_signal(number)


@pytest.mark.parametrize("number", SIGNALS)
def test_the_iteration_at_hand_is_the_last_and_is_saved(number, tmp_path):
    before, gan, stop = handlers(), compiled(), StopOnSignal()
    fit(gan, stop, Send(2, number), Checkpoint(tmp_path / "a.weights.h5"), HistoryCSV(tmp_path / "history.csv"))
    assert (stop.signal, clock(gan)) == (number, 16)
    assert handlers() == before
    resumed, stop = compiled(), StopOnSignal()
    restore(resumed, tmp_path / "a.weights.h5")
    fit(resumed, stop, HistoryCSV(tmp_path / "history.csv"))
    assert (stop.signal, clock(resumed)) == (None, 48)
    assert [row["kimg"] for row in read_history(tmp_path / "history.csv")] == [0.016, 0.024, 0.048]
    whole = compiled()
    fit(whole)
    for one, two in zip(whole.get_weights(), resumed.get_weights(), strict=True):
        np.testing.assert_array_equal(one, two)


def test_the_break_key_of_windows_is_as_sigterm(tmp_path, monkeypatch):
    monkeypatch.setattr(signals, "END_SIGNALS", (*SIGNALS, signal.SIGUSR1))
    before, gan, stop = signal.getsignal(signal.SIGUSR1), compiled(), StopOnSignal()
    fit(gan, stop, Send(2, signal.SIGUSR1), Checkpoint(tmp_path / "a.weights.h5"))
    assert (stop.signal, clock(gan)) == (signal.SIGUSR1, 16)
    assert signal.getsignal(signal.SIGUSR1) == before


def test_signals_that_come_together_are_one():
    gan, stop = compiled(), StopOnSignal()
    fit(gan, stop, Send(1, signal.SIGINT, signal.SIGINT, signal.SIGTERM))
    assert (stop.signal, clock(gan)) == (signal.SIGINT, 8)


def test_a_second_ctrl_c_acts_at_once(monkeypatch):
    monkeypatch.setattr(signals, "_TOGETHER", -1.0)
    before, gan = handlers(), compiled()
    with pytest.raises(KeyboardInterrupt):
        fit(gan, StopOnSignal(), Send(1, signal.SIGINT, signal.SIGINT))
    assert clock(gan) == 0
    assert handlers() == before


def test_an_error_in_fit_puts_the_handlers_back():
    before, gan, stop = handlers(), compiled(), StopOnSignal()
    seen = []

    def fail(batch, logs):
        seen.append(handlers())
        raise RuntimeError("as a callback may")

    for _ in range(2):  # and the callback is as good as new
        with pytest.raises(RuntimeError, match="as a callback may"):
            fit(gan, stop, keras.callbacks.LambdaCallback(on_train_batch_end=fail))
        assert handlers() == before
    assert all(found != before for found in seen)
    with signals.interruptible():
        pass


def test_other_threads_have_no_say_in_signals():
    gan, seen = compiled(), []
    before = handlers()
    look = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: seen.append(handlers()))
    thread = threading.Thread(target=fit, args=(gan, StopOnSignal(), look))
    thread.start()
    thread.join()
    assert seen == [before] * 6


class _Brightness:
    """A feature network of the mean colour; it sends SIGTERM when its turn comes."""

    name, key, resize, has_classes, comparable = "brightness", "brightness", "none", False, False

    def __init__(self, turn=0):
        self.turn = turn

    def __call__(self, images):
        self.turn -= 1
        if self.turn == 0:
            signal.raise_signal(signal.SIGTERM)
        return Outputs(images.mean(axis=(1, 2)).astype(np.float32))


def evaluate(path, turn=0, every_kimg=None):
    return Evaluate(Evaluation(IMAGES, ("fid",), _Brightness(turn), fake_images=16), every_kimg, path)


def test_an_evaluation_at_hand_is_given_up_and_made_up_for(tmp_path):
    """That at the end, whose values then join the last row of the history."""
    path, weights, history = (tmp_path / name for name in ("metrics.jsonl", "a.weights.h5", "history.csv"))
    gan, stop = compiled(), StopOnSignal()
    fit(gan, stop, evaluate(path, turn=1), HistoryCSV(history), Checkpoint(weights))
    assert (stop.signal, clock(gan)) == (signal.SIGTERM, 48)
    assert results.read(path) == []
    row = read_history(history)[-1]
    resumed = compiled()
    restore(resumed, weights)
    for _ in range(2):  # once is enough
        fit(resumed, StopOnSignal(), evaluate(path), HistoryCSV(history), Checkpoint(weights))
        (record,) = results.read(path)
        assert record["kimg"] == 0.048
        assert read_history(history)[-1] == row | {"fid": pytest.approx(record["fid"])}


def test_no_evaluation_is_begun_after_a_signal(tmp_path):
    gan, network = compiled(), _Brightness()
    measure = Evaluate(Evaluation(IMAGES, ("fid",), network, fake_images=16), 0.008)
    fit(gan, StopOnSignal(), Send(2, signal.SIGTERM), measure)
    assert network.turn == 0


def test_an_epoch_in_pieces_is_evaluated_as_a_whole_one(tmp_path):
    """The mark of 20 images is passed before the stop at 24; epochs end at 24 and 48."""
    path, weights = tmp_path / "metrics.jsonl", tmp_path / "a.weights.h5"
    gan = compiled()
    fit(gan, StopOnSignal(), evaluate(path, every_kimg=0.012), Send(2, signal.SIGTERM), Checkpoint(weights))
    assert results.read(path) == []
    resumed = compiled()
    restore(resumed, weights)
    fit(resumed, evaluate(path, every_kimg=0.012))
    assert [record["kimg"] for record in results.read(path)] == [0.024, 0.048]
