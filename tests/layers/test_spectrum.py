import keras
import numpy as np
import pytest
from keras import ops

from tfnss.layers import azimuthal_spectrum
from tfnss.layers.spectrum import azimuthal_average, grey, power_spectrum, spectrum_length

SIZES = [(8, 8), (32, 32), (9, 9), (33, 33), (16, 12), (11, 24), (10, 15)]
tensorflow_only = pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="gradient tapes are TensorFlow's")


def random_images(*shape):
    return np.random.default_rng(0).uniform(-1, 1, shape).astype("float32")


def radius(i, j, height, width):
    """In cycles per shorter side."""
    side = min(height, width)
    rows, columns = min(i, height - i) * side / height, min(j, width - j) * side / width
    return int(np.floor(np.sqrt(rows**2 + columns**2)))


def spectral_vector(image):
    """phi of one RGB image, frequency by frequency, in float64."""
    height, width, _ = image.shape
    transform = np.fft.fft2(image.astype("float64") @ [0.2989, 0.5870, 0.1140])
    rings = {}
    for i in range(height):
        for j in range(width):
            real, imaginary = transform[i, j].real + 1e-8, transform[i, j].imag + 1e-8
            logarithm = np.log(np.sqrt(real**2 + imaginary**2 + 1e-10) + 1e-10)
            rings.setdefault(radius(i, j, height, width), []).append(logarithm)
    kept = np.array([np.mean(rings[r]) for r in sorted(rings)])[1:-2]
    return (kept - kept.min()) / (kept.max() - kept.min() + 1e-8)


@pytest.mark.parametrize(("height", "width"), [(8, 8), (9, 9), (16, 12), (7, 10)])
def test_power_spectrum_is_numpys(height, width):
    images = random_images(3, height, width, 3)
    found = ops.convert_to_numpy(power_spectrum(images))
    luma = images.astype(float) @ [0.2989, 0.5870, 0.1140]
    expected = np.abs(np.fft.fft2(luma)) ** 2 / (height * width) ** 2
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-8)
    np.testing.assert_allclose(found.sum(axis=(1, 2)), (luma**2).mean(axis=(1, 2)), rtol=1e-4)


def test_transparent_images_are_on_white():
    images = random_images(2, 8, 8, 4)
    opacity = (images[..., 3:] + 1) / 2
    on_white = images[..., :3] * opacity + (1 - opacity)
    np.testing.assert_allclose(
        ops.convert_to_numpy(grey(images)), ops.convert_to_numpy(grey(on_white.astype("float32"))), atol=1e-6
    )


def test_one_channel_is_itself():
    images = random_images(2, 4, 4, 1)
    np.testing.assert_array_equal(ops.convert_to_numpy(grey(images)), images[..., 0])


@pytest.mark.parametrize(("height", "width"), [*SIZES, (8, 64)])
def test_azimuthal_average_is_its_definition(height, width):
    spectra = np.random.default_rng(0).uniform(0, 1, (2, height, width)).astype("float32")
    found = ops.convert_to_numpy(azimuthal_average(spectra))
    sums = {}
    for i in range(height):
        for j in range(width):
            sums.setdefault(radius(i, j, height, width), []).append(spectra[:, i, j])
    assert sorted(sums) == list(range(found.shape[1]))
    for r, values in sums.items():
        np.testing.assert_allclose(found[:, r], np.mean(values, axis=0), rtol=1e-5)


@pytest.mark.parametrize(("side", "radii"), [(16, 12), (32, 23), (64, 46), (128, 91)])
def test_number_of_radii(side, radii):
    assert azimuthal_average(np.zeros((1, side, side), "float32")).shape[1] == radii


@pytest.mark.parametrize(("height", "width"), SIZES)
def test_spectral_vector_is_its_definition(height, width):
    images = random_images(3, height, width, 3)
    found = ops.convert_to_numpy(azimuthal_spectrum(images))
    assert found.shape == (3, spectrum_length(height, width))
    np.testing.assert_allclose(found, [spectral_vector(image) for image in images], atol=1e-4)


# Computed with the official formula (fftshift, centre at side / 2) in float64.
GOLDEN = """0.46256 0 0.20351 0.52222 0.71324 0.34188 0.29470 0.37355 1 0.66638
            0.40442 0.30930 0.26268 0.55127 0.48847 0.38126 0.44296 0.43141 0.89272 0.77259"""


@pytest.mark.parametrize(("side", "golden"), [(8, "0.61362 1 0"), (32, GOLDEN)])
def test_spectral_vector_is_the_official_codes(side, golden):
    y, x = np.mgrid[:side, :side]
    red = 0.5 * np.cos(2 * np.pi * 3 * x / side) + 0.1
    image = np.stack([red, (x * y) % 7 / 3.5 - 1, 2 * (x + 2 * y) / (3 * (side - 1)) - 1], axis=-1)
    found = ops.convert_to_numpy(azimuthal_spectrum(image[None]))[0]
    np.testing.assert_allclose(found, [float(value) for value in golden.split()], atol=2e-5)


@pytest.mark.parametrize(
    ("side", "length"),
    [(16, 9), (32, 20), (48, 31), (64, 43), (96, 65), (128, 88), (256, 179), (512, 360), (1024, 722)],
)
def test_length_is_that_of_the_official_code(side, length):
    assert spectrum_length(side, side) == length == int(side / np.sqrt(2)) - 2


def test_spectral_vector_stays_under_shifts_gain_and_brightness():
    images = random_images(2, 16, 20, 3)
    vectors = ops.convert_to_numpy(azimuthal_spectrum(images))
    for changed in (np.roll(images, (3, 7), axis=(1, 2)), 0.25 * images, images + 0.5):
        np.testing.assert_allclose(ops.convert_to_numpy(azimuthal_spectrum(changed)), vectors, atol=1e-4)


@tensorflow_only
@pytest.mark.parametrize("size", [(16, 16), (9, 12)])
def test_compiled_spectral_vector_and_its_gradient(size):
    import tensorflow as tf

    images, direction = random_images(1, *size, 3), np.random.default_rng(1).normal(size=(1, *size, 3))
    weights = np.random.default_rng(2).normal(size=spectrum_length(*size))

    def vector_and_slope(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            vector = azimuthal_spectrum(x)
            total = tf.reduce_sum(vector * weights)
        return vector, tf.reduce_sum(tape.gradient(total, x) * direction)

    low, high = (spectral_vector((images + step * direction)[0]) @ weights for step in (-1e-6, 1e-6))
    for jit_compile in (False, True):
        vector, slope = tf.function(vector_and_slope, jit_compile=jit_compile)(tf.constant(images))
        np.testing.assert_allclose(vector, azimuthal_spectrum(images), atol=1e-5)
        np.testing.assert_allclose(slope, (high - low) / 2e-6, rtol=1e-3)


@pytest.mark.parametrize("value", [0.0, 0.3, -1.0])
def test_constant_images_have_zeros(value):
    images = np.full((2, 12, 12, 3), value, "float32")
    np.testing.assert_array_equal(ops.convert_to_numpy(azimuthal_spectrum(images)), 0)


@tensorflow_only
def test_constant_images_have_finite_gradients():
    import tensorflow as tf

    images = tf.constant(np.stack([np.full((12, 12, 3), 0.3), random_images(12, 12, 3)]), tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(images)
        total = tf.reduce_sum(azimuthal_spectrum(images) ** 2)
    gradient = tape.gradient(total, images).numpy()
    np.testing.assert_array_equal(gradient[0], 0)
    assert np.isfinite(gradient[1]).all()
    assert gradient[1].any()


@pytest.mark.parametrize("size", [(7, 32), (32, 7)])
def test_small_images_are_rejected(size):
    with pytest.raises(ValueError, match=f"at least 8 pixels. Received: height={size[0]}, width={size[1]}"):
        azimuthal_spectrum(np.zeros((1, *size, 3), "float32"))
