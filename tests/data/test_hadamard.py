import numpy as np
import pytest
import scipy.ndimage

from tfnss.data import load, originals
from tfnss.data.hadamard import COUNT, hadamard_bases, hadamard_coefficients
from tfnss.layers.scale_space import gaussian_taps

ROWS = """
+ + + + + + + +
+ + + + - - - -
+ + - - - - + +
+ + - - + + - -
+ - - + + - - +
+ - - + - + + -
+ - + - - + - +
+ - + - + - + -
"""


def test_bases_are_vertical_and_in_sequency_order():
    rows = np.array([[1 if sign == "+" else -1 for sign in row.split()] for row in ROWS.strip().splitlines()])
    bases = hadamard_bases()
    np.testing.assert_array_equal(bases, np.repeat(rows[:, None], 8, axis=1))
    np.testing.assert_array_equal(np.einsum("ihw,jhw->ij", bases, bases), 64 * np.eye(8))


def test_coefficients_of_known_images():
    random = np.random.default_rng(0)
    known = random.uniform(-1, 1, (5, 8))
    images = (known @ hadamard_bases().reshape(8, 64)).reshape(5, 8, 8) / 8
    coefficients, residual = hadamard_coefficients(images[..., None])
    np.testing.assert_allclose(coefficients, known, atol=1e-12)
    assert residual == pytest.approx(0, abs=1e-12)
    any_images = random.normal(size=(5, 8, 8))
    columns = hadamard_bases().reshape(8, 64).T
    fitted, left, _, _ = np.linalg.lstsq(columns, 8 * any_images.reshape(5, 64).T, rcond=None)
    coefficients, residual = hadamard_coefficients(any_images)
    np.testing.assert_allclose(coefficients, fitted.T, atol=1e-6)
    assert residual == pytest.approx(left.sum() / (64 * (any_images**2).sum()), rel=1e-6)
    rows = np.repeat(np.array([1.0, -1] * 4)[:, None], 8, axis=1)
    assert hadamard_coefficients(rows[None])[1] == 1  # horizontal stripes are beside all bases
    assert hadamard_coefficients(np.zeros((1, 8, 8)))[1] == 0
    with pytest.raises(ValueError, match="8, 8"):
        hadamard_coefficients(np.zeros((2, 8, 8, 3)))


def test_the_set():
    images = load("hadamard", 8, 4, channels=1)
    assert images.array.shape == (COUNT, 8, 8, 1) == (200_000, 8, 8, 1)
    assert images.array.dtype == np.float32
    coefficients, residual = hadamard_coefficients(images.array)
    assert residual < 1e-12
    assert np.abs(coefficients).max() <= 1 + 1e-6
    np.testing.assert_allclose(coefficients.mean(0), 0, atol=0.005)
    np.testing.assert_allclose(coefficients.std(0), np.sqrt(1 / 3), atol=0.003)
    np.testing.assert_allclose(np.corrcoef(coefficients.T), np.eye(8), atol=0.01)
    assert 8 * images.array.std() == pytest.approx(np.sqrt(8 / 3), rel=0.01)
    batch = next(iter(images.dataset()))
    assert hadamard_coefficients(np.asarray(batch))[1] < 1e-12  # floats all the way
    np.testing.assert_array_equal(load("hadamard", 8, 4, channels=1).array, images.array)


# With kernels of standard deviation 0.5 and sqrt(1 / (2 ln 2)), the binomial one, at time 8.
SMOOTHED = {
    0.5: [0.577, 0.463, 0.319, 0.239, 0.085, 0.107, 0.133, 0.101],
    0.8493218: [0.577, 0.384, 0.150, 0.161, 0.002, 0.035, 0.062, 0.077],
}


@pytest.mark.parametrize("kernel_stddev", SMOOTHED)
def test_smoothed_coefficients_spread_as_iterated_smoothing_has_it(kernel_stddev):
    """Each smoothed basis, fitted to the bases: the variances of the coefficients add up."""
    taps = gaussian_taps(kernel_stddev)
    smoothed = hadamard_bases().astype(float)
    for _ in range(8):
        smoothed = scipy.ndimage.correlate1d(smoothed, taps, axis=2, mode="reflect")
    mixing, _ = hadamard_coefficients(smoothed / 8)
    expected = np.sqrt((mixing**2).sum(0) / 3)
    np.testing.assert_allclose(expected, SMOOTHED[kernel_stddev], atol=6e-4)


def test_the_engines_smoothing_gives_them_too():
    from tfnss import NoisyScaleSpace, ScaleSpace

    images = load("hadamard", 8, channels=1).take(np.arange(20_000))
    smoothed = np.asarray(ScaleSpace(0.5)(images, 8.0))
    coefficients, _ = hadamard_coefficients(smoothed)
    np.testing.assert_allclose(coefficients.std(0), SMOOTHED[0.5], atol=0.006)
    assert smoothed.var() / images.var() == pytest.approx(0.28, abs=0.005)
    noisy = np.asarray(NoisyScaleSpace(0.112, 0.5, seed=0)(images, 8.0))
    assert noisy.var() / images.var() == pytest.approx(1, abs=0.01)


def test_channels():
    grey, colour, alpha = (load("hadamard", 8, channels=channels).take([3, 1]) for channels in (1, 3, 4))
    np.testing.assert_array_equal(colour, np.repeat(grey, 3, axis=-1))
    np.testing.assert_array_equal(alpha[..., :3], colour)
    assert (alpha[..., 3] == 1).all()


def test_refuses():
    with pytest.raises(ValueError, match="8x8 pixels alone"):
        load("hadamard", 16)
    with pytest.raises(ValueError, match="no labels"):
        load("hadamard", 8, labels=True)
    with pytest.raises(ValueError, match="hadamard"):
        originals("hadamard")
