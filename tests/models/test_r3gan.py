"""R3GAN by its definition, in its sizes, and in the game."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import tfnss
from models import R3GAN
from models.r3gan import ResidualBlock, gamma_of
from tests.layers.test_resample import padded
from tests.layers.test_resampled_convolution import correlated
from tests.models.test_dcgan import trainable
from tfnss.training.freezing import freeze

TINY = {"latent_dim": 5, "channel_base": 64, "channel_max": 8, "blocks": 1, "group_width": 4}


def tiny(resolution=16, **kwargs):
    return R3GAN(resolution, **{**TINY, **kwargs})


def random_array(*shape):
    return np.random.default_rng(0).normal(size=shape).astype("float32")


def one_hot(classes, *labels):
    return np.eye(classes, dtype="float32")[list(labels)]


def test_parameter_counts_are_those_of_the_paper(zero_weights):
    """23.058M and 23.010M (its table 2, configuration E)."""
    gan = R3GAN(256)
    assert (trainable(gan.generator), trainable(gan.discriminator)) == (23_057_952, 23_009_568)


# -- the networks by their definitions -------------------------------------------------------------------------------


def leaky(x):
    return np.where(x > 0, x, 0.2 * x)


def block_of(x, block):
    """Group by group, from the formula."""
    w1, w2, w3, b1, b2 = (
        np.asarray(w) for w in (block.kernel1, block.kernel2, block.kernel3, block.bias1, block.bias2)
    )
    y = leaky(x @ w1[0, 0] + b1)
    size = w2.shape[2]
    groups = [slice(i * size, (i + 1) * size) for i in range(block.groups)]
    y = [correlated(padded(y[..., group], (1, 1), (1, 1)), w2[..., group]) for group in groups]
    return x + leaky(np.concatenate(y, -1) + b2) @ w3[0, 0]


def halved(x):
    """The filter [1, 3, 3, 1] / 8 along both axes, every second pixel, zeros beyond the border."""
    for axis in (1, 2):
        x = np.moveaxis(x, axis, 0)
        edge = np.zeros_like(x[:1])
        x = np.concatenate([edge, x, edge])
        x = (x[:-3:2] + 3 * x[1:-2:2] + 3 * x[2:-1:2] + x[3::2]) / 8
        x = np.moveaxis(x, 0, axis)
    return x


def doubled(x):
    """Its transpose, times 4."""
    for axis in (1, 2):
        x = np.moveaxis(x, axis, 0)
        edge = np.zeros_like(x[:1])
        before, after = np.concatenate([edge, x[:-1]]), np.concatenate([x[1:], edge])
        x = np.stack([0.75 * x + 0.25 * before, 0.75 * x + 0.25 * after], 1).reshape(-1, *x.shape[1:])
        x = np.moveaxis(x, 0, axis)
    return x


def randomised(network):
    """Weights of no special value."""
    random = np.random.default_rng(1)
    for weight in network.trainable_weights:
        weight.assign_add(random.normal(size=weight.shape, scale=0.2))
    return network


def through(x, layers, name):
    return x @ np.asarray(layers[name].kernel) if name in layers else x


@pytest.mark.parametrize("classes", [0, 3])
def test_the_generator_equals_its_definition(classes):
    generator = randomised(tiny(classes=classes, blocks=2).generator)
    z, labels = random_array(2, 5), [one_hot(3, 2, 0)] if classes else []
    x = np.concatenate([z, labels[0] @ np.asarray(generator.embed.kernel)], 1) if classes else z
    x = (x @ np.asarray(generator.basis.kernel))[:, None, None] * np.asarray(generator.basis.patterns)
    assert {"b16_transition"} == {name for name in generator.blocks if "transition" in name}
    for r in (4, 8, 16):
        x = through(x, generator.blocks, f"b{r}_transition")
        x = doubled(x) if r > 4 else x
        for index in range(2):
            x = block_of(x, generator.blocks[f"b{r}_block{index}"])
    expected = x @ np.asarray(generator.to_image.kernel)
    found = generator(z, *labels)
    assert found.shape == (2, 16, 16, 3)
    np.testing.assert_allclose(found, expected, atol=1e-4 * np.abs(expected).max())


@pytest.mark.parametrize("classes", [0, 3])
def test_the_discriminator_equals_its_definition(classes):
    discriminator = randomised(tiny(classes=classes, blocks=2).discriminator)
    images, labels = random_array(2, 16, 16, 3), [one_hot(3, 1, 2)] if classes else []
    x = through(images, discriminator.blocks, "from_image")
    for r in (16, 8, 4):
        for index in range(2):
            x = block_of(x, discriminator.blocks[f"b{r}_block{index}"])
        x = halved(x) if r > 4 else x
        x = through(x, discriminator.blocks, f"b{r}_transition")
    x = (x * np.asarray(discriminator.basis.patterns)).sum((1, 2)) @ np.asarray(discriminator.basis.kernel)
    if classes:
        x = (x * (labels[0] @ np.asarray(discriminator.embed.kernel))).sum(1, keepdims=True)
    found = discriminator(images, *labels)
    assert found.shape == (2, 1)
    np.testing.assert_allclose(found, x, atol=1e-4 * np.abs(x).max())


def test_blocks_start_as_the_identity_with_small_weights():
    block = ResidualBlock(hidden=128, groups=8, depth=16, seed=3)
    features = random_array(2, 4, 4, 64)
    np.testing.assert_array_equal(block(features), features)
    gain = np.sqrt(2 / 1.04) / 2  # of the rectifier, and 16 ** -1/4
    assert np.std(block.kernel1) == pytest.approx(gain / 8, rel=0.05)
    assert np.std(block.kernel2) == pytest.approx(gain / 12, rel=0.05)
    again = ResidualBlock.from_config(block.get_config())
    again.build((None, 4, 4, 64))
    np.testing.assert_array_equal(again.kernel2, block.kernel2)


def test_initial_weights_follow_from_the_seed():
    one, same, other = (tiny(seed=seed) for seed in (1, 1, 2))
    for first, second, third in zip(one.get_weights(), same.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(first, second)
        assert not first.any() or (first != third).any()
    kernels = [w.numpy().ravel()[:4] for w in (*one.generator.weights, *one.discriminator.weights) if w.numpy().any()]
    assert len(np.unique(np.round(kernels, 6), axis=0)) == len(kernels)  # no two layers have the same


def test_rectangles():
    gan = tiny((24, 40))
    images = gan.generator(random_array(2, 5))
    assert images.shape == (2, 24, 40, 3)
    assert gan.generator.basis.patterns.shape == (3, 5, 8)
    assert gan.discriminator(images).shape == (2, 1)
    assert gan.get_config()["resolution"] == [24, 40]
    assert gamma_of((128, 512)) == 150


def test_groups_fit_into_every_block():
    blocks = tiny(channel_base=96, channel_max=6, group_width=8).generator.blocks.values()
    assert {(block.hidden, block.groups) for block in blocks if isinstance(block, ResidualBlock)} == {(12, 3)}


# -- the game --------------------------------------------------------------------------------------------------------


def test_defaults_are_those_of_the_paper():
    gan = tiny()
    gan.compile()
    assert isinstance(gan.loss, tfnss.Relativistic)
    assert {type(each): (each.weight, each.interval) for each in gan.regularizers} == {
        kind: (gamma_of(16), 1) for kind in (tfnss.R1, tfnss.R2)
    }
    assert (gan.generator_optimizer.beta_1, gan.generator_optimizer.beta_2) == (0.0, 0.9)
    assert [gamma_of(side) for side in (32, 64, 256)] == [0.05, 2, 150]


def test_a_conditional_one_trains_and_is_saved_and_exported(pictures, tmp_path):
    gan = tiny(classes=3)
    gan.compile(run_eagerly=True)
    images = tfnss.data.Images(pictures[:16, ::2, ::2], 8, labels=np.arange(16) % 3)
    history = gan.fit(images, epochs=1, verbose=0).history
    assert all(np.isfinite(values).all() for values in history.values())
    assert {"d_loss", "g_loss", "r1", "r2"} <= set(history)
    gan.save(tmp_path / "gan.keras")
    loaded = keras.saving.load_model(tmp_path / "gan.keras")
    made = gan.generate(6, labels=[0, 1, 2, 0, 1, 2])
    assert made.shape == (6, 16, 16, 3)
    np.testing.assert_array_equal(loaded.generate(6, labels=[0, 1, 2, 0, 1, 2]), made)
    gan.export(tmp_path / "exported")
    exported = tf.saved_model.load(tmp_path / "exported").signatures["serving_default"]
    latents, labels = random_array(2, 5), np.array([1, 2])
    assert "images" in exported(latents=tf.constant(latents), **_labels(exported, labels))


def _labels(signature, labels):
    (spec,) = [spec for name, spec in signature.structured_input_signature[1].items() if name == "labels"]
    return {"labels": tf.cast(labels if len(spec.shape) == 1 else one_hot(3, *labels), spec.dtype)}


def test_the_layers_next_to_the_image_are_frozen_first():
    discriminator = tiny().discriminator
    freeze(discriminator, 2)
    frozen = [name for name, layer in discriminator.blocks.items() if not layer.trainable]
    assert frozen == ["from_image", "b16_block0"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"resolution": 34}, "resolution=34"),
        ({"blocks": 0}, "`blocks`"),
        ({"channels": 2}, "channels=2"),
        ({"classes": -1}, "classes=-1"),
        ({"latent_dim": 0}, "latent_dim=0"),
    ],
)
def test_values_outside_are_refused(arguments, says):
    with pytest.raises(ValueError, match=says):
        tiny(**arguments)
