import keras
import numpy as np
import pytest
import tensorflow as tf

from models.stylegan2 import StyleGAN2Generator
from models.stylegan2.weights import randomize
from tfnss import random
from tfnss.analysis import noise_by_layer
from tfnss.random.stateless import sampling_latents
from tfnss.uint8 import to_uint8

TINY = {"latent_dim": 6, "style_dim": 8, "mapping_layers": 2, "channel_base": 32, "channel_max": 4}


class Sum:
    """A grey image of 0.1 plus noise of strength 0.05 at 4x4, doubled, and of 0.02 in each of two layers at 8x8."""

    latent_dim = 3

    def __call__(self, latents, training=False):
        batch = tf.shape(latents)[0]
        low = random.stream().normal((batch, 4, 4, 1))
        high = [random.stream().normal((batch, 8, 8, 1)) for _ in range(2)]
        return 0.1 + 0.05 * tf.repeat(tf.repeat(low, 2, axis=1), 2, axis=2) + 0.02 * sum(high)


@pytest.mark.parametrize(
    ("first", "sizes", "variances"),
    [("coarse", [0, 4, 8], [0, 0.0025, 0.0033]), ("fine", [0, 8, 4], [0, 0.0008, 0.0033])],
)
def test_deviations_are_the_layers_strengths(first, sizes, variances):
    found = noise_by_layer(Sum(), count=2000, first=first, batch_size=500)
    assert found.sizes == sizes
    assert found.deviations.shape == (3, 8, 8)
    for deviations, variance in zip(found.deviations, variances, strict=True):
        np.testing.assert_allclose(deviations, 127.5 * np.sqrt(variance), rtol=0.08, atol=1e-9)
        assert deviations.mean() == pytest.approx(127.5 * np.sqrt(variance), rel=0.02)
    np.testing.assert_array_equal(found.images[0], np.full((8, 8, 1), round(1.1 * 127.5)))


@pytest.mark.parametrize("kind", [pytest.param("euclidean", marks=pytest.mark.exhaustive), "riemannian"])
def test_columns_of_a_network(kind):
    """The first is the image without noise, the last the image with all."""
    network = StyleGAN2Generator(8, noise=kind, classes=2, **TINY)
    randomize(network, [0])
    for conv in network.synthesis.convs.values():
        conv.noise.strength.assign(0.5)
    found = noise_by_layer(network, image=5, count=4, batch_size=3)
    assert found.sizes == [0, 4, 8]
    label = tf.constant([[1.0, 0.0]])
    np.testing.assert_array_equal(found.images[:1], to_uint8(network(sampling_latents(1, 6, 5), label, noise="none")))
    np.testing.assert_allclose(found.deviations[0], 0, atol=1e-3)
    assert found.deviations[1].mean() > 0.1
    again = noise_by_layer(network, image=5, count=4, batch_size=3)
    np.testing.assert_array_equal(found.deviations, again.deviations)
    other = noise_by_layer(network, image=5, count=4, seed=1)
    assert np.abs(other.deviations - found.deviations).max() > 0.1


def test_deviations_do_not_depend_on_a_mean_far_from_zero():
    class Far(Sum):
        def __call__(self, latents, training=False):
            return 1000 + super().__call__(latents)

    found, expected = (noise_by_layer(network, count=20).deviations for network in (Far(), Sum()))
    np.testing.assert_allclose(found, expected, rtol=2e-3, atol=1e-2)


def test_bad_input():
    network = Sum()
    for options, says in (
        ({"count": 1}, "count=1"),
        ({"batch_size": 0}, "batch_size=0"),
        ({"first": "middle"}, "first=middle"),
        ({"seed": -1}, "seed=-1"),
        ({"image": 2**31}, "image="),
    ):
        with pytest.raises(ValueError, match=says):
            noise_by_layer(network, **options)
    with pytest.raises(ValueError, match="draws no noise"):
        noise_by_layer(keras.Sequential([keras.Input((3,)), keras.layers.Dense(4), keras.layers.Reshape((2, 2, 1))]))

    class Lost(Sum):
        def __call__(self, latents, training=False):
            return np.nan * super().__call__(latents)

    with pytest.raises(ValueError, match="diverged"):
        noise_by_layer(Lost(), count=2)
