import keras
import numpy as np
import pytest
import tensorflow as tf

from models.stylegan2 import StyleGAN2Generator
from models.stylegan2.weights import randomize
from tfnss.analysis import PathLengths, images_at, path_lengths, squared_difference
from tfnss.metrics import perceptual_path_length
from tfnss.random.stateless import neighbour_latents, sampling_latents

TINY = {"latent_dim": 6, "style_dim": 5, "mapping_layers": 2, "channel_base": 32, "channel_max": 4}
SIDE, WIDTH = 4, 6


class Linear(keras.Model):
    """Styles are the latents; an image is a style times a matrix."""

    latent_dim, slots = WIDTH, 1
    matrix = np.random.default_rng(0).normal(size=(WIDTH, SIDE * SIDE)).astype("float32")

    def mapping(self, latents, training=False):
        return latents

    def styles(self, latents, training=False):
        return latents[:, None]

    def synthesis(self, styles, training=False):
        return tf.reshape(styles[:, 0] @ self.matrix, (-1, SIDE, SIDE, 1))


def test_lengths_of_a_linear_generator():
    """Mean over neighbours v of |A (v - w)|² / pixels, whatever the step."""
    found = path_lengths(Linear(), squared_difference, count=5, neighbours=7, epsilon=0.5, seed=3, batch_size=3)
    places = np.asarray(sampling_latents(5, WIDTH, 3), np.float64)
    for index, place in enumerate(places):
        around = np.asarray(neighbour_latents(7, WIDTH, 3, index), np.float64)
        values = np.mean(((around - place) @ Linear.matrix) ** 2, axis=1)
        assert found.lengths[index] == pytest.approx(values.mean(), rel=1e-4)
        assert found.errors[index] == pytest.approx(values.std(ddof=1) / np.sqrt(7), rel=1e-3)


def test_the_mean_is_the_models_path_length():
    """2 |A|² / pixels in expectation, for both."""
    expected = 2 * np.sum(Linear.matrix**2) / SIDE**2
    found = path_lengths(Linear(), squared_difference, count=150, neighbours=8, epsilon=0.5).lengths.mean()
    assert found == pytest.approx(expected, rel=0.08)
    whole = perceptual_path_length(
        Linear(), squared_difference, "w", "end", crop=False, count=2000, epsilon=0.5, batch_size=500
    )
    assert found == pytest.approx(whole, rel=0.1)


def test_noise_is_no_difference():
    """A network whose styles do nothing, but whose noise is strong, has paths of length 0."""
    network = StyleGAN2Generator(8, **TINY)
    randomize(network, [0])
    for conv in network.synthesis.convs.values():
        conv.noise.strength.assign(1.0)
        conv.affine.kernel.assign(0 * conv.affine.kernel)
    for rgb in network.synthesis.rgbs.values():
        rgb.affine.kernel.assign(0 * rgb.affine.kernel)
    found = path_lengths(network, squared_difference, count=2, neighbours=2, epsilon=0.1)
    np.testing.assert_allclose(found.lengths, 0, atol=1e-8)


def test_images_of_places():
    found = images_at(Linear(), [3, 0], seed=3)
    images = np.asarray(sampling_latents(4, WIDTH, 3))[[3, 0]] @ Linear.matrix
    expected = np.clip(np.round((images + 1) * 127.5), 0, 255).reshape(2, SIDE, SIDE, 1)
    np.testing.assert_allclose(found.astype(float), expected, atol=1)


def test_classes_are_taken_in_turn():
    """Neighbours are of the class of their place: classes that lie far apart do not lengthen paths."""
    network = StyleGAN2Generator(8, classes=2, **TINY)
    randomize(network, [0])
    found = path_lengths(network, squared_difference, count=2, neighbours=2, epsilon=0.1)
    assert np.isfinite(found.lengths).all()
    assert (found.lengths > 0).all()


def test_lowest_and_highest():
    lengths = PathLengths(np.array([3.0, 1, 4, 1, 5, 9, 2, 6, 5, 3]), np.zeros(10))
    assert lengths.lowest(0.3).tolist() == [1, 3, 6]
    assert lengths.highest(0.3).tolist() == [5, 7, 4]
    assert lengths.lowest(0.01).tolist() == [1]


def test_a_diverged_generator():
    lost = Linear()
    lost.matrix = np.nan * Linear.matrix
    with pytest.raises(ValueError, match="the generator has diverged"):
        path_lengths(lost, squared_difference, count=2, neighbours=2)


def test_bad_input():
    for options, says in (
        ({"count": 0}, "count=0"),
        ({"neighbours": 0}, "neighbours=0"),
        ({"batch_size": 0}, "batch_size=0"),
        ({"epsilon": 0}, "epsilon=0"),
        ({"seed": -1}, "seed=-1"),
    ):
        with pytest.raises(ValueError, match=says):
            path_lengths(Linear(), squared_difference, **options)
    with pytest.raises(ValueError, match="styles"):
        path_lengths(keras.Sequential([keras.Input((3,)), keras.layers.Dense(4)]), squared_difference)
