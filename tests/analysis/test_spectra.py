import numpy as np
import pytest

from tfnss.analysis import azimuthal_mean, mean_amplitudes


def noise(count, side=32):
    """uint8 white noise, and its standard deviation in [-1, 1]."""
    images = np.random.default_rng(0).integers(0, 256, (count, side, side, 1), dtype=np.uint8)
    return images, np.std(images / 127.5 - 1)


def test_white_noise_is_flat():
    """Amplitudes of complex normal numbers have the mean sqrt(pi) / 2 of their root mean square; the few real ones not."""
    images, stddev = noise(400)
    _, profile = azimuthal_mean(mean_amplitudes([images[:150], images[150:]]))
    np.testing.assert_allclose(profile[:-2], np.sqrt(np.pi) / 2 * stddev, rtol=0.03)
    _, windowed = azimuthal_mean(mean_amplitudes([images], window=True))
    np.testing.assert_allclose(windowed[2:15], np.sqrt(np.pi) / 2 * stddev, rtol=0.03)


def test_a_wave_is_at_its_frequency():
    """A wave of amplitude 0.5 has half of it at each of two frequencies, times the root of the number of pixels."""
    wave = 0.5 * np.cos(2 * np.pi * 3 * np.arange(16) / 16)
    image = np.broadcast_to(np.round(127.5 * (wave + 1)), (16, 16))[None, ..., None].astype(np.uint8)
    found = mean_amplitudes([image])
    assert found[8, 8 + 3] == pytest.approx(0.25 * 16, rel=0.01)
    assert found[8, 8 - 3] == pytest.approx(0.25 * 16, rel=0.01)
    frequencies, profile = azimuthal_mean(found)
    assert frequencies[np.argmax(profile)] == pytest.approx(3 / 16)


def test_the_window_takes_away_the_cross_of_the_borders():
    ramp = np.broadcast_to(np.arange(0, 256, 8, dtype=np.uint8), (32, 32))[None, ..., None]
    plain, windowed = (mean_amplitudes([ramp], window)[16, 16 + 10] for window in (False, True))
    assert windowed < plain / 50


def test_floats_are_rounded():
    images, _ = noise(3)
    np.testing.assert_array_equal(mean_amplitudes([images / 127.5 - 1]), mean_amplitudes([images]))


@pytest.mark.parametrize(
    ("batches", "reason"),
    [
        ([], "no images"),
        ([np.zeros((1, 8, 8, 1), "u1"), np.zeros((1, 9, 8, 1), "u1")], "differ in size"),
        ([np.full((1, 8, 8, 1), 200)], "uint8 or floats .* Received: int64"),
        ([np.full((1, 8, 8, 1), 200.0)], "to 200"),
    ],
)
def test_images_without_spectra(batches, reason):
    with pytest.raises(ValueError, match=reason):
        mean_amplitudes(batches)
