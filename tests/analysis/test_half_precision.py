"""Generators whose highest resolutions compute in half precision, analysed as they are."""

import numpy as np
import pytest
import tensorflow as tf

from models.stylegan2 import StyleGAN2Generator
from models.stylegan2.weights import randomize
from tfnss import analysis
from tfnss.generators import in_float32
from tfnss.metrics import condition_numbers, perceptual_path_length

pytestmark = pytest.mark.slow

TINY = {"latent_dim": 6, "style_dim": 5, "mapping_layers": 2, "channel_base": 64, "channel_max": 4}
IMAGES = np.random.default_rng(0).integers(0, 256, (1, 16, 16, 3), dtype=np.uint8)
# What differences or derivatives are taken of: the numbers are those of float32, but for sums in another order.
EXACT = {
    "path_lengths": lambda g: analysis.path_lengths(g, analysis.squared_difference, count=2, neighbours=2).lengths,
    "perceptual_path_length": lambda g: perceptual_path_length(g, analysis.squared_difference, "w", count=4),
    "condition_numbers": lambda g: condition_numbers(g, count=4),
    "jacobian_spectra": lambda g: analysis.jacobian_spectra(g, count=1).singular_values,
    "layer_spectra": lambda g: analysis.layer_spectra(g, count=1)["16x16"].singular_values,
    "project": lambda g: analysis.project(g, IMAGES, analysis.squared_difference, steps=3).distances,
    "embed": lambda g: analysis.embed(g, IMAGES, None, steps=3).losses,
}
# What is looked at is the network's own, rounding and all.
NEAR = {
    "feature_maps": lambda g: analysis.feature_maps(g, 2)[16],
    "feature_statistics": lambda g: analysis.feature_statistics(g, 2)[16].profile,
    "noise_by_layer": lambda g: analysis.noise_by_layer(g, count=4).deviations,
    "resolution_usage": lambda g: np.array(list(analysis.resolution_usage(g, count=8).values())),
    "pca_directions": lambda g: analysis.pca_directions(g, count=100).vectors,
    "sefa_directions": lambda g: analysis.sefa_directions(g).vectors,
    "images_at": lambda g: analysis.images_at(g, [0, 1]).astype(float),
}


@pytest.fixture(scope="module", params=["mixed_float16", "mixed_bfloat16"])
def networks(request):
    """One of half precision from 8x8 on, and another of the same weights in float32; their noise shows."""
    half = StyleGAN2Generator(16, **TINY, half_precision_resolutions=4, half_precision=request.param, clamp=256.0)
    randomize(half, [0])
    for conv in half.synthesis.convs.values():
        conv.noise.strength.assign(0.1)
    whole = StyleGAN2Generator(16, **TINY, clamp=256.0)
    whole.set_weights(half.get_weights())
    return half, whole


@pytest.fixture(autouse=True)
def eager():
    """A few calls are faster without a graph."""
    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


@pytest.mark.parametrize("name", EXACT)
def test_differences_and_derivatives_are_those_of_float32(name, networks):
    found, expected = map(EXACT[name], networks)
    np.testing.assert_allclose(found, expected, rtol=1e-4)
    assert np.asarray(found).dtype in (np.float32, np.float64)


@pytest.mark.parametrize("name", NEAR)
def test_all_else_is_near(name, networks):
    found, expected = map(NEAR[name], networks)
    assert found.dtype in (np.float32, np.float64)
    assert np.linalg.norm(found - expected) < 0.05 * np.linalg.norm(expected)


def test_a_copy_in_float32_leaves_the_network_as_it_is(networks):
    half, whole = networks
    copy = in_float32(half)
    assert {layer.compute_dtype for layer in copy._flatten_layers()} == {"float32"}
    assert half.synthesis.convs["b16_conv1"].compute_dtype != "float32"
    styles = half.styles(tf.ones((1, 6)))
    images = [np.asarray(g.synthesis(styles, noise="constant")) for g in (half, copy, whole)]
    np.testing.assert_allclose(images[1], images[2], rtol=1e-5, atol=1e-6)
    assert np.abs(images[0] - images[2]).max() > 1e-5
    assert in_float32(whole) is whole
