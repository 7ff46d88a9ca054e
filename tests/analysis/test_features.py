import keras
import numpy as np
import pytest

from models.stylegan2 import StyleGAN2Generator
from models.stylegan2.weights import randomize
from tfnss.analysis import feature_maps, feature_statistics
from tfnss.analysis.features import droplet_scores, normalized_maps, spectral_content
from tfnss.random.stateless import sampling_latents

TINY = {"latent_dim": 6, "style_dim": 5, "mapping_layers": 2, "channel_base": 128, "channel_max": 4}


def white(*shape):
    return np.random.default_rng(0).normal(size=shape)


def test_normalized_maps():
    features = 3 * white(2, 8, 8, 3) + 5
    features[1, :, :, 2] = 7
    found = normalized_maps(features)
    expected = (features - features.mean((1, 2), keepdims=True)) / np.maximum(features.std((1, 2), keepdims=True), 1e-9)
    np.testing.assert_allclose(found, expected, atol=1e-5)
    np.testing.assert_array_equal(found[1, :, :, 2], 0)


def test_peaks_of_white_noise():
    """The mean of Gumbel's distribution, for the largest of 2n normal numbers: magnitudes have two tails."""
    peaks, sharing = droplet_scores(white(4, 64, 64, 32))
    root = np.sqrt(2 * np.log(2 * 64**2))
    assert peaks.mean() == pytest.approx(
        root - (np.log(np.log(2 * 64**2)) + np.log(4 * np.pi)) / (2 * root) + 0.5772 / root, rel=0.02
    )
    assert (sharing < 0.2).all()


def test_a_droplet():
    """16 pixels with half of the energy stand sqrt(n f / m) deviations above the rest; all channels have them there."""
    features = white(1, 128, 128, 8)
    features[0, 40:44, 80:84] = np.sqrt(128**2 / 16)
    peaks, sharing = droplet_scores(features)
    assert peaks[0] == pytest.approx(np.sqrt(128**2 * 0.5 / 16), rel=0.03)
    assert sharing[0] == 1


def test_cells():
    """Of 16 x 16 pixels here, and a pixel each on small maps."""
    features = np.zeros((2, 32, 32, 4))
    for channel, (y, x) in enumerate(((6, 9), (7, 8), (8, 8), (20, 20))):
        features[0, y, x, channel] = 1
    assert droplet_scores(features)[1].tolist() == [0.5, 0]
    small = np.zeros((1, 8, 8, 3))
    small[0, 3, 4, 0] = small[0, 3, 4, 1] = small[0, 3, 5, 2] = -1
    assert droplet_scores(small)[1][0] == pytest.approx(2 / 3)


def test_white_noise_has_every_frequency_alike():
    """Centroid: mean distance from the centre of a square, (sqrt 2 + ln(1 + sqrt 2)) / 3; high: 1 - pi / 16."""
    profile, centroid, high = spectral_content(white(2, 64, 64, 16))
    assert profile.shape == (32,)
    np.testing.assert_allclose(profile, 64**-2, rtol=0.25)
    assert profile.mean() == pytest.approx(64**-2, rel=0.05)
    assert centroid == pytest.approx((np.sqrt(2) + np.log(1 + np.sqrt(2))) / 3, rel=0.01)
    assert high == pytest.approx(1 - np.pi / 16, rel=0.01)


@pytest.mark.parametrize(("cycles", "high"), [(4, 0), (24, 1)])
def test_a_wave_has_its_frequency(cycles, high):
    wave = np.cos(2 * np.pi * cycles * np.arange(64) / 64)
    features = np.tile(wave[None, None, :, None], (1, 64, 1, 2)) * [1, 100] + 30
    profile, centroid, found = spectral_content(features)
    assert profile.argmax() == cycles - 1
    assert centroid == pytest.approx(cycles / 32, rel=0.02)
    assert found == pytest.approx(high, abs=1e-3)


def test_constant_maps_do_not_count():
    features = white(1, 16, 16, 4)
    with_flat = np.concatenate([features, np.full((1, 16, 16, 3), 2.0)], axis=-1)
    for measure in (droplet_scores, spectral_content):
        for found, expected in zip(measure(with_flat), measure(features), strict=True):
            np.testing.assert_allclose(found, expected, rtol=1e-6)
    assert spectral_content(np.ones((1, 16, 16, 1)))[1:] == (0, 0)
    assert [each.tolist() for each in droplet_scores(np.ones((1, 16, 16, 1)))] == [[0], [0]]


def generator(**options):
    network = StyleGAN2Generator(16, **TINY, **options)
    randomize(network, [0])
    for conv in network.synthesis.convs.values():
        conv.noise.strength.assign(2.0)
    return network


def test_statistics_are_those_of_the_last_features_of_each_resolution():
    network = generator()
    found = feature_statistics(network, count=3, batch_size=2)
    assert list(found) == [8, 16]
    features = network.synthesis.features(network.styles(sampling_latents(3, 6, 0)), noise="none")["b16_conv1"]
    peaks, sharing = droplet_scores(features)
    np.testing.assert_allclose(found[16].peaks, peaks, rtol=1e-3)
    np.testing.assert_allclose(found[16].sharing, sharing)
    profile, centroid, high = spectral_content(features)
    np.testing.assert_allclose(found[16].profile, profile, rtol=1e-3)
    assert (found[16].centroid, found[16].high) == pytest.approx((centroid, high), rel=1e-3)
    assert found[16].droplets == np.mean(sharing >= 0.5)
    assert feature_statistics(network, count=3, noise=True)[16].high > found[16].high


def test_maps_of_the_first_images():
    network = generator()
    found = feature_maps(network, count=3, noise=False)
    assert list(found) == [4, 8, 16]
    features = network.synthesis.features(network.styles(sampling_latents(3, 6, 0)), noise="none")
    np.testing.assert_allclose(found[8], normalized_maps(features["b8_conv1"]), atol=1e-3)
    np.testing.assert_allclose(found[4], normalized_maps(features["b4_conv"]), atol=1e-3)


def test_bad_input():
    network = generator()
    for options, says in (({"count": 0}, "count=0"), ({"batch_size": 0}, "batch_size=0"), ({"seed": -1}, "seed=-1")):
        with pytest.raises(ValueError, match=says):
            feature_statistics(network, **options)
    with pytest.raises(ValueError, match="need a StyleGAN2 generator"):
        feature_maps(keras.Sequential())
    network.synthesis.constant.constant.assign(np.full((4, 4, 4), np.nan))
    with pytest.raises(ValueError, match="diverged"):
        feature_maps(network)
