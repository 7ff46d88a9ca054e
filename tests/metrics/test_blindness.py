import numpy as np
import pytest

from tfnss.metrics import amplify_bands, discriminator_response


def random_images(count=5, height=12, width=16, channels=3):
    return np.random.default_rng(0).uniform(-1, 1, (count, height, width, channels)).astype("float32")


def powers(images, radius):
    """Sums over images of |F|² of each channel below the radius and from it on, frequency by frequency."""
    _, height, width, channels = images.shape
    side = min(height, width)
    spectra = np.abs(np.fft.fft2(images, axes=(1, 2))) ** 2
    low, high = np.zeros(channels), np.zeros(channels)
    for i in range(height):
        for j in range(width):
            rows, columns = min(i, height - i) * side / height, min(j, width - j) * side / width
            (low if np.hypot(rows, columns) < radius else high)[:] += spectra[:, i, j].sum(axis=0)
    return low, high


@pytest.mark.parametrize("size", [(12, 16), (9, 9)])
@pytest.mark.parametrize("radius", [1, 3, 5])
@pytest.mark.parametrize("factor", [0, 0.5, 3])
def test_energy_of_the_bands_scales_by_the_square(size, radius, factor):
    images = random_images(5, *size)
    amplified = amplify_bands(images, radius, factor)
    assert amplified.shape == images.shape
    assert amplified.dtype == amplify_bands(images.astype(float), radius, factor).dtype == np.float32
    (low, high), (low_after, high_after) = powers(images, radius), powers(amplified, radius)
    np.testing.assert_allclose(low_after, low, rtol=1e-5)
    np.testing.assert_allclose(high_after, factor**2 * high, rtol=1e-5, atol=1e-8)


def test_limits():
    images = random_images()
    np.testing.assert_array_equal(amplify_bands(images, 3, 1), images)
    np.testing.assert_array_equal(amplify_bands(images, 100, 7), images)
    np.testing.assert_allclose(amplify_bands(images, 0, 2), 2 * images, atol=1e-6)
    images = random_images(5, 12, 12)
    means = images.mean(axis=(1, 2), keepdims=True)
    np.testing.assert_allclose(amplify_bands(images, 1, 0), np.broadcast_to(means, images.shape), atol=1e-6)


def test_response_of_a_discriminator_of_high_frequencies():
    """Its logit is the power from radius 4 on, of which factors at radii up to 4 act on all."""
    images, radii, factors = random_images(), (0, 2, 4, 6, 50), (0, 0.5, 2)
    seen = []

    def discriminate(batch):
        assert batch.dtype == np.float32
        seen.append(len(batch))
        return np.stack([[powers(image[None], 4)[1].sum()] for image in batch])

    changed, unchanged = discriminator_response(discriminate, images, radii, factors, batch_size=2)
    assert set(seen) == {2, 1}
    assert changed.shape == (3, 5)
    assert unchanged == pytest.approx(powers(images, 4)[1].sum() / 5, rel=1e-5)
    for row, factor in enumerate(factors):
        above = powers(images, 6)[1].sum() / 5
        partly = unchanged + (factor**2 - 1) * above
        expected = [factor**2 * unchanged] * 3 + [partly, unchanged]
        np.testing.assert_allclose(changed[row], expected, rtol=1e-5, atol=1e-6)


def test_a_discriminator_of_means_is_blind():
    images = random_images()
    changed, unchanged = discriminator_response(lambda x: x.mean(axis=(1, 2, 3)), images, (1, 4), (0, 1, 3))
    np.testing.assert_allclose(changed, unchanged, atol=1e-6)


def test_pixels_are_brought_to_floats_and_other_numbers_refused():
    pixels = np.random.default_rng(0).integers(0, 256, (4, 8, 8, 3), dtype=np.uint8)
    floats = pixels / 127.5 - 1
    np.testing.assert_allclose(amplify_bands(pixels, 2, 3), amplify_bands(floats, 2, 3), atol=1e-5)

    def response(images):
        return discriminator_response(lambda x: (x**2).mean(axis=(1, 2, 3)), images, (1,), (2,))

    np.testing.assert_allclose(response(pixels)[0], response(floats)[0], rtol=1e-5)
    for function in (lambda x: amplify_bands(x, 2, 3), response):
        with pytest.raises(ValueError, match="Received: int64"):
            function(pixels.astype(np.int64))
