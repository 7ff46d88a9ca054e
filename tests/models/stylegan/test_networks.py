import numpy as np
import pytest
import tensorflow as tf

from models.stylegan import StyleGANDiscriminator, StyleGANGenerator
from models.stylegan.styled import Epilogue, NormalizedConv2D
from models.stylegan.synthesis import StyleGANSynthesis
from models.stylegan2 import StyleGAN2Generator, named_weights
from tests.layers.harness import check_config
from tests.models.stylegan.grown import GENERATORS, discriminator, generator, latents, randomized
from tests.references import stylegan as reference
from tests.references import stylegan2 as later
from tfnss import random
from tfnss.random.stateless import noise_source, training_source

KINDS = sorted(GENERATORS)
RGB = {"stylegan": reference.rgb_outputs, "stylegan2": reference.modulated_rgb_outputs}


def close(found, expected, share=1e-4):
    np.testing.assert_allclose(found, expected, atol=share * np.abs(expected).max())


def test_the_mapping_is_the_reference():
    network = generator("stylegan")
    weights = randomized(network)
    close(network.mapping(latents()), reference.mapping(weights, latents(), layers=2))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("halvings", "fade"), [(0, 0.0), (0, 0.3), (1, 0.75), (2, 0.5)])
def test_images_in_training_are_the_reference(kind, halvings, fade):
    network = generator(kind)
    weights, styles = randomized(network), network.styles(latents())
    for mode, maps in (("constant", later.constant_noise(weights)), ("none", None)):
        outputs = RGB[kind](weights, np.asarray(styles, np.float64), 32 >> halvings, maps)
        found = network.synthesis(styles, noise=mode, halvings=halvings, fade=tf.constant(fade))
        close(found, reference.image(outputs, 32 >> halvings, fade))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("halvings", [0, 1])
def test_images_and_scores_of_128_pixels_and_more_are_the_reference(kind, halvings):
    """StyleGAN resamples by its fused form there."""
    network, judge = generator(kind, 256, channel_max=2), discriminator(kind, 256, channel_max=2)
    weights, styles = randomized(network), network.styles(latents())
    outputs = RGB[kind](weights, np.asarray(styles, np.float64), 256 >> halvings, later.constant_noise(weights))
    found = network.synthesis(styles, noise="constant", halvings=halvings, fade=0.4)
    images = reference.image(outputs, 256 >> halvings, 0.4)
    close(found, images)
    images /= np.abs(images).max()
    expected = reference.discriminator(randomized(judge, 1), images, 0.4, kind == "stylegan")
    close(judge(images.astype("float32"), fade=0.4), expected)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("side", "fade"), [(32, 0.0), (32, 0.3), (16, 0.75), (8, 0.5)])
def test_scores_are_the_reference(kind, side, fade):
    judge = discriminator(kind, group_size=2)
    images = np.random.default_rng(2).uniform(-1, 1, (4, side, side, 3))
    expected = reference.discriminator(randomized(judge), images, fade, kind == "stylegan", group_size=2)
    close(judge(images.astype("float32"), fade=tf.constant(fade)), expected)


@pytest.mark.parametrize("kind", KINDS)
def test_a_fade_of_1_is_the_resolution_below_and_of_0_the_network_without_one(kind):
    network, judge = generator(kind), discriminator(kind)
    randomized(network)
    randomized(judge)
    draw = {"noise": "constant", "training": False}
    for halvings in (0, 1):
        below = network(latents(), halvings=halvings + 1, **draw)
        np.testing.assert_array_equal(
            network(latents(), halvings=halvings, fade=1.0, **draw), reference.doubled(below.numpy())
        )
        alone = network(latents(), halvings=halvings, **draw)
        np.testing.assert_array_equal(network(latents(), halvings=halvings, fade=0.0, **draw), alone)
        images = np.random.default_rng(2).uniform(-1, 1, (4, 32 >> halvings, 32 >> halvings, 3)).astype("float32")
        np.testing.assert_array_equal(judge(images, fade=0.0), judge(images))
        close(judge(images, fade=1.0), judge(reference.averaged(images)).numpy(), 1e-5)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("lod", [0.0, 0.3, 1.0, 1.75, 2.5, 3.0])
def test_without_a_resolution_images_are_those_of_the_stored_level_of_detail(kind, lod):
    network = generator(kind)
    weights, styles = randomized(network), network.styles(latents())
    network.lod.assign(lod)
    halvings, fade = int(lod), lod - int(lod)
    outputs = RGB[kind](weights, np.asarray(styles, np.float64), 32, later.constant_noise(weights))
    image = reference.image(outputs, 32 >> halvings, fade) if halvings < 3 else outputs[4]
    expected = reference.shown(image, halvings)
    for draw in (network, tf.function(network)):
        found = draw(latents(), noise="constant")
        assert found.shape == (2, 32, 32, 3)
        close(found, expected)
    if halvings < 3:
        native = network(latents(), noise="constant", halvings=halvings, fade=fade).numpy()
        close(network(latents(), noise="constant"), reference.shown(native, halvings), 1e-6)


def test_a_graph_follows_the_level_of_detail():
    network = generator("stylegan")
    randomized(network)
    draw = tf.function(lambda: network(latents(), noise="constant"))
    before = draw().numpy()
    network.lod.assign(1.5)
    assert (draw().numpy() != before).any()
    close(draw(), network(latents(), noise="constant").numpy(), 1e-5)


# Facts of the official code, built and listed at these sizes: G and synthesis of A, D, G and synthesis of B to D.
COUNTS = {
    1024: (26_219_627, 24_118_379, 23_087_249, 24_900_764, 22_799_516),
    512: (26_179_768, 24_078_520, 23_080_225, 24_860_935, 22_759_687),
    256: (26_086_229, 23_984_981, 23_052_353, 24_767_458, 22_666_210),
    128: (25_843_858, 23_742_610, 22_941_313, 24_525_213, 22_423_965),
    64: (25_137_935, 23_036_687, 22_498_049, 23_819_544, 21_718_296),
    32: (22_841_356, 20_740_108, 20_726_785, 21_523_475, 19_422_227),
    16: (17_068_553, 14_967_305, 16_005_121, 16_014_350, 13_913_102),
    8: (11_295_750, 9_194_502, 11_283_457, 10_505_225, 8_403_977),
}


def count(network):
    return sum(int(np.prod(weight.shape)) for weight in network.trainable_weights)


@pytest.mark.parametrize("resolution", COUNTS)
def test_numbers_of_parameters(resolution, zero_weights):
    a, b = StyleGANGenerator(resolution), StyleGAN2Generator(resolution, channel_base=16384, architecture="grown")
    judges = [discriminator(kind, resolution, channel_base=16384, channel_max=512) for kind in KINDS]
    found = (count(a), count(a.synthesis), count(judges[0]), count(b), count(b.synthesis))
    assert found == COUNTS[resolution]
    assert count(judges[1]) == count(judges[0])


def test_the_weights_of_a_style_gan_and_what_they_start_from():
    network = generator("stylegan", 16)
    shapes = {
        name: tuple(weight.shape) for name, weight in named_weights(network).items() if "b16" in name or "b4" in name
    }
    conv = {"affine/kernel": (8, 12), "affine/bias": (12,), "strength": (6,), "bias": (6,)}
    expected = {"b4_constant/constant": (4, 4, 6), "b4_rgb/kernel": (1, 1, 6, 3), "b4_rgb/bias": (3,)}
    for layer, side in {"b4_epilogue": 4, "b4_conv": 4, "b16_conv0": 16, "b16_conv1": 16}.items():
        expected |= {f"{layer}/{name}": shape for name, shape in conv.items()} | {
            f"{layer}/noise_constant": (side, side)
        }
        if layer != "b4_epilogue":
            expected[f"{layer}/kernel"] = (3, 3, 6, 6)
    expected |= {"b16_rgb/kernel": (1, 1, 6, 3), "b16_rgb/bias": (3,)}
    assert shapes == expected
    weights = named_weights(network)
    assert (np.asarray(weights["b4_constant/constant"]) == 1).all()
    for name in ("b4_conv/strength", "b4_conv/affine/bias", "b4_conv/bias", "lod", "average_style"):
        assert not np.asarray(weights[name]).any()


def test_truncation_is_of_the_8_coarsest_slots():
    network = generator("stylegan", 128)
    network.average_style.assign(np.arange(8.0))
    full, half = network.styles(latents()).numpy(), network.styles(latents(), truncation=0.5).numpy()
    np.testing.assert_allclose(half[:, 8:], full[:, 8:], atol=1e-6)
    np.testing.assert_allclose(half[:, :8], (full[:, :8] + np.arange(8.0)) / 2, atol=1e-6)
    all_slots = network.styles(latents(), truncation=0.5, truncation_cutoff=network.slots).numpy()
    np.testing.assert_allclose(all_slots, (full + np.arange(8.0)) / 2, atol=1e-6)


@pytest.mark.parametrize(("halvings", "used"), [(None, 8), (0, 8), (1, 6), (2, 4)])
def test_styles_are_mixed_at_the_slots_in_use(halvings, used):
    network = generator("stylegan", mixing_probability=1.0)
    many = np.random.default_rng(0).normal(size=(300, 10)).astype("float32")
    with random.scope(training_source(0, 0, 0, 0, 1)):
        styles = network.styles(many, training=True, halvings=halvings).numpy()
    same = np.isclose(styles, network.styles(many).numpy(), atol=1e-6).all(axis=2)
    assert styles.shape == (300, 8, 8)
    assert set((~same).argmax(axis=1)) == set(range(1, used))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("precision", ["mixed_float16", "mixed_bfloat16"])
def test_half_precision(kind, precision):
    half = {"half_precision_resolutions": 2, "half_precision": precision, "clamp": 256.0}
    networks = generator(kind, **half), discriminator(kind, **half)
    plain = generator(kind), discriminator(kind)
    for network, other in zip(networks, plain, strict=True):
        randomized(network)
        randomized(other)
    images = [g(latents(), noise="constant", halvings=0, fade=0.5).numpy() for g in (networks[0], plain[0])]
    assert images[0].dtype == np.float32
    assert 0 < np.abs(images[0] - images[1]).max() < 0.1 * np.abs(images[1]).max()
    shown = np.clip(images[1], -1, 1)
    scores = [d(shown, fade=0.5).numpy() for d in (networks[1], plain[1])]
    assert 0 < np.abs(scores[0] - scores[1]).max() < 0.1 * np.abs(scores[1]).max() + 0.1


@pytest.mark.parametrize("kind", KINDS)
def test_rectangles(kind):
    network, judge = generator(kind, (24, 32)), discriminator(kind, (24, 32))
    images = network(latents(4), halvings=1, fade=0.5)
    assert images.shape == (4, 12, 16, 3)
    assert judge(images, fade=0.5).shape == (4, 1)
    assert network(latents()).shape == (2, 24, 32, 3)
    assert network.compute_output_shape((2, 10), halvings=1) == (2, 12, 16, 3)


def test_random_noise():
    network = generator("stylegan")
    randomized(network)

    def images(seed):
        with random.scope(noise_source(seed, 0)):
            return network(latents()).numpy()

    np.testing.assert_array_equal(images(0), images(0))
    assert (images(0) != images(1)).any()
    for noise in ("riemannian", None):
        assert np.isfinite(generator("stylegan", noise=noise)(latents())).all()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda g, _: g(latents(), halvings=3), "`halvings` must lie in 0 to 2 .* halvings=3"),
        (lambda g, _: g(latents(), halvings=-1), "halvings=-1"),
        (lambda g, _: g(latents(), noise="pink"), "noise=pink"),
        (lambda g, _: g.synthesis(np.zeros((1, 3, 8), "float32")), r"styles must be \[batch, 8, 8\]"),
        (lambda _, d: d(np.zeros((4, 4, 4, 3), "float32")), "images must be 32x32, 16x16, 8x8"),
        (lambda _, d: d(np.zeros((4, 64, 64, 3), "float32")), "images must be 32x32"),
    ],
)
def test_bad_input(kind, make, says):
    with pytest.raises(ValueError, match=says):
        make(generator(kind), discriminator(kind))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("make", [generator, discriminator])
def test_networks_of_4_pixels_do_not_grow(kind, make):
    with pytest.raises(ValueError, match="resolution=4"):
        make(kind, 4)


def test_serialization():
    parts = [
        Epilogue("riemannian"),
        NormalizedConv2D(3, "up", None, 2.0),
        StyleGANSynthesis(8, 1, 6, 32, 4, None, 2.0, 1),
    ]
    for part in (*parts, generator("stylegan", noise=None), discriminator("stylegan", classes=3, label_layers=1)):
        check_config(part)
    assert isinstance(discriminator("stylegan"), StyleGANDiscriminator)
