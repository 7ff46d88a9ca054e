import keras
import numpy as np
import pytest

from models.stylegan2 import StyleGAN2Generator, named_weights
from models.stylegan2.weights import randomize
from tests.references import stylegan2 as reference
from tfnss.analysis import has_rgb_layers, resolution_usage
from tfnss.random.stateless import sampling_latents

TINY = {"latent_dim": 6, "style_dim": 5, "mapping_layers": 2, "channel_base": 32, "channel_max": 4}


def generator(resolution=16, **options):
    network = StyleGAN2Generator(resolution, **TINY, **options)
    randomize(network, [0])
    return network


def test_outputs_that_are_their_biases():
    """Colours (c, -c, 0) have the variance 2 c^2 / 3; upsampling dims the borders of a constant to 3/4 along each axis."""
    network = generator(8)
    for name, weight in named_weights(network).items():
        if "rgb" in name:
            weight.assign(0 * weight)
    named_weights(network)["b4_rgb/bias"].assign([3.0, -3.0, 0.0])
    named_weights(network)["b8_rgb/bias"].assign([2.0, -2.0, 0.0])
    along_an_axis = (6 * 1 + 2 * 0.75**2) / 8  # mean of the squares
    low, high = 3 * along_an_axis, 2.0
    found = resolution_usage(network, count=5)
    assert found == pytest.approx({4: low / (low + high), 8: high / (low + high)}, rel=1e-6)


def test_a_mean_far_from_zero_has_no_share():
    network = generator(8)
    before = resolution_usage(network, count=4)
    for resolution, bias in ((8, 500.0), (4, 0.0)):  # that of 4 pixels is not constant at the border
        named_weights(network)[f"b{resolution}_rgb/bias"].assign(3 * [bias])
    assert resolution_usage(network, count=4) == pytest.approx(before, rel=1e-4)


def expected(network, count, classes=0):
    """An image is linear in its RGB layers: each alone, of the reference."""
    weights = {name: np.asarray(weight, "float64") for name, weight in named_weights(network).items()}
    latents = np.asarray(sampling_latents(count, 6, 3))
    labels = np.eye(classes)[np.arange(count) % classes] if classes else None
    styles = reference.mapping(weights, latents, labels, layers=2)
    styles = np.repeat(styles[:, None], network.slots, axis=1)
    deviations = {}
    for resolution in (4, 8, 16):
        alone = {
            name: 0 * value if "rgb" in name and "affine" not in name and f"b{resolution}_" not in name else value
            for name, value in weights.items()
        }
        deviations[resolution] = np.std(reference.synthesis(alone, styles, 16))
    return {resolution: deviation / sum(deviations.values()) for resolution, deviation in deviations.items()}


@pytest.mark.parametrize("batch_size", [1, 4, 100])
def test_shares_are_those_of_the_reference(batch_size):
    network = generator()  # without noise: its strengths are 0
    found = resolution_usage(network, count=7, seed=3, batch_size=batch_size)
    assert list(found) == [4, 8, 16]
    assert sum(found.values()) == pytest.approx(1)
    assert found == pytest.approx(expected(network, 7), rel=1e-4)


def test_a_conditional_generator_is_given_its_classes_in_turn():
    network = generator(classes=2)
    found = resolution_usage(network, count=5, seed=3, batch_size=2)
    assert found == pytest.approx(expected(network, 5, classes=2), rel=1e-4)


def test_noise_counts_and_follows_from_the_seed():
    network = generator()
    without = resolution_usage(network, count=4)
    named_weights(network)["b16_conv1/strength"].assign(30.0)
    found = resolution_usage(network, count=4)
    assert found[16] > without[16]
    assert found == resolution_usage(network, count=4)
    assert found != resolution_usage(network, count=4, seed=1)


@pytest.mark.parametrize("architecture", ["resnet", "orig", "grown"])
def test_generators_with_one_rgb_layer_are_refused(architecture):
    assert has_rgb_layers(generator())
    assert not has_rgb_layers(generator(architecture=architecture))
    with pytest.raises(ValueError, match=r"architecture skip\); this one has a single RGB layer"):
        resolution_usage(generator(architecture=architecture), count=2)


def test_other_generators_are_refused():
    with pytest.raises(ValueError, match="needs a StyleGAN2 generator"):
        resolution_usage(keras.Sequential([keras.Input((3,)), keras.layers.Dense(4)]))


@pytest.mark.parametrize(
    ("arguments", "reason"), [({"count": 0}, "`count`"), ({"batch_size": 0}, "`batch_size`"), ({"seed": -1}, "`seed`")]
)
def test_numbers_out_of_range(arguments, reason):
    with pytest.raises(ValueError, match=reason):
        resolution_usage(generator(8), **arguments)


@pytest.mark.parametrize(("value", "reason"), [(np.nan, "has diverged"), (0.0, "are constant")])
def test_outputs_that_have_no_shares(value, reason):
    network = generator(8)
    for name, weight in named_weights(network).items():
        if "rgb" in name:
            weight.assign(value * np.ones(weight.shape))
    with pytest.raises(ValueError, match=reason):
        resolution_usage(network, count=2)
