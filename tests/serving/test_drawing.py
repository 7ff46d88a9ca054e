"""Truncated pictures, and ways from one image to another."""

import numpy as np
import pytest

from models import R3GAN, StyleGAN, StyleGAN2
from tfnss.analysis import motion
from tfnss.serving import drawing, exported
from tfnss.serving.exported import Code

TINY = {"latent_dim": 6, "channel_base": 32, "channel_max": 4, "mapping_layers": 1}


def spread(network):
    """The same network, whose averages are apart from each other and from all styles."""
    average = network.average_style
    average.assign(np.random.default_rng(0).normal(size=average.shape))
    return network


def picture(network):
    return Code(np.random.default_rng(1).normal(size=(1, network.slots, 6)).astype("float32"), 0)


def test_slots_that_a_network_does_not_truncate_stay():
    """StyleGAN truncates the first 8 of 10."""
    network = spread(StyleGAN(64, **TINY).generator_ema)
    given, average = picture(network), network.average_style.numpy()
    model = drawing.Model(exported.of(network), truncation=0.3, pictures={"a": given})
    found = model.code("a").point
    np.testing.assert_array_equal(found[:, 8:], given.point[:, 8:])
    np.testing.assert_allclose(found[:, :8], average + 0.3 * (given.point[:, :8] - average), atol=1e-6)
    for code, share in zip(motion.through_truncation(model, "a", 4, 0.5), (0.5, 0, -0.5, 0), strict=True):
        np.testing.assert_array_equal(code.point[:, 8:], given.point[:, 8:])
        np.testing.assert_allclose(code.point[:, :8], average + share * (given.point[:, :8] - average), atol=1e-6)
    np.testing.assert_array_equal(model.code("a", truncation=1.0).point, given.point)


def test_pictures_have_the_average_of_all_classes():
    network = spread(StyleGAN2(8, classes=3, **TINY).generator_ema)
    given, average = picture(network), network.average_style.numpy().mean(axis=0)
    model = exported.of(network)
    found = model.truncated(given, 0.3)
    np.testing.assert_allclose(found.point, average + 0.3 * (given.point - average), atol=1e-6)
    unknown = exported.of(network)
    unknown.classes = None
    with pytest.raises(ValueError, match=r"does not tell its number of classes.* leave out the truncation"):
        unknown.truncated(given, 0.3)


def test_all_frames_of_a_way_have_one_class():
    """Where classes are no part of the point. The seeds are of classes 0 and 1."""
    network = R3GAN(8, latent_dim=6, channel_base=32, channel_max=4, group_width=4, classes=2).generator_ema
    draw = np.random.default_rng(0).normal
    network.set_weights([draw(size=weight.shape) for weight in network.get_weights()])  # classes far apart
    plain = exported.of(network)
    model = drawing.Model(plain)
    images = list(drawing.interpolation((0, 1), 3).images(model))
    last = plain.image(plain.code(1)._replace(label=0))
    assert (last != plain.image(plain.code(1))).any()
    np.testing.assert_array_equal(images[2], last)
    np.testing.assert_array_equal(images[0], plain.image(plain.code(0)))


def test_a_way_in_w_leads_to_the_last_seeds_own_image():
    plain = exported.of(spread(StyleGAN2(8, classes=2, **TINY).generator_ema))
    images = list(drawing.interpolation((0, 1), 3).images(drawing.Model(plain)))
    np.testing.assert_array_equal(images[2], plain.image(plain.code(1)))
