import numpy as np
import pytest
import tensorflow as tf

from models.stylegan2 import (
    StyleGAN2,
    StyleGAN2Discriminator,
    StyleGAN2Generator,
    assign_weights,
    named_weights,
    preset,
)
from models.stylegan2.mapping import Mapping
from models.stylegan2.styled import LearnedConstant, StyledConv2D, ToRGB
from models.stylegan2.synthesis import Synthesis
from tests.layers.harness import check_config
from tests.references import stylegan2 as reference
from tfnss import random
from tfnss.random.stateless import noise_source, training_source

SMALL = {"channel_base": 128, "channel_max": 12}


def randomized(network, seed=0):
    """All weights random, of sizes that make every term count."""
    generator = np.random.default_rng(seed)
    for name, weight in named_weights(network).items():
        scale = 100 if "dense" in name and name.split("/")[0][5:6].isdigit() and "kernel" in name else 1
        offset = 1 if name.endswith("affine/bias") else 0
        weight.assign(offset + scale * generator.normal(size=weight.shape) * (1 if "kernel" in name else 0.3))
    return {name: np.asarray(weight, np.float64) for name, weight in named_weights(network).items()}


def generator(**kwargs):
    return StyleGAN2Generator(
        **{"resolution": 16, "latent_dim": 10, "style_dim": 8, "mapping_layers": 3, **SMALL, **kwargs}
    )


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("clamp", [None, 0.5])
@pytest.mark.parametrize("architecture", ["skip", "resnet", "orig"])
def test_generator_is_the_reference(architecture, clamp, channels):
    network = generator(architecture=architecture, clamp=clamp, channels=channels)
    weights = randomized(network)
    latents = np.random.default_rng(1).normal(size=(3, 10))
    styles = reference.mapping(weights, latents, layers=3)
    np.testing.assert_allclose(network.mapping(latents.astype("float32")), styles, atol=2e-5)
    styles = np.repeat(styles[:, None], network.slots, axis=1)
    styles = reference.truncate(styles, weights["average_style"], 0.7, 3)
    for mode, maps in (("constant", reference.constant_noise(weights)), ("none", None)):
        expected = reference.synthesis(weights, styles, 16, architecture, noise=maps, clamp=clamp)
        found = network(latents.astype("float32"), truncation=0.7, truncation_cutoff=3, noise=mode)
        np.testing.assert_allclose(found, expected, atol=1e-4 * np.abs(expected).max())


@pytest.mark.parametrize("architecture", ["skip", "resnet"])
def test_features_are_those_of_the_reference(architecture):
    network = generator(resolution=8, architecture=architecture)
    weights = randomized(network)
    styles = np.random.default_rng(1).normal(size=(2, network.slots, 8)).astype("float32")
    maps = reference.constant_noise(weights)
    found = network.synthesis.features(styles, noise="constant")
    assert list(found) == ["b4_conv", "b8_conv0", "b8_conv1"]
    x = np.stack([weights["b4_constant/constant"]] * 2)
    for (name, features), slot in zip(found.items(), (0, 1, 2), strict=True):
        x = reference.styled_conv(
            weights, name, x, styles[:, slot], maps[name], None, reference.euclidean_noise, name == "b8_conv0"
        )
        np.testing.assert_allclose(features, x, atol=1e-4 * np.abs(x).max())


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("architecture", ["resnet", "skip", "orig"])
def test_discriminator_is_the_reference(architecture, channels):
    network = StyleGAN2Discriminator(16, channels=channels, architecture=architecture, group_size=2, clamp=3.0, **SMALL)
    weights = randomized(network)
    images = np.random.default_rng(1).uniform(-1, 1, (4, 16, 16, channels))
    expected = reference.discriminator(weights, images, 16, architecture, group_size=2, clamp=3.0)
    found = network(images.astype("float32"))
    np.testing.assert_allclose(found, expected, atol=1e-4 * np.abs(expected).max())


@pytest.mark.parametrize("architecture", ["skip", "resnet", "orig"])
@pytest.mark.parametrize(("resolution", "nominal"), [((24, 40), 32), ((16, 12), 16), (12, 16)])
def test_rectangles_are_the_reference(resolution, nominal, architecture):
    """Images of 40x24 pixels begin at features of 5x3, and have the channels of 32x32."""
    network = generator(resolution=resolution, architecture=architecture, noise="euclidean")
    weights = randomized(network)
    latents = np.random.default_rng(1).normal(size=(2, 10))
    styles = np.repeat(reference.mapping(weights, latents, layers=3)[:, None], network.slots, axis=1)
    noise = reference.constant_noise(weights)
    expected = reference.synthesis(weights, styles, nominal, architecture, noise=noise)
    found = network(latents.astype("float32"), noise="constant")
    size = (resolution, resolution) if isinstance(resolution, int) else resolution
    assert found.shape == network.compute_output_shape((2, 10)) == (2, *size, 3)
    np.testing.assert_allclose(found, expected, atol=1e-4 * np.abs(expected).max())
    network = StyleGAN2Discriminator(resolution, architecture=architecture, group_size=2, **SMALL)
    weights = randomized(network)
    images = np.random.default_rng(1).uniform(-1, 1, (4, *size, 3))
    expected = reference.discriminator(weights, images, nominal, architecture, group_size=2)
    np.testing.assert_allclose(network(images.astype("float32")), expected, atol=1e-4 * np.abs(expected).max())


def test_channels_of_a_rectangle_are_those_of_its_nominal_square():
    def widths(network):
        return {name: weight.shape[-2:] for name, weight in named_weights(network).items() if "conv" in name}

    for make in (StyleGAN2Generator, StyleGAN2Discriminator):
        wide, square = (make(resolution, **SMALL) for resolution in ((24, 40), 32))
        kernels = [{k: v for k, v in widths(n).items() if k.endswith("kernel")} for n in (wide, square)]
        assert kernels[0] == kernels[1]


def test_auto_of_a_rectangle_counts_its_pixels():
    wide, square = preset("auto", (384, 640)), preset("auto", 512)
    assert wide.r1_weight == pytest.approx(0.0002 * 384 * 640 / wide.batch_size)
    assert (wide.batch_size, wide.channel_base) == (square.batch_size, square.channel_base)


def test_conditional_networks_are_the_reference():
    labels = np.eye(5)[[0, 3, 4, 3]]
    network = generator(classes=5)
    weights = randomized(network)
    latents = np.random.default_rng(1).normal(size=(4, 10))
    expected = reference.mapping(weights, latents, labels, layers=3)
    found = network.mapping(latents.astype("float32"), labels.astype("float32"))
    np.testing.assert_allclose(found, expected, atol=5e-5)
    discriminator = StyleGAN2Discriminator(8, classes=5, label_layers=2, **SMALL)
    weights = randomized(discriminator)
    images = np.random.default_rng(2).uniform(-1, 1, (4, 8, 8, 3))
    expected = reference.discriminator(weights, images, 8, labels=labels)
    found = discriminator(images.astype("float32"), labels.astype("float32"))
    np.testing.assert_allclose(found, expected, atol=1e-4 * np.abs(expected).max())


def count(network):
    return sum(int(np.prod(weight.shape)) for weight in network.trainable_weights)


@pytest.mark.parametrize(
    ("config", "resolution", "mapping", "synthesis", "discriminator"),
    [
        ("f", 1024, 2_101_248, 28_268_812, 29_012_513),
        ("e", 1024, 2_101_248, 22_799_516, 24_038_161),
        ("f", 256, 2_101_248, 27_933_090, 28_864_129),
        ("paper256", 256, 2_101_248, 22_666_210, 24_001_089),
        ("paper512", 512, 2_101_248, 28_175_335, 28_982_849),
        ("auto", 256, 525_312, 22_666_210, 24_001_089),
        ("cifar", 32, 525_312, 19_422_227, 20_720_641),
    ],
)
def test_numbers_of_parameters(config, resolution, mapping, synthesis, discriminator, zero_weights):
    chosen = preset(config, resolution)
    g = StyleGAN2Generator(resolution, mapping_layers=chosen.mapping_layers, channel_base=chosen.channel_base)
    d = StyleGAN2Discriminator(resolution, channel_base=chosen.channel_base, architecture=chosen.discriminator)
    assert (count(g.mapping), count(g.synthesis), count(d)) == (mapping, synthesis, discriminator)


@pytest.mark.parametrize(
    ("resolution", "devices", "expected"),
    [
        (32, 1, (32, 0.0064, 10)),
        (64, 2, (64, 0.0128, 20)),
        (256, 1, (16, 0.8192, 5)),
        (512, 4, (32, 1.6384, 10)),
        (1024, 8, (32, 6.5536, 10)),
    ],
)
def test_auto_follows_its_formulas(resolution, devices, expected):
    chosen = preset("auto", resolution, devices)
    assert (chosen.batch_size, chosen.r1_weight, chosen.ema_half_life_kimg) == pytest.approx(expected)


def test_styles_are_mixed_in_training():
    network = generator(mixing_probability=0.5)
    latents = np.random.default_rng(0).normal(size=(400, 10)).astype("float32")
    with random.scope(training_source(0, 0, 0, 0, 1)):
        styles = network.styles(latents, training=True).numpy()
    own = network.styles(latents).numpy()
    same = np.isclose(styles, own, atol=1e-6).all(axis=2)
    assert same[:, 0].all()
    mixed = ~same.all(axis=1)
    assert 0.4 < mixed.mean() < 0.6
    first = (~same[mixed]).argmax(axis=1)
    assert set(first) == set(range(1, network.slots))
    for row, start in zip(same[mixed], first, strict=True):
        assert not row[start:].any()


def test_average_style_and_truncation():
    network = generator()
    latents = np.random.default_rng(0).normal(size=(50, 10)).astype("float32")
    mean = network.mapping(latents).numpy().mean(axis=0)
    network.update_statistics(tf.constant(latents))
    np.testing.assert_allclose(network.average_style, 0.005 * mean, atol=1e-6)
    average = network.styles(latents, truncation=0.0).numpy()
    np.testing.assert_allclose(average, np.broadcast_to(network.average_style, average.shape), atol=1e-6)
    half = network.styles(latents, truncation=tf.constant(0.5), truncation_cutoff=2).numpy()
    full = network.styles(latents).numpy()
    np.testing.assert_allclose(half[:, 2:], full[:, 2:], atol=1e-6)
    np.testing.assert_allclose(half[:, :2], (full[:, :2] + network.average_style.numpy()) / 2, atol=1e-6)


@pytest.mark.parametrize("precision", ["mixed_float16", "mixed_bfloat16"])
def test_half_precision_is_near_single(precision):
    parts = {"clamp": 256.0, "half_precision": precision}
    networks = [generator(half_precision_resolutions=n, **parts) for n in (0, 2)]
    weights = randomized(networks[0])
    assign_weights(networks[1], weights, "the other")
    latents = np.random.default_rng(0).normal(size=(4, 10)).astype("float32")
    images = [network(latents, noise="constant").numpy() for network in networks]
    assert images[1].dtype == np.float32
    error = np.abs(images[1] - images[0]).max() / np.abs(images[0]).max()
    assert 0 < error < (0.02 if precision == "mixed_float16" else 0.1)


def test_noise_modes():
    network = generator()
    randomized(network)
    latents = np.random.default_rng(0).normal(size=(2, 10)).astype("float32")

    def images(mode, seed=0):
        with random.scope(noise_source(seed, 0)):
            return network(latents, noise=mode).numpy()

    np.testing.assert_array_equal(images("constant"), images("constant", seed=1))
    np.testing.assert_array_equal(images("random"), images("random"))
    assert (images("random") != images("random", seed=1)).any()
    assert (images("none") != images("constant")).any()
    for noise in ("riemannian", None):
        assert np.isfinite(generator(noise=noise)(latents)).all()


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: StyleGAN2(100), "resolution=100; the nearest right ones: 104 and 96"),
        (lambda: StyleGAN2((360, 640)), "resolution=640x360; the nearest right ones: 640x384 and"),
        (lambda: StyleGAN2(2), "resolution=2"),
        (lambda: StyleGAN2(config="g"), "config=g"),
        (lambda: StyleGAN2(channels=2), "channels=2"),
        (lambda: StyleGAN2(generator="dense"), "architecture=dense"),
        (lambda: StyleGAN2(noise="white"), "noise=white"),
        (lambda: StyleGAN2(precision="float8"), "precision=float8"),
        (lambda: generator()(np.zeros((1, 9), "float32")), "latents must be 10 wide"),
        (lambda: generator().synthesis(np.zeros((1, 3, 8), "float32")), r"styles must be \[batch, 6, 8\]"),
        (lambda: generator(classes=3)(np.zeros((1, 10), "float32")), "needs labels"),
        (lambda: generator()(np.zeros((1, 10), "float32"), labels=np.zeros((1, 3), "float32")), "labels must be"),
        (lambda: generator()(np.zeros((1, 10), "float32"), noise="pink"), "noise=pink"),
    ],
)
def test_bad_input(make, says):
    with pytest.raises(ValueError, match=says):
        make()


def test_serialization():
    for network in (generator(architecture="resnet", noise="riemannian"), StyleGAN2Discriminator(8, **SMALL)):
        check_config(network)
        copy = type(network).from_config(network.get_config())
        assert named_weights(copy).keys() == named_weights(network).keys()


@pytest.mark.parametrize(
    "part",
    [
        StyledConv2D(3, "up", "riemannian", 2.0),
        ToRGB(3, 2.0),
        LearnedConstant(3),
        LearnedConstant(3, (5, 2)),
        Mapping(5, 6, 1, 2),
        Synthesis(8, 1, 6, 32, 4, "orig", None, 2.0, 1, "mixed_bfloat16"),
    ],
    ids=lambda part: type(part).__name__,
)
def test_parts_are_serializable(part):
    check_config(part)
