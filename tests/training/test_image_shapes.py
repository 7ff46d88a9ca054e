"""Images of another size or with other channels than the networks' are refused, wherever they come from."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import tfnss
from tests.training.growing import Discriminator, Generator, growing_gan
from tests.training.networks import tiny_gan
from tfnss.data import Images
from tfnss.training.image_shapes import check_shape, known_shape


def images(*shape):
    return np.zeros((8, *shape), np.uint8)


def dataset(array):
    return tf.data.Dataset.from_tensor_slices(array).batch(8, drop_remainder=True)


@pytest.mark.parametrize("shape", [(16, 16, 3), (4, 4, 3), (16, 8, 3), (8, 8, 1)])
def test_images_that_are_not_like_the_networks(shape):
    gan = tiny_gan(8)
    gan.compile(run_eagerly=True)
    height, width, channels = shape
    found = (
        f"make images of height 8, width 8 and 3 channels, .* height {height}, width {width} and {channels} channels"
    )
    for train in (
        lambda: gan.fit(images(*shape), batch_size=8, verbose=0),
        lambda: gan.fit(dataset(images(*shape)), verbose=0),
        lambda: gan.train_on_batch(images(*shape)),
        lambda: gan.train_step(tf.zeros((8, *shape))),
        lambda: gan.check_images(Images(images(*shape), 8)),
    ):
        with pytest.raises(ValueError, match=found) as error:
            train()
        assert "\n" not in str(error.value)
    assert int(gan.images_seen.numpy()) == 0


def test_sides_that_are_swapped():
    with pytest.raises(ValueError, match=r"height 64, width 96 .* height 96, width 64"):
        check_shape((96, 64, 3), (64, 96, 3))
    check_shape((64, 96, 3), (64, 96, 3))


def test_a_network_that_grows_is_compared_at_its_size():
    gan = growing_gan()
    gan.compile(growth=tfnss.Growth(batch_sizes={8: 8}), run_eagerly=True)
    with pytest.raises(ValueError, match="networks make images of height 16, width 16"):
        gan.fit(images(8, 8, 3), batch_size=8, verbose=0)
    with pytest.raises(ValueError, match="networks make images of height 8, width 8 and 3"):
        gan.train_step(tf.zeros((8, 8, 8, 1)))
    with pytest.raises(ValueError, match=r"at 8x8 now.*networks grow in `fit`"):
        gan.train_step(tf.zeros((8, 16, 16, 3)))


class Secretive(Generator):
    """A generator that cannot be called without values."""

    def call(self, latents, *args, **kwargs):
        if isinstance(latents, keras.KerasTensor) or not tf.executing_eagerly():
            raise NotImplementedError
        return super().call(latents, *args, **kwargs)


def test_shapes_that_are_not_known_are_not_compared():
    assert known_shape(Secretive()) is None
    gan = tfnss.GAN(Secretive(0), Discriminator(0))
    gan.compile(run_eagerly=True)
    gan.train_on_batch(images(8, 8, 3))
    assert int(gan.images_seen.numpy()) == 8
    check_shape((8, 8, 3), (None, None, 3))
    check_shape((None, None, 3), (8, 8, 3))
    with pytest.raises(ValueError, match=r"and 1 channels, .* height 8, width 8 and 3 channels"):
        check_shape((8, 8, 3), (None, None, 1))
