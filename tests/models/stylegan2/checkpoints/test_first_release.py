import itertools

import numpy as np
import pytest

from models.stylegan2 import StyleGAN2, named_weights, official_networks
from models.stylegan2.checkpoints import read_checkpoint
from tests.models.stylegan2.checkpoints.first_release import WIDTHS, growing, not_growing
from tests.models.stylegan2.checkpoints.ours import LATENT, our_discriminator, our_generator
from tests.models.stylegan2.checkpoints.pickles import write
from tests.models.stylegan2.checkpoints.test_read import assert_equal
from tests.models.stylegan2.checkpoints.test_refused import refused
from tests.references import stylegan as grown
from tests.references import stylegan2 as reference

ARCHITECTURES = ("skip", "resnet", "orig")


def variables(network):
    own = len(network.variables)
    return own + sum(variables(component) for component in network.components.values())


def test_the_stand_ins_hold_as_many_variables_as_networks_of_1024_pixels():
    """158 and 57 are those of NVlabs/stylegan2's configurations B to D, built and listed."""
    widths = {2**level: 1 for level in range(2, 11)}
    generator, discriminator = our_generator("skip", widths=widths, layers=8), our_discriminator("skip", widths=widths)
    _, judge, averaged = growing(generator, discriminator, widths=widths)
    assert (variables(averaged), variables(judge)) == (158, 57)


@pytest.mark.parametrize("lod", [0.0, 3.5, float("nan")])  # nothing reads it
def test_the_variable_lod_of_configurations_e_and_f_is_left_out(file, lod):
    checkpoint = read_checkpoint(write(file, not_growing(lod=lod)))
    assert_equal(checkpoint.generator, our_generator(widths=WIDTHS))
    assert_equal(checkpoint.discriminator, our_discriminator(widths=WIDTHS))
    shared = {"resolution": 16, "channels": 3, "channel_base": 32, "channel_max": 512, "classes": 0, "clamp": None}
    judge = {**shared, "architecture": "resnet", "label_layers": 0, "group_size": 4}
    assert shared.items() <= checkpoint.config["generator"].items()
    assert checkpoint.config["generator"]["architecture"] == "skip"
    assert checkpoint.config["discriminator"] == judge


def check_outputs(generator, discriminator, g, d, g_arrays, d_arrays):
    """The networks against the reference, which takes the arrays that the file was made of."""
    latents = np.random.default_rng(1).standard_normal((4, LATENT))
    styles = reference.mapping(g_arrays, latents, layers=2)
    styles = np.repeat(styles[:, None], generator.slots, axis=1)
    styles = reference.truncate(styles, g_arrays["average_style"], 0.5)
    images = reference.synthesis(g_arrays, styles, 16, g, reference.constant_noise(g_arrays))
    found = generator(latents.astype("float32"), truncation=0.5, noise="constant")
    np.testing.assert_allclose(found, images, atol=1e-4 * np.abs(images).max())
    images /= np.abs(images).max()
    scores = reference.discriminator(d_arrays, images, 16, d)
    np.testing.assert_allclose(discriminator(images.astype("float32")), scores, atol=1e-4 * np.abs(scores).max())


@pytest.mark.parametrize(("g", "d"), itertools.product(ARCHITECTURES, ARCHITECTURES))
def test_every_architecture_of_configuration_e_draws_and_judges_as_the_reference(file, g, d):
    arrays = our_generator(g, widths=WIDTHS), our_discriminator(d, widths=WIDTHS)
    write(file, not_growing(*arrays, G_architecture=g, D_architecture=d))
    networks = official_networks(file)
    assert [network.get_config()["architecture"] for network in networks] == [g, d]
    check_outputs(*networks, g, d, *arrays)


@pytest.mark.parametrize("lod", [0.0, 0.75, 1.5])
def test_networks_that_grow_draw_and_judge_as_the_reference(file, lod):
    arrays = our_generator("skip", widths=WIDTHS), our_discriminator("skip", widths=WIDTHS)
    generator, discriminator = official_networks(write(file, growing(*arrays, lod=lod)))
    assert [network.get_config()["architecture"] for network in (generator, discriminator)] == ["grown", "grown"]
    assert_equal(
        {name: np.array(weight) for name, weight in named_weights(generator).items()},
        {**arrays[0], "lod": np.float32(lod)},
    )
    latents = np.random.default_rng(1).standard_normal((4, LATENT))
    styles = np.repeat(reference.mapping(arrays[0], latents, layers=2)[:, None], 6, axis=1)
    halvings, fade = int(lod), lod - int(lod)
    outputs = grown.modulated_rgb_outputs(arrays[0], styles, 16, reference.constant_noise(arrays[0]))
    images = grown.image(outputs, 16 >> halvings, fade)
    shown = grown.shown(images, halvings)
    found = generator(latents.astype("float32"), noise="constant")
    np.testing.assert_allclose(found, shown, atol=1e-4 * np.abs(shown).max())
    images /= np.abs(images).max()
    scores = grown.discriminator(arrays[1], images, fade, first=False)
    found = discriminator(images.astype("float32"), fade=fade)
    np.testing.assert_allclose(found, scores, atol=1e-4 * np.abs(scores).max())


def model(**architectures):
    return StyleGAN2(16, "e", latent_dim=LATENT, channel_base=32, mapping_layers=2, **architectures)


@pytest.mark.parametrize(("g", "d"), [("resnet", "skip"), ("orig", "resnet"), ("grown", "grown")])
def test_a_model_of_the_same_architectures_takes_the_weights(file, g, d):
    alike = "skip" if g == "grown" else g, "skip" if d == "grown" else d
    arrays = our_generator(alike[0], widths=WIDTHS, style=LATENT), our_discriminator(alike[1], widths=WIDTHS)
    write(file, growing(*arrays) if g == d else not_growing(*arrays, G_architecture=g, D_architecture=d))
    gan = model(generator=g, discriminator=d)
    gan.load_official(file)
    if g == d:
        arrays[0]["lod"] = np.float32(0)
    for network, expected in zip(
        (gan.generator, gan.generator_ema, gan.discriminator), (arrays[0], *arrays), strict=True
    ):
        assert_equal({name: np.array(weight) for name, weight in named_weights(network).items()}, expected)


def test_a_model_of_other_architectures_says_what_differs(file):
    arrays = our_generator("skip", widths=WIDTHS, style=LATENT), our_discriminator("skip", widths=WIDTHS)
    write(file, growing(*arrays))
    with pytest.raises(ValueError, match=f"^{file} has the unknown weight lod"):
        model().load_official(file)


@pytest.mark.parametrize("lod", [2.25, -1.0, float("nan"), float("inf")])
def test_a_level_of_detail_that_there_is_not_is_refused(file, lod):
    refused(write(file, growing(lod=lod)), f"its lod is {lod:g}, not a number from 0 to 2")


@pytest.mark.parametrize("contents", [not_growing, growing])
def test_no_number_where_a_lod_belongs(file, contents):
    generator, judge, averaged = contents()
    averaged.variables[0] = ("lod", "0")
    refused(write(file, (generator, judge, averaged)), "'lod' is not an array")


def test_a_lod_of_many_numbers(file):
    generator, judge, averaged = growing()
    averaged.variables[0] = ("lod", np.zeros(2, "float32"))
    refused(write(file, (generator, judge, averaged)), r"'lod' has the unexpected shape \(2,\)")


def test_a_grown_network_without_its_last_layer_is_refused(file):
    generator, judge, averaged = growing()
    synthesis = averaged.components["synthesis"]
    synthesis.variables = [(name, array) for name, array in synthesis.variables if "ToRGB_lod0" not in name]
    refused(write(file, (generator, judge, averaged)), "lacks b16_rgb/kernel")
