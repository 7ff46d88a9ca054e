"""`keras.utils.PyDataset`s in `fit`: in order, with an end to each pass, and on from the clock."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.training.networks import tiny_gan, tiny_images
from tfnss.training.callbacks import Checkpoint, restore


def compiled(strategy=None):
    with (strategy or tf.distribute.get_strategy()).scope():
        gan = tiny_gan()
        gan.compile(run_eagerly=strategy is None)
    return gan


def weights(gan):
    return np.concatenate([w.ravel() for w in gan.get_weights()])


class Batches(keras.utils.PyDataset):
    """Batches of 8, in order."""

    def __init__(self, images, labels=None):
        super().__init__()
        self.images, self.labels = images, labels

    def __len__(self):
        return len(self.images) // 8

    def __getitem__(self, index):
        rows = slice(8 * index, 8 * index + 8)
        return self.images[rows] if self.labels is None else (self.images[rows], self.labels[rows])


def test_a_py_dataset_is_read_on_from_the_clock(pictures):
    images = tiny_images(pictures)
    expected = compiled()
    expected.fit(tf.data.Dataset.from_tensor_slices(images).batch(8, drop_remainder=True), epochs=1, verbose=0)
    whole = compiled()
    whole.fit(Batches(images), verbose=0)
    np.testing.assert_allclose(weights(whole), weights(expected), atol=1e-6)
    pieces = compiled()
    pieces.fit(Batches(images), epochs=1, steps_per_epoch=3, resume=True, verbose=0)
    pieces.fit(Batches(images), epochs=1, steps_per_epoch=8, resume=True, verbose=0)
    np.testing.assert_array_equal(weights(pieces), weights(whole))


def test_a_py_dataset_that_cannot_be_used(pictures):
    with pytest.raises(ValueError, match="in \\[0, 1\\]"):
        compiled().fit(Batches(tiny_images(pictures) / 255), verbose=0)
    with pytest.raises(ValueError, match="at least 1"):
        compiled().fit(Batches(tiny_images(pictures)[:4]), verbose=0)


class Ragged(Batches):
    """With a last batch that is smaller."""

    def __len__(self):
        return -(-len(self.images) // 8)


def test_a_smaller_last_batch_is_known_at_once(pictures):
    gan = compiled()
    with pytest.raises(ValueError, match="leave out a last batch that is smaller"):
        gan.fit(Ragged(tiny_images(pictures)[:20]), verbose=0)
    assert int(gan.images_seen.numpy()) == 0


class Shuffling(Batches):
    """Batches in another order each pass, which shuffles the images themselves; it notes what is done with it."""

    __hash__ = None  # as of a dataclass

    def __init__(self, images, workers=1):
        keras.utils.PyDataset.__init__(self, workers=workers)
        self.images, self.labels = images.copy(), None
        self.calls = []
        self._generator = np.random.default_rng(0)

    def __getitem__(self, index):
        self.calls.append(index)
        return super().__getitem__(index)

    def on_epoch_begin(self):
        self.calls.append("begin")

    def on_epoch_end(self):
        self.calls.append("end")
        self._generator.shuffle(self.images)


LOOKED_AT = [0, 2]  # the first batch and the last, when `fit` begins


def one_pass():
    return ["begin", 0, 1, 2, "end"]


def test_it_is_read_in_order_and_not_beyond_the_end(pictures):
    images = tiny_images(pictures)[:24]
    gan, batches = compiled(), Shuffling(images, workers=4)
    gan.fit(batches, epochs=3, verbose=0)
    assert batches.calls == LOOKED_AT + 3 * one_pass()
    gan.fit(batches, initial_epoch=3, epochs=4, verbose=0)
    assert batches.calls == LOOKED_AT + 3 * one_pass() + LOOKED_AT + one_pass()
    again = compiled()
    shuffled, generator = images.copy(), np.random.default_rng(0)
    for epoch in range(4):
        rows = tf.data.Dataset.from_tensor_slices(shuffled.copy()).batch(8, drop_remainder=True)
        again.fit(rows, initial_epoch=epoch, epochs=epoch + 1, verbose=0)
        generator.shuffle(shuffled)
    again.images_total.assign(gan.images_total)
    np.testing.assert_allclose(weights(gan), weights(again), atol=1e-6)


@pytest.mark.parametrize("stopped", [3, 4])  # at the end of a pass of 3 batches, and on the way
def test_a_resumed_run_reads_what_it_would_have(pictures, tmp_path, stopped):
    images, path = tiny_images(pictures)[:24], tmp_path / "a.weights.h5"
    whole, first, second = compiled(), compiled(), compiled()
    whole.fit(Shuffling(images), epochs=2, steps_per_epoch=stopped, verbose=0)
    first.fit(Shuffling(images), epochs=1, steps_per_epoch=stopped, callbacks=[Checkpoint(path)], verbose=0)
    restore(second, path)
    fresh = Shuffling(images)
    second.fit(fresh, epochs=2, steps_per_epoch=stopped, resume=True, verbose=0)
    np.testing.assert_array_equal(weights(second), weights(whole))
    assert fresh.calls[2:5] == ["begin", "end", "begin"]
    assert fresh.calls[5] == stopped % 3


def test_one_that_was_read_in_this_process_goes_on_as_it_is(pictures):
    images = tiny_images(pictures)[:24]
    whole, pieces = compiled(), compiled()
    whole.fit(Shuffling(images), epochs=2, steps_per_epoch=4, verbose=0)
    batches = Shuffling(images)
    for epoch in range(2):
        pieces.fit(batches, epochs=epoch + 1, steps_per_epoch=4, resume=True, verbose=0)
    calls = [call for call in batches.calls if call in ("begin", "end")]
    assert calls == ["begin", "end", "begin", "end", "begin"]
    pieces.images_total.assign(whole.images_total)
    np.testing.assert_array_equal(weights(pieces), weights(whole))


def test_two_replicas_read_it_as_one(pictures, mirrored):
    images = tiny_images(pictures)[:24]
    found = []
    for strategy in (None, mirrored):
        gan, batches = compiled(strategy), Shuffling(images)
        gan.fit(batches, epochs=2, verbose=0)
        assert batches.calls == LOOKED_AT + 2 * one_pass()
        found.append(weights(gan))
    np.testing.assert_allclose(found[1], found[0], atol=1e-5)
