"""The dtype policy of whole models."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from models import DCGAN, MLPGAN, R3GAN, SNGAN, StyleGAN, StyleGAN2
from models.r3gan import R3GANDiscriminator, R3GANGenerator
from models.stylegan import StyleGANDiscriminator, StyleGANGenerator
from models.stylegan2 import StyleGAN2Discriminator, StyleGAN2Generator
from tfnss import GAN

SMALL = {"latent_dim": 6, "channel_base": 32, "channel_max": 4}
MODELS = {
    "dcgan": lambda **dtype: DCGAN(16, latent_dim=6, base_width=4, **dtype),
    "sngan": lambda **dtype: SNGAN(32, width=1 / 32, **dtype),
    "mlp_gan": lambda **dtype: MLPGAN(8, generator_widths=[8], discriminator_widths=[8], **dtype),
    "r3gan": lambda **dtype: R3GAN(8, group_width=4, **SMALL, **dtype),
    "stylegan": lambda **dtype: StyleGAN(8, mapping_layers=1, **SMALL, **dtype),
    "stylegan2": lambda **dtype: StyleGAN2(8, mapping_layers=1, **SMALL, **dtype),
}
NETWORKS = {
    "r3gan": (R3GANGenerator, R3GANDiscriminator, {"group_width": 4}),
    "stylegan": (StyleGANGenerator, StyleGANDiscriminator, {"style_dim": 6, "mapping_layers": 1}),
    "stylegan2": (StyleGAN2Generator, StyleGAN2Discriminator, {"style_dim": 6, "mapping_layers": 1}),
}
POLICY = "mixed_bfloat16"


def policies(gan):
    networks = (gan.generator, gan.generator_ema, gan.discriminator)
    return [[layer.dtype_policy.name for layer in network._flatten_layers()] for network in networks]


@pytest.mark.parametrize("name", MODELS)
def test_it_is_that_of_the_layers_and_saved(name, tmp_path):
    gan = MODELS[name](dtype=POLICY)
    assert keras.config.dtype_policy().name == "float32"
    assert all(POLICY in names for names in policies(gan))
    gan.save(tmp_path / "gan.keras")
    copy = keras.saving.load_model(tmp_path / "gan.keras")
    assert copy.dtype_policy.name == POLICY
    assert policies(copy) == policies(gan)
    latents = tf.random.stateless_normal((2, gan.latent_dim), (0, 1))
    images = gan(latents)
    assert images.dtype == tf.float32
    assert np.isfinite(images).all()
    np.testing.assert_array_equal(copy(latents), images)


@pytest.mark.parametrize("name", NETWORKS)
def test_that_of_networks_alone_is_their_layers_and_saved(name, tmp_path):
    """Without a model that sets it for all."""
    generators, discriminators, own = NETWORKS[name]
    generator = generators(8, dtype=POLICY, classes=2, **SMALL, **own)
    options = {
        key: value for key, value in {**SMALL, **own}.items() if key in ("channel_base", "channel_max", "group_width")
    }
    gan = GAN(generator, discriminators(8, dtype=POLICY, classes=2, **options))
    assert policies(gan)[0] == policies(gan)[1]
    layers = [layer.dtype_policy.name for layer in generator._flatten_layers(include_self=False)]
    assert layers.count(POLICY) > 3
    gan.save(tmp_path / "gan.keras")
    assert policies(keras.saving.load_model(tmp_path / "gan.keras")) == policies(gan)


@pytest.mark.parametrize("name", NETWORKS)
def test_configs_of_networks_before_had_none(name):
    generators, _, own = NETWORKS[name]
    config = generators(8, **SMALL, **own).get_config()
    assert config.pop("dtype") == "float32"
    assert generators.from_config(config).dtype_policy.name == "float32"


def test_without_it_the_policy_is_that_of_keras():
    keras.config.set_dtype_policy(POLICY)
    try:
        gan = MODELS["dcgan"]()
    finally:
        keras.config.set_dtype_policy("float32")
    assert policies(gan) == policies(MODELS["dcgan"](dtype=POLICY))
    assert gan.get_config()["dtype"] == POLICY


def test_keras_policy_is_put_back_after_an_error():
    with pytest.raises(ValueError, match="channels=2"):
        DCGAN(16, channels=2, dtype=POLICY)
    assert keras.config.dtype_policy().name == "float32"


def test_older_configs_have_none():
    config = MODELS["dcgan"]().get_config()
    del config["dtype"]
    assert DCGAN.from_config(config).dtype_policy.name == "float32"


def test_it_trains():
    gan = MODELS["dcgan"](dtype=POLICY)
    gan.compile(run_eagerly=True)
    images = np.random.default_rng(0).integers(0, 256, (8, 16, 16, 3), dtype=np.uint8)
    history = gan.fit(images, batch_size=8, epochs=1, verbose=0).history
    assert np.isfinite(history["d_loss"]).all()
    assert policies(gan) == policies(MODELS["dcgan"](dtype=POLICY))
