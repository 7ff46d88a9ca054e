import numpy as np
import pytest

from tfnss import data
from tfnss.metrics import Spectra, azimuthal_profile, frechet_distance, networks, spectral_distance, spectrum_gap
from tfnss.metrics.spectrum import spectra_of
from tfnss.metrics.variance import variance_curves


def random_images(count, height, width, channels=3, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (count, height, width, channels), dtype=np.uint8)


def to_uint8(pixels):
    return np.clip(np.round(pixels), 0, 255).astype(np.uint8)


def without_band(images, share):
    """Images without the frequencies above a share of Nyquist's."""
    side = images.shape[1]
    frequencies = np.fft.fftfreq(side, 1 / side)
    kept = np.hypot(frequencies[:, None], frequencies) <= share * side / 2
    return to_uint8(np.fft.ifft2(np.fft.fft2(images, axes=(1, 2)) * kept[None, :, :, None], axes=(1, 2)).real)


@pytest.mark.slow
def test_distance_sees_what_features_do_not():
    """Distances in units of that between two halves of the reals: a lost band and 1 % of noise weigh more than in FID."""
    images = data.load("photos", 64).array
    real, other = images[:600], images[600:1200]
    noise = 2.55 * np.random.default_rng(0).normal(size=other.shape)
    fakes = {"equal": other, "band": without_band(other, 0.75), "noise": to_uint8(other + noise)}
    embedded = networks.load("embedded")

    def activations(x):
        return np.concatenate([embedded(x[i : i + 50]).activations for i in range(0, len(x), 50)])

    reference = activations(real)
    fid = {name: np.sqrt(frechet_distance(reference, activations(x))) for name, x in fakes.items()}
    ours = {name: spectral_distance(real, x) for name, x in fakes.items()}
    seen = {name: (ours[name] / ours["equal"], fid[name] / fid["equal"]) for name in ("band", "noise")}
    assert seen["band"][0] > 10 * seen["band"][1], seen
    assert seen["noise"][0] > 1.15 * seen["noise"][1], seen
    assert seen["noise"][0] > 3


def test_distance_is_the_gain_in_decibels():
    noise = 30 * np.random.default_rng(0).normal(size=(300, 32, 32, 3))
    halved = spectral_distance(to_uint8(128 + noise), to_uint8(128 + noise / 2))
    assert halved == pytest.approx(20 * np.log10(2), rel=0.02)
    assert spectral_distance(to_uint8(128 + noise), to_uint8(128 + noise)) < 1e-3


def test_profile_of_white_noise_and_of_a_wave():
    noise = 128 + 20 * np.random.default_rng(0).normal(size=(200, 32, 32, 1))
    frequencies, power = azimuthal_profile(to_uint8(noise))
    np.testing.assert_allclose(frequencies, np.arange(1, len(power) + 1) / 32)
    expected = 10 * np.log10((20 / 127.5) ** 2 / 32**2)
    assert abs(power.mean() - expected) < 0.5
    columns = np.arange(32)
    wave = to_uint8(128 + 50 * np.cos(2 * np.pi * 5 * columns / 32))[None, None, :, None].repeat(32, axis=1)
    assert np.argmax(azimuthal_profile(wave.repeat(2, axis=0))[1]) + 1 == 5


def test_streaming_is_all_at_once():
    images = random_images(50, 12, 20)
    streamed = Spectra()
    for start in range(0, 50, 7):
        streamed.update(images[start : start + 7])
    whole = spectra_of(images, batch_size=50)
    np.testing.assert_allclose(streamed.spectrum, whole.spectrum, rtol=1e-5)
    np.testing.assert_allclose(streamed.profiles.covariance, whole.profiles.covariance, rtol=1e-4, atol=1e-6)


def test_gap():
    real, fake = random_images(20, 16, 16), random_images(20, 16, 16, seed=1)
    picture, share = spectrum_gap(real, fake)
    grey = [(x / 127.5 - 1) @ [0.2989, 0.5870, 0.1140] for x in (real, fake)]
    powers = [(np.abs(np.fft.fft2(x)) ** 2).mean(axis=0) / 256**2 for x in grey]
    expected = np.abs(powers[0] - powers[1])
    np.testing.assert_allclose(picture, np.fft.fftshift(expected), rtol=1e-3, atol=1e-8)
    powers[0][0, 0] = expected[0, 0] = 0
    assert share == pytest.approx(expected.sum() / powers[0].sum(), rel=1e-3)
    assert spectrum_gap(real, real)[1] == 0
    assert spectrum_gap(real, np.full_like(real, 100))[1] == pytest.approx(1, rel=1e-4)


def test_floats_are_rounded_and_other_numbers_refused():
    real, fake = random_images(8, 16, 16), random_images(8, 16, 16, seed=1)
    floats = real / 127.5 - 1
    assert spectral_distance(floats, fake) == spectral_distance(real, fake)
    np.testing.assert_array_equal(spectrum_gap(fake, floats)[0], spectrum_gap(fake, real)[0])
    np.testing.assert_array_equal(azimuthal_profile(floats.astype(np.float32))[1], azimuthal_profile(real)[1])
    spectra = Spectra()
    for images, says in (
        (real / 255, r"in \[0, 1\]"),
        (real.astype(float), "to 255"),
        (real.astype(np.int64), "floats are to be in|Received: int64"),
        (np.full_like(floats, np.nan), "NaN"),
    ):
        for function in (azimuthal_profile, lambda x: spectral_distance(x, fake), lambda x: spectrum_gap(fake, x)):
            with pytest.raises(ValueError, match=says):
                function(images)
    with pytest.raises(ValueError, match="Received: int64"):
        spectra.update(real.astype(np.int64))
    spectra.update(np.abs(floats))  # a batch may be bright


def test_variances_of_floats_are_those_of_pixels():
    images = random_images(8, 8, 8)
    expected = variance_curves(images, (0, 1))
    for name, values in variance_curves(images / 127.5 - 1, (0, 1)).items():
        np.testing.assert_allclose(values, expected[name], rtol=1e-5)
    for other in (images.astype(np.int32), images / 255):
        with pytest.raises(ValueError, match=r"images.* floats"):
            variance_curves(other, (0, 1))


def test_sizes_that_differ():
    for function in (spectrum_gap, spectral_distance):
        with pytest.raises(ValueError, match=r"differ in size: \(16, 16\) and \(8, 8\)"):
            function(random_images(3, 16, 16), random_images(3, 8, 8))
    spectra = spectra_of(random_images(3, 16, 16))
    with pytest.raises(ValueError, match="differ in size"):
        spectra.update(random_images(3, 8, 8))


def test_variance_curves_are_their_closed_form(pictures):
    """Variances add: that of the smoothed image, and of the noise of every pass, smoothed by the later ones."""
    times, stddev, width = (0, 1, 3, 16), 0.15, 0.5
    curves = variance_curves(pictures, times, stddev, width)
    taps = np.exp(-np.array([1, 0, 1]) / (2 * width**2))
    taps /= taps.sum()

    def smooth(x):
        for axis in (1, 2):
            padded = np.pad(x, [(1, 1) if i == axis else (0, 0) for i in range(4)], mode="symmetric")
            parts = [np.take(padded, np.arange(i, i + x.shape[axis]), axis=axis) for i in range(3)]
            x = sum(tap * part for tap, part in zip(taps, parts, strict=True))
        return x

    def variance(x):
        return x.var(axis=(1, 2)).mean()

    smoothed, noisy = pictures / 127.5 - 1, pictures / 127.5 - 1
    start = variance(smoothed)
    random = np.random.default_rng(0)
    for t in range(17):
        if t in times:
            index = times.index(t)
            assert curves["scale-space"][index] == pytest.approx(variance(smoothed), rel=1e-4)
            assert curves["noise-space"][index] == pytest.approx(start + t * stddev**2, rel=0.02)
            assert curves["noisy scale-space"][index] == pytest.approx(variance(noisy), rel=0.03)
        smoothed, noisy = smooth(smoothed), smooth(noisy) + stddev * random.normal(size=noisy.shape)
