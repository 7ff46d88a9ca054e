"""Metrics of conditional generators: fakes have the classes of the reals, in their shares."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfnss.data import Images
from tfnss.metrics import Evaluation, GeneratedImages
from tfnss.metrics.image_sets import _in_shares
from tfnss.metrics.networks import Outputs

COUNT, RARE = 1000, 0.1


class Pixels:
    """A feature network that sees the mean colour."""

    name, key, resize, has_classes, comparable = "pixels", "pixels 1", "none", False, False

    def __call__(self, images):
        return Outputs(tf.reduce_mean(tf.cast(images, tf.float32), axis=(1, 2)), None)


class Perfect(keras.Model):
    """Class 0 is dark and class 1 bright, each with the noise of the latents."""

    latent_dim, classes = 3, 2

    def call(self, latents, labels, training=False):
        colours = 0.1 * latents + (2 * labels[:, 1:] - 1) * 0.5
        return tf.tile(colours[:, None, None], (1, 4, 4, 1))


def reals(shares=(1 - RARE, RARE)):
    random = np.random.default_rng(1)
    labels = random.permutation(np.repeat([0, 1], [round(COUNT * share) for share in shares]))
    colours = 0.1 * random.normal(size=(COUNT, 3)) + (2 * labels[:, None] - 1) * 0.5
    pixels = np.clip(np.round((colours + 1) * 127.5), 0, 255).astype(np.uint8)
    return Images(np.tile(pixels[:, None, None], (1, 4, 4, 1)), 10, labels=labels)


def test_a_perfect_generator_of_unbalanced_classes_has_no_distance():
    generator = Perfect()
    record = Evaluation(reals(), ("fid",), Pixels(), fake_images=COUNT)(generator)
    assert record["classes"] == "in the shares of the reals"
    bare = reals()
    bare.labels = None
    in_turn = Evaluation(bare, ("fid",), Pixels(), fake_images=COUNT)(generator)
    assert in_turn["classes"] == "in turn"
    assert record["fid"] < 10 < 1000 < in_turn["fid"]  # of colours from 0 to 255


@pytest.mark.parametrize("count", [COUNT, 2 * COUNT, 300, 307, 1503, 12, 1])
def test_the_shares_of_fakes(count):
    images = GeneratedImages(Perfect(), count, labels=reals().labels)
    bright = sum(int((batch[:, 0, 0].mean(axis=1) > 128).sum()) for batch in images.batches(64, count))
    assert abs(bright - RARE * count) <= 0.5


def test_the_shares_of_many_classes():
    """To one image, in an order that is not that of the classes and stays; classes without images have none."""
    labels = np.random.default_rng(0).choice([0, 1, 2, 4, 7], 1000, p=[0.5, 0.3, 0.1, 0.06, 0.04])
    shares = np.bincount(labels) / 1000
    for count in (3, 10, 99, 1000, 4321):
        found = _in_shares(labels.astype(np.uint8), count)
        assert len(found) == count
        assert np.abs(np.bincount(found, minlength=8) - shares * count).max() < 1
        np.testing.assert_array_equal(found, _in_shares(labels, count))
    assert (np.diff(found) < 0).any()
    equal = _in_shares(np.arange(50), 20)
    assert len(set(equal)) == 20
    assert equal.max() >= 20  # not the first ones


def test_fewer_reals_give_their_own_labels():
    record = Evaluation(reals(), ("fid",), Pixels(), fake_images=100, real_images=50)
    images = record._samples(Perfect(), None)
    labels = record.reals.labels(50)
    assert sorted(images._classes) == sorted(np.resize(np.sort(labels), 100))


def test_labels_that_are_not_the_generators():
    with pytest.raises(ValueError, match="class out of range: 2"):
        GeneratedImages(Perfect(), 10, labels=np.array([0, 2]))
