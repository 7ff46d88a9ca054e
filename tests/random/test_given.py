import numpy as np
import pytest

from models.stylegan2 import StyleGAN2Generator
from models.stylegan2.weights import randomize
from tfnss import random
from tfnss.analysis import synthesize
from tfnss.random.given import DrawnNoise, PartialNoise
from tfnss.random.stateless import noise_source, sampling_latents

TINY = {"latent_dim": 6, "style_dim": 8, "mapping_layers": 2, "channel_base": 32, "channel_max": 4}


@pytest.mark.parametrize("kind", ["euclidean", "riemannian"])
@pytest.mark.parametrize("layers", [(), (1,), (0, 2), range(3)])
def test_layers_that_are_not_chosen_get_zeros(kind, layers):
    """The chosen ones get what they would get if all were chosen."""
    network = StyleGAN2Generator(8, noise=kind, **TINY)
    randomize(network, [0])
    for conv in network.synthesis.convs.values():
        conv.noise.strength.assign(0.5)
    styles = network.styles(sampling_latents(2, 6, 0))
    source = DrawnNoise(noise_source(3, 0))
    with random.scope(source):
        network.synthesis(styles)
    maps = [each if index in layers else np.zeros_like(each) for index, each in enumerate(source.maps)]
    with random.scope(PartialNoise(noise_source(3, 0), layers)):
        found = network.synthesis(styles)
    np.testing.assert_array_equal(found, synthesize(network, styles, maps))
    if not layers:
        np.testing.assert_allclose(found, network.synthesis(styles, noise="none"), atol=1e-6)


def test_uniform_numbers_are_refused():
    with pytest.raises(ValueError, match="uniform"):
        PartialNoise(noise_source(0, 0), ()).stream().uniform((1, 2))
