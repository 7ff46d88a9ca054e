"""Networks that start from trained ones, layer by layer."""

import re

import keras
import numpy as np
import pytest
from keras import layers

import models
from tests.training.networks import tiny_gan
from tfnss.training import GAN
from tfnss.training.roles import weights_by_role

pytestmark = pytest.mark.slow

NETWORKS = ("generator", "generator_ema", "discriminator")


def stylegan2(resolution=16, **arguments):
    sizes = {"config": "auto", "channel_base": 64, "channel_max": 8, "latent_dim": 8}
    return models.StyleGAN2(resolution, **sizes | arguments)


def dcgan(resolution=32, **arguments):
    return models.DCGAN(resolution, base_width=4, **arguments)


def sngan(resolution=32, **arguments):
    return models.SNGAN(resolution, width=1 / 64, **arguments)


def trained(gan):
    """The GAN with an average of its own, and statistics that are not the initial ones."""
    draws = np.random.default_rng(7)
    for network in NETWORKS:
        for weight in getattr(gan, network).weights:
            weight.assign(draws.uniform(0.5, 1.5, weight.shape))
    return gan


def values(gan):
    return {
        (network, role, name): weight.numpy()
        for network in NETWORKS
        for role, weights in weights_by_role(getattr(gan, network), image_last=network != "discriminator").items()
        for name, weight in weights.items()
    }


@pytest.mark.parametrize("make", [stylegan2, dcgan, sngan, tiny_gan])
def test_networks_of_the_same_size_take_all(make):
    source, gan = trained(make(seed=1)), make(seed=2)
    records = gan.init_from(source)
    assert [record.network for record in records] == list(NETWORKS)
    for record in records:
        assert len(record.taken) == record.layers
        assert record.initial == record.unused == []
        for ours, theirs in zip(
            getattr(gan, record.network).weights, getattr(source, record.network).weights, strict=True
        ):
            np.testing.assert_array_equal(ours.numpy(), theirs.numpy(), err_msg=ours.path)
    assert int(gan.images_seen.numpy()) == 0


# Source and target, and the layers of generator and discriminator that keep their initial weights.
RGB, FROM_RGB = [f"synthesis/b{r}_rgb" for r in (4, 8, 16)], ["b16_from_rgb"]
NOISE = [f"synthesis/{name}/noise" for name in ("b4_conv", "b8_conv0", "b8_conv1", "b16_conv0", "b16_conv1")]
OTHERS = [
    (
        lambda: stylegan2(8),
        lambda: stylegan2(16),
        ["synthesis/b16_conv0", "synthesis/b16_conv1", "synthesis/b16_rgb"],
        ["b16_from_rgb", "b16_conv0", "b16_conv1", "b16_skip"],
    ),
    (lambda: stylegan2(16), lambda: stylegan2(8), [], ["b8_from_rgb"]),
    (lambda: stylegan2(16, channels=1), lambda: stylegan2(16), RGB, FROM_RGB),
    (lambda: stylegan2(16), lambda: stylegan2(16, noise="riemannian"), NOISE, []),
    (lambda: stylegan2(16, noise=None), lambda: stylegan2(16, noise="euclidean"), None, []),
    (
        lambda: stylegan2(16),
        lambda: stylegan2(16, classes=3),
        ["average_style", "mapping/dense0", "mapping/embed"],
        ["b4_output", "embed", *(f"label_dense{index}" for index in range(8))],
    ),
    (
        lambda: dcgan(32),
        lambda: dcgan(64),
        ["conv2d_transpose3", "batch_normalization3", "stem"],
        ["conv2d3", "batch_normalization2", "head"],
    ),
    (lambda: dcgan(32), lambda: dcgan(32, noise="euclidean"), [f"euclidean_noise{index}" for index in range(3)], []),
    (
        lambda: sngan(64),
        lambda: sngan(128),
        ["conv2d12", "conv2d13", "conv2d14", "batch_normalization8", "batch_normalization9"],
        ["spectral_conv2d15", "spectral_conv2d16"],
    ),
]


@pytest.mark.parametrize(("make_source", "make", "of_generator", "of_discriminator"), OTHERS)
def test_other_networks_take_what_fits(make_source, make, of_generator, of_discriminator):
    source, gan = trained(make_source()), make()
    before, theirs = values(gan), values(source)
    records = {record.network: record for record in gan.init_from(source)}
    if of_generator is not None:
        assert sorted(records["generator"].initial) == sorted(of_generator)
    assert sorted(records["discriminator"].initial) == sorted(of_discriminator)
    assert records["generator"].taken == records["generator_ema"].taken
    for (network, role, name), value in values(gan).items():
        kept = records[network].initial
        parts = (role, f"{role}/{name.split('(')[0]}")
        expected = before if any(part in kept for part in parts) else theirs
        np.testing.assert_array_equal(value, expected[network, role, name], err_msg=f"{network}/{role}/{name}")


def test_a_generator_is_the_start_of_both():
    source, gan = trained(stylegan2()), stylegan2(seed=1)
    before = gan.discriminator.get_weights()
    assert [record.network for record in gan.init_from(source.generator_ema)] == ["generator", "generator_ema"]
    for network in (gan.generator, gan.generator_ema):
        np.testing.assert_array_equal(network.get_weights()[3], source.generator_ema.get_weights()[3])
    for one, other in zip(gan.discriminator.get_weights(), before, strict=True):
        np.testing.assert_array_equal(one, other)
    gan.init_from(source.generator_ema, source.discriminator)
    np.testing.assert_array_equal(gan.discriminator.get_weights()[0], source.discriminator.get_weights()[0])


@pytest.mark.parametrize("make", [stylegan2, dcgan, sngan])
def test_files(make, tmp_path):
    source = trained(make(seed=1))
    source.compile(jit_compile=False)
    source.save_weights(tmp_path / "one.weights.h5")
    source.save(tmp_path / "one.keras")
    source.export(tmp_path / "generator.keras", format="keras")
    for name in ("one.weights.h5", "one.keras", "generator.keras"):
        gan = make(seed=2)
        records = gan.init_from(tmp_path / name)
        assert all(len(record.taken) == record.layers for record in records)
        theirs = values(source)
        for (network, *key), value in values(gan).items():
            if name == "generator.keras":
                if network == "discriminator":
                    continue
                network = "generator_ema"
            np.testing.assert_array_equal(value, theirs[network, *key], err_msg=f"{name}: {network} {key}")


def not_finite():
    gan = trained(dcgan())
    gan.discriminator.weights[0].assign(gan.discriminator.weights[0].numpy() * np.nan)
    return gan


BAD = [
    (lambda place: dcgan(), sngan, "the source is a DCGAN, from which no SNGAN can start"),
    (lambda place: dcgan().generator, sngan, "no layer of the source fits this SNGAN"),
    (
        lambda place: stylegan2(),
        lambda: stylegan2(channel_max=7, channel_base=56, latent_dim=5),
        "no layer of the source",
    ),
    (lambda place: not_finite(), dcgan, "values that are not finite (discriminator/conv2d0/kernel)"),
    (lambda place: 3, dcgan, "`source` must be a GAN, a generator or a file. Received: int"),
    (lambda place: place / "none.weights.h5", dcgan, "none.weights.h5 is not there"),
    (lambda place: place / "none.keras", dcgan, "none.keras is not a file"),
    (lambda place: place / "text.keras", dcgan, "text.keras is damaged"),
    (lambda place: place / "text.weights.h5", dcgan, "text.weights.h5 is damaged"),
    (lambda place: place / "text.txt", dcgan, "neither a .weights.h5 nor a .keras file"),
    (lambda place: place / "other.weights.h5", dcgan, "other.weights.h5 is damaged or holds another model"),
]


@pytest.mark.parametrize(("source", "make", "says"), BAD)
def test_nothing_is_taken_of_a_bad_source(source, make, says, tmp_path):
    for name in ("text.keras", "text.weights.h5", "text.txt"):
        (tmp_path / name).write_text("no weights")
    sngan().save_weights(tmp_path / "other.weights.h5")
    gan = make()
    before = values(gan)
    with pytest.raises(ValueError, match=re.escape(says)):
        gan.init_from(source(tmp_path))
    for key, value in values(gan).items():
        np.testing.assert_array_equal(value, before[key])


def test_layers_of_user_networks_are_counted_from_the_image():
    def generator(widths):
        x = latents = keras.Input((4,))
        x = layers.Reshape((2, 2, 4))(layers.Dense(16, name="first")(x))
        for width in widths:
            x = layers.Conv2DTranspose(width, 3, 2, padding="same")(x)
        return keras.Model(latents, x)

    roles = weights_by_role(generator((6, 5, 3)), image_last=True)
    shapes = {role: tuple(weights["kernel"].shape) for role, weights in roles.items()}
    assert shapes == {
        "conv2d_transpose0": (3, 3, 3, 5),
        "conv2d_transpose1": (3, 3, 5, 6),
        "conv2d_transpose2": (3, 3, 6, 4),
        "first": (4, 16),
    }
    small, large = generator((5, 3)), generator((6, 5, 3))
    source = GAN(small, keras.Sequential([keras.Input((8, 8, 3)), layers.Flatten(), layers.Dense(1)]))
    gan = GAN(large, keras.Sequential([keras.Input((16, 16, 3)), layers.Flatten(), layers.Dense(1)]))
    of_generator, _, of_discriminator = gan.init_from(source)
    assert of_generator.taken == ["conv2d_transpose0", "first"]
    assert of_discriminator.taken == []
    assert of_discriminator.unused == ["dense0"]


def test_on_two_replicas(mirrored):
    source = trained(sngan())
    with mirrored.scope():
        gan = sngan(seed=2)
    gan.init_from(source)
    for network in NETWORKS:
        pairs = zip(getattr(gan, network).variables, getattr(source, network).variables, strict=True)
        for ours, theirs in pairs:
            for copy in mirrored.experimental_local_results(ours.value):
                if ours.name != "seed_generator_state":
                    np.testing.assert_array_equal(copy.numpy(), theirs.numpy(), err_msg=ours.path)
