import numpy as np
import pytest

import models
from models import StyleGAN, StyleGAN2
from models.stylegan import official_networks
from models.stylegan2 import named_weights
from models.stylegan2 import official_networks as official_networks_of_stylegan2
from recipes.families.described import described
from tests.models.stylegan2.checkpoints.first_release import first_stylegan, growing, network
from tests.models.stylegan2.checkpoints.pickles import dumps, write
from tests.models.stylegan2.checkpoints.test_first_release import variables
from tests.models.stylegan2.checkpoints.test_read import assert_equal
from tests.models.stylegan2.checkpoints.test_refused import refused
from tests.references import stylegan as reference
from tests.references import stylegan2 as later


@pytest.fixture
def file(tmp_path):
    return tmp_path / "network.pkl"


def test_the_stand_ins_hold_as_many_variables_as_networks_of_1024_pixels():
    """145 and 57 are those of NVlabs/stylegan, built and listed; two of its mapping's eight layers are here."""
    _, _, (_, judge, averaged) = first_stylegan(1024, width=1)
    assert (variables(averaged) + 6 * 2, variables(judge)) == (145, 57)


@pytest.mark.parametrize("version", [2, 3, 4])
@pytest.mark.parametrize("lod", [0.0, 0.75, 1.5])
def test_networks_draw_and_judge_as_the_reference(file, lod, version):
    ours, judged, contents = first_stylegan(lod=lod, version=version)
    generator, discriminator = official_networks(write(file, contents))
    assert_equal({name: np.array(weight) for name, weight in named_weights(generator).items()}, ours)
    latents = np.random.default_rng(1).standard_normal((4, 5))
    styles = np.repeat(reference.mapping(ours, latents, layers=2)[:, None], 6, axis=1)
    halvings, fade = int(lod), lod - int(lod)
    maps = later.constant_noise({name: array[None] for name, array in ours.items() if "noise" in name})
    images = reference.image(reference.rgb_outputs(ours, styles, 16, maps), 16 >> halvings, fade)
    shown = reference.shown(images, halvings)
    found = generator(latents.astype("float32"), noise="constant")
    np.testing.assert_allclose(found, shown, atol=1e-4 * np.abs(shown).max())
    images /= np.abs(images).max()
    scores = reference.discriminator(judged, images, fade, first=True)
    np.testing.assert_allclose(
        discriminator(images.astype("float32"), fade=fade), scores, atol=1e-4 * np.abs(scores).max()
    )


def test_kernels_that_double_to_128_pixels_and_more_are_turned(file):
    ours, judged, contents = first_stylegan(256)
    networks = official_networks(write(file, contents))
    for made, expected in zip(networks, (ours, judged), strict=True):
        assert_equal({name: np.array(weight) for name, weight in named_weights(made).items()}, expected)


@pytest.mark.parametrize("place", [0, 1, 2])
def test_four_networks_with_the_average_last(file, place):
    """As SSD-StyleGAN's: wherever the spectral classifier and the discriminator stand."""
    ours, judged, (generator, judge, averaged) = first_stylegan()
    others = [generator, network("C_spectral", {"Dense/weight": np.ones((3, 1), "float32")}, {}, version=3)]
    others.insert(place, judge)
    gan = StyleGAN(16, latent_dim=5, channel_base=32, channel_max=2, mapping_layers=2, group_size=4)
    gan.load_official(write(file, (*others, averaged)))
    for made, expected in ((gan.generator, ours), (gan.generator_ema, ours), (gan.discriminator, judged)):
        assert_equal({name: np.array(weight) for name, weight in named_weights(made).items()}, expected)


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"version": 1}, "version 1"),
        ({"lod": 3.0}, "lod is 3"),
        ({"lod": float("nan")}, "lod is nan"),
        ({"use_wscale": False}, "use_wscale is False; supported is True"),
        ({"fused_scale": True}, "fused_scale is True"),
        ({"blur_filter": None, "use_pixel_norm": True}, "use_pixel_norm is True"),
        ({"mapping_lrmul": 0.1}, "mapping_lrmul is 0.1"),
        ({"fmap_decay": 2.0}, "fmap_decay"),
    ],
)
def test_other_networks_are_refused(file, settings, reason):
    refused(write(file, first_stylegan(**settings)[2]), reason)


def test_damaged_files_are_refused(file):
    _, _, (generator, judge, averaged) = first_stylegan()
    contents = dumps((generator, judge, averaged))
    refused(write(file, contents[: len(contents) // 2]), "executed")
    synthesis = averaged.components["synthesis"]
    whole = synthesis.variables
    for name in ("ToRGB_lod1/bias", "8x8/Conv0_up/Noise/weight", "noise5"):
        synthesis.variables = [(n, array) for n, array in whole if n != name]
        refused(write(file, (generator, judge, averaged)), "lacks b")


def test_a_file_of_the_other_model_is_told(file):
    write(file, growing())
    with pytest.raises(ValueError, match=r"network\.pkl holds a StyleGAN2, which models\.StyleGAN2 reads"):
        official_networks(file)
    write(file, first_stylegan()[2])
    for read in (official_networks_of_stylegan2, StyleGAN2(8, "b", latent_dim=4, channel_max=2).load_official):
        with pytest.raises(ValueError, match=r"holds a StyleGAN \(configuration A\), which models\.StyleGAN reads"):
            read(file)


def test_files_of_every_model_are_read_by_one_function(file):
    assert type(models.official_networks(write(file, growing()))[0]).__name__ == "StyleGAN2Generator"
    assert type(models.official_networks(write(file, first_stylegan()[2]))[0]).__name__ == "StyleGANGenerator"


def test_recipes_know_the_settings_of_a_file(file):
    networks = models.official_networks(write(file, first_stylegan()[2]))
    found = described(*(network.get_config() for network in networks))
    assert (found["config"], found["resolution"], found["latent_dim"]) == ("a", 16, 5)
    networks = models.official_networks(write(file, growing()))
    found = described(*(network.get_config() for network in networks))
    assert (found["config"] in "bcd", found["generator"], found["discriminator"]) == (True, "grown", "grown")
