import keras
import numpy as np
import pytest

from models import DCGAN
from models.stylegan2 import StyleGAN2Generator
from tfnss.analysis import arithmetic
from tfnss.random.stateless import sampling_latents

TINY = {"latent_dim": 6, "style_dim": 8, "mapping_layers": 2, "channel_base": 64, "channel_max": 4}


def tiny(seed, resolution=16, **options):
    keras.utils.set_random_seed(seed)
    network = StyleGAN2Generator(resolution, **{**TINY, **options})
    network.set_weights([weight + np.random.default_rng(seed).normal(size=weight.shape) for weight in network.weights])
    return network


def test_mean_is_numpys():
    draws = np.random.default_rng(0)
    sets = [[draws.normal(size=(3, 2)).astype("float32"), np.array([index], "int64")] for index in range(5)]
    found = arithmetic.mean_weights(iter(sets))
    np.testing.assert_allclose(found[0], np.mean([each[0] for each in sets], axis=0), rtol=1e-6)
    assert found[0].dtype == np.float32
    np.testing.assert_array_equal(found[1], [4])


def test_mean_of_equal_networks_is_the_network():
    weights = tiny(0).get_weights()
    for one, other in zip(arithmetic.mean_weights([weights] * 3), weights, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("architecture", ["skip", "resnet"])
def test_blend_takes_each_layer_from_its_network(architecture):
    low, high = tiny(0, architecture=architecture), tiny(1, architecture=architecture)
    before = [network.get_weights() for network in (low, high)]
    new = arithmetic.blended(low, high, 16)
    for network, old in zip((low, high), before, strict=True):
        for one, other in zip(network.get_weights(), old, strict=True):
            np.testing.assert_array_equal(one, other)
    sources = []
    for weight, *others in zip(new.weights, low.weights, high.weights, strict=True):
        equal = [bool(np.array_equal(weight, other)) for other in others]
        assert sum(equal) == 1, weight.path
        sources.append((weight.path.split("/")[-3:], equal.index(True)))
    assert 0 < sum(of_high for _, of_high in sources) < len(sources)
    np.testing.assert_array_equal(new.synthesis.convs["b8_conv1"].bias, low.synthesis.convs["b8_conv1"].bias)
    np.testing.assert_array_equal(new.synthesis.convs["b16_conv0"].bias, high.synthesis.convs["b16_conv0"].bias)
    np.testing.assert_array_equal(new.synthesis.rgbs["16"].bias, high.synthesis.rgbs["16"].bias)
    np.testing.assert_array_equal(new.mapping.dense[0].kernel, low.mapping.dense[0].kernel)
    np.testing.assert_array_equal(new.average_style, low.average_style)


def test_images_are_those_of_the_parts():
    """With skip connections an image is a sum: below the resolution the RGB outputs are the first's."""
    low, high = tiny(0), tiny(1)
    new = arithmetic.blended(low, high, 16)
    styles = low.styles(sampling_latents(2, 6, 0))
    found, expected = (network.synthesis.rgb_outputs(styles, noise="none") for network in (new, low))
    for resolution in (4, 8):
        np.testing.assert_array_equal(found[resolution], expected[resolution])
    assert np.abs(found[16] - expected[16]).max() > 0.1


def test_a_blend_with_itself_is_itself():
    network = tiny(0)
    new = arithmetic.blended(network, network, 8)
    for one, other in zip(new.get_weights(), network.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_bad_input():
    low, plain = tiny(0), DCGAN(16, latent_dim=6, base_width=4).generator
    cases = [
        (lambda: arithmetic.mean_weights([]), "at least 1"),
        (lambda: arithmetic.mean_weights([[np.zeros(2)], [np.zeros(3)]]), "network 1"),
        (lambda: arithmetic.mean_weights([[np.zeros(2)], []]), "network 1"),
        (lambda: arithmetic.blended(low, tiny(1), 4), "one of 8, 16. Received: 4"),
        (lambda: arithmetic.blended(low, tiny(1), 32), "Received: 32"),
        (lambda: arithmetic.blended(low, tiny(1, 8), 8), "b16_conv0"),
        (lambda: arithmetic.blended(tiny(1, 8), low, 8), "b16_conv0"),
        (lambda: arithmetic.blended(low, tiny(1, channel_max=2), 8), "b4_constant"),
        (lambda: arithmetic.blended(low, tiny(1, noise=None), 8), "b4_conv"),
        (lambda: arithmetic.blended(plain, plain, 8), "StyleGAN2"),
    ]
    for call, says in cases:
        with pytest.raises(ValueError, match=says):
            call()
