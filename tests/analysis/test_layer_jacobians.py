import keras
import numpy as np
import pytest

from models import DCGAN, MLPGAN, R3GAN, SNGAN
from models.stylegan2 import StyleGAN2Generator
from models.stylegan2.weights import randomize
from tests.analysis.test_jacobian import TINY
from tfnss import random
from tfnss.analysis import jacobian_spectra, layer_spectra
from tfnss.analysis.layer_jacobians import bottlenecks
from tfnss.random.stateless import EqualRows, noise_source, sampling_latents


def linear(*widths):
    """A functional network of dense layers alone, and its kernels; its image has 2x2 pixels."""
    latents = x = keras.Input((5,))
    for width in (*widths, 4):
        x = keras.layers.Dense(width, use_bias=False, name=f"dense{width}")(x)
    network = keras.Model(latents, keras.layers.Reshape((2, 2, 1))(x))
    draws = np.random.default_rng(0)
    network.set_weights([draws.normal(size=kernel.shape) for kernel in network.get_weights()])
    return network, [kernel.astype("float64") for kernel in network.get_weights()]


def values(matrix, dimensions=5):
    found = np.linalg.svd(matrix, compute_uv=False)
    return np.pad(found, (0, dimensions - len(found)))


def test_a_linear_networks_values_are_those_of_the_products_of_its_matrices():
    network, kernels = linear(6, 3, 7)
    found = layer_spectra(network, count=2, space="z", batch_size=2)
    assert list(found) == ["6", "3", "7", "4"]
    for name, depth in (("6", 1), ("3", 2), ("7", 3), ("4", 4)):
        expected = values(np.linalg.multi_dot([np.eye(5), *kernels[:depth]]))
        np.testing.assert_allclose(found[name].singular_values, [expected] * 2, atol=1e-4 * expected[0])


def test_the_rank_falls_and_does_not_rise_again():
    """Lemma 2: behind 3 units no layer has a higher rank, however wide it is."""
    network, _ = linear(6, 3, 7)
    found = layer_spectra(network, count=1, space="z")
    assert [int(each.ranks([1e-3])[0, 0]) for each in found.values()] == [5, 3, 3, 3]
    assert jacobian_spectra(network, count=1, space="z").ranks([1e-3])[0, 0] == 3


def test_some_rows_tell_the_rank_and_nearly_the_values():
    network, _ = linear(3, 4000)
    exact = layer_spectra(network, count=1, space="z")["4000"]
    some = layer_spectra(network, count=1, space="z", rows=1000)["4000"]
    assert some.ranks([1e-3])[0, 0] == exact.ranks([1e-3])[0, 0] == 3
    assert not np.array_equal(some.singular_values, exact.singular_values)
    np.testing.assert_allclose(some.singular_values[0, :3], exact.singular_values[0, :3], rtol=3 * np.sqrt(3 / 1000))


@pytest.mark.parametrize("space", ["w", "z"])
def test_layers_of_styles(space):
    """Against central differences of the features, of networks that are smooth at these places."""
    network = StyleGAN2Generator(8, **TINY, classes=2)
    randomize(network, [0])
    for conv in network.synthesis.convs.values():
        conv.noise.strength.assign(0.3)
    found = layer_spectra(network, count=1, space=space, seed=3, batch_size=4)
    assert list(found) == ["style"] * (space == "z") + ["4x4", "8x8"]
    latents, label = sampling_latents(1, 6, 3), np.array([[1.0, 0]], "float32")
    point = np.asarray(network.mapping(latents, label) if space == "w" else latents)

    def features(at):
        styles = network.mapping(at, label) if space == "z" else at
        with random.scope(EqualRows(noise_source(3, 0))):
            outputs = network.synthesis.features(np.repeat(styles[:, None], network.slots, axis=1))
        return {"style": styles, "4x4": outputs["b4_conv"], "8x8": outputs["b8_conv1"]}

    step = 1e-2 * np.eye(point.shape[1], dtype="float32")
    for name, spectra in found.items():
        columns = [
            np.subtract(*(np.asarray(features(at)[name], "float64") for at in (point + e, point - e))).ravel() / 0.02
            for e in step
        ]
        expected = values(np.array(columns), point.shape[1])
        np.testing.assert_allclose(spectra.singular_values[0], expected, atol=0.02 * expected[0])


@pytest.mark.parametrize(
    ("family", "options", "layers"),
    [
        (DCGAN, {"resolution": 16, "latent_dim": 5, "base_width": 4}, ["128", "4x4", "8x8", "16x16"]),
        (SNGAN, {"resolution": 32, "latent_dim": 5, "width": 0.02}, ["80", "4x4", "8x8", "16x16", "32x32"]),
        (MLPGAN, {"latent_dim": 5, "generator_widths": (7, 9)}, ["7", "9", "64"]),
        (R3GAN, {"resolution": 8, "latent_dim": 5, "channel_base": 64, "channel_max": 16}, ["4x4", "8x8"]),
    ],
)
def test_layers_of_every_family(family, options, layers):
    gan = family(**options)
    found = layer_spectra(gan, count=1, space="z")
    assert list(found) == layers
    for each in found.values():
        assert each.singular_values.shape == (1, 5)
        assert np.isfinite(each.singular_values).all()
        assert each.singular_values[0, 0] > 0
    with pytest.raises(ValueError, match=r"styles .*; take that in Z"):
        layer_spectra(gan, count=1)


def test_bottlenecks_are_not_passed_by():
    latents = keras.Input((3,))
    first = keras.layers.Dense(4, name="first")(latents)
    inner = keras.layers.Dense(4, name="inner")(first)
    joined = keras.layers.Add(name="joined")([first, inner])
    network = keras.Model(latents, keras.layers.Dense(2)(joined))
    assert [x is y for x, y in zip(bottlenecks(network), [first, joined], strict=True)] == [True, True]


def test_bad_input():
    network, _ = linear(3)
    for options, says in (
        ({"rows": 0}, "rows=0"),
        ({"count": 0}, "count=0"),
        ({"batch_size": 0}, "batch_size=0"),
        ({"seed": -1}, "seed=-1"),
        ({"space": "x"}, "space=x"),
    ):
        with pytest.raises(ValueError, match=says):
            layer_spectra(network, **{"space": "z", **options})
    with pytest.raises(ValueError, match="layers of this generator cannot be told"):
        layer_spectra(Unknown(), space="z")
    network.set_weights([np.full_like(kernel, np.nan) for kernel in network.get_weights()])
    with pytest.raises(ValueError, match="diverged"):
        layer_spectra(network, space="z")


class Unknown:
    latent_dim = 3
