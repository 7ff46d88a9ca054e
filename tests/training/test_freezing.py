"""FreezeD."""

import re

import keras
import numpy as np
import pytest
from keras import layers

import models
from tests.training.networks import tiny_gan, tiny_images
from tfnss.layers import SpectralConv2D
from tfnss.training import GAN, R1
from tfnss.training.freezing import freezable_layers


def names(discriminator):
    return [group[0].name for group in freezable_layers(discriminator)]


# StyleGAN2-ADA counts so: colours, then by block two convolutions and, in residual networks, the shortcut; never at 4x4.
@pytest.mark.parametrize(
    ("architecture", "expected"),
    [
        ("resnet", "b16_from_rgb b16_conv0 b16_conv1 b16_skip b8_conv0 b8_conv1 b8_skip"),
        ("skip", "b16_from_rgb b16_conv0 b16_conv1 b8_from_rgb b8_conv0 b8_conv1"),
        ("orig", "b16_from_rgb b16_conv0 b16_conv1 b8_conv0 b8_conv1"),
    ],
)
def test_order_of_stylegan2(architecture, expected):
    gan = models.StyleGAN2(16, discriminator=architecture, channel_base=16, channel_max=4, latent_dim=4)
    assert names(gan.discriminator) == expected.split()


def test_order_of_functional_networks():
    groups = freezable_layers(models.DCGAN(64, base_width=2).discriminator)
    assert [[type(layer).__name__ for layer in group] for group in groups] == [
        ["Conv2D"],
        *[["Conv2D", "BatchNormalization"]] * 3,
    ]
    expected = "block0_conv0 block0_conv1 block0_shortcut block1_conv0 block1_conv1 block1_shortcut"
    expected += " block2_conv0 block2_conv1 block3_conv0 block3_conv1"
    assert names(models.SNGAN(32, width=1 / 64).discriminator) == expected.split()


def trained(gan, images, frozen, epochs=2, **parts):
    """The discriminator's layers whose weights, of any kind, moved."""
    if frozen is not None:
        gan.freeze_discriminator(frozen)
    if not gan.compiled:
        gan.compile(jit_compile=False, **parts)
    held = [layer for layer in gan.discriminator._flatten_layers(include_self=False) if layer.weights]
    before = [layer.get_weights() for layer in held]
    gan.fit(images, batch_size=8, epochs=epochs, verbose=0)
    pairs = zip(held, before, strict=True)
    return [any((a != b).any() for a, b in zip(x.get_weights(), old, strict=True)) for x, old in pairs]


def spectral_gan():
    inputs = keras.Input((8, 8, 3))
    x = layers.LeakyReLU()(SpectralConv2D(4, 3, 2, seed=0)(inputs))
    x = layers.LeakyReLU()(SpectralConv2D(4, 3, seed=0)(x))
    return GAN(tiny_gan().generator, keras.Model(inputs, layers.Dense(1)(layers.Flatten()(x))))


@pytest.mark.parametrize(
    ("make", "frozen", "moved"),
    [
        (lambda: tiny_gan(normalization=True), 0, [True, True, True]),
        (lambda: tiny_gan(normalization=True), 1, [False, False, True]),  # with the moving statistics
        (spectral_gan, 1, [False, True, True]),  # with the vector of the power iterations
        (
            lambda: models.StyleGAN2(8, "auto", channel_base=16, channel_max=4, latent_dim=4),
            3,
            [False, False, False, True, True, True, True],
        ),
    ],
)
def test_frozen_layers_stay_and_the_others_move(make, frozen, moved, pictures):
    assert trained(make(), tiny_images(pictures)[:8], frozen, regularizers=()) == moved


def test_gradients_pass_through_frozen_layers_as_ever(pictures):
    """R1, which is of the gradient to the image, is that of a GAN that freezes none."""
    penalties = []
    for frozen in (0, 1):
        gan = tiny_gan()
        gan.freeze_discriminator(frozen)
        gan.compile(jit_compile=False, regularizers=[R1(1.0)], run_eagerly=True)
        penalties.append(gan.train_on_batch(tiny_images(pictures)[:8])["r1"])
    assert penalties[0] == penalties[1] > 0


def test_checkpoints_hold_the_same_variables(pictures, tmp_path):
    plain, frozen = tiny_gan(normalization=True), tiny_gan(normalization=True)
    frozen.freeze_discriminator(1)
    for gan in (plain, frozen):
        gan.compile(jit_compile=False)
    assert len(plain.discriminator_optimizer.variables) == len(frozen.discriminator_optimizer.variables)
    trained(frozen, tiny_images(pictures)[:16], None)
    frozen.save_weights(tmp_path / "frozen.weights.h5")
    plain.load_weights(tmp_path / "frozen.weights.h5")
    for one, other in zip(plain.variables, frozen.variables, strict=True):
        np.testing.assert_array_equal(one.numpy(), other.numpy())


def test_layers_freeze_and_thaw_between_fits(pictures):
    images, gan = tiny_images(pictures)[:16], tiny_gan()
    assert trained(gan, images, None) == [True, True]
    assert trained(gan, images, 1, epochs=1) == [False, True]
    assert trained(gan, images, 0, epochs=1) == [True, True]


def test_two_replicas_are_one(mirrored, pictures):
    found = []
    for strategy in (None, mirrored):
        if strategy is None:
            gan = tiny_gan()
        else:
            with strategy.scope():
                gan = tiny_gan()
        assert trained(gan, tiny_images(pictures)[:16], 1) == [False, True]
        found.append([weight.numpy() for weight in gan.discriminator.weights])
    for one, other in zip(*found, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


class Silent(keras.Model):
    """Tells no order of its layers."""

    def __init__(self):
        super().__init__()
        self.dense = layers.Dense(1)
        self.dense.build((None, 192))
        self.built = True

    def call(self, images, training=False):
        return self.dense(keras.ops.reshape(images, (-1, 192)))


@pytest.mark.parametrize(
    ("discriminator", "number", "says"),
    [
        (None, -1, "0 to 1 layers can be frozen. Received: -1"),
        (None, 2, "0 to 1 layers can be frozen. Received: 2"),
        (None, 0.5, "Received: 0.5"),
        (Silent, 1, "Silent does not tell the order of its layers"),
    ],
)
def test_bad_numbers(discriminator, number, says):
    gan = tiny_gan() if discriminator is None else GAN(tiny_gan().generator, discriminator())
    with pytest.raises(ValueError, match=re.escape(says)):
        gan.freeze_discriminator(number)
