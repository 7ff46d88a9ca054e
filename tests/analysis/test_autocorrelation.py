import numpy as np
import pytest

from tfnss.analysis import neighbour_correlations


def test_white_noise_has_none():
    found = neighbour_correlations(np.random.default_rng(0).normal(size=(4, 64, 64, 2)))
    assert found.shape == (4, 2)
    assert (np.abs(found) < 2 / 64 * 1.5).all()


def test_moving_averages_along_an_axis():
    """A mean of two neighbours has 1/2 with the next."""
    noise = np.random.default_rng(0).normal(size=(1, 400, 400, 1))
    for axis, expected in ((2, [0.5, 0]), (1, [0, 0.5])):
        averaged = noise + np.roll(noise, 1, axis)
        np.testing.assert_allclose(neighbour_correlations(averaged)[0], expected, atol=0.02)


def test_stripes_and_constants():
    stripes = np.tile(np.array([1.0, -1.0])[None, None, :, None], (1, 8, 4, 1))
    np.testing.assert_allclose(neighbour_correlations(stripes), [[-1, 1]])
    np.testing.assert_array_equal(neighbour_correlations(np.ones((2, 4, 4, 1))), 0)


@pytest.mark.parametrize("shape", [(4, 4), (1, 1, 4, 1)])
def test_bad_input(shape):
    with pytest.raises(ValueError, match="2x2"):
        neighbour_correlations(np.zeros(shape))
