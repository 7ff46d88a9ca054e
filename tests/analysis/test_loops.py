import numpy as np
import pytest
from scipy.interpolate import interp1d

from tfnss.analysis import loops


def test_is_the_spline_of_many_rounds():
    """The middle of five rounds of the same keys: an ordinary cubic spline, whose ends are far away."""
    keys = np.random.default_rng(0).normal(size=(6, 3, 4))
    rounds = interp1d(np.arange(-12, 18), np.tile(keys, (5, 1, 1)), kind="cubic", axis=0)
    found = loops.loop(keys, 10)
    np.testing.assert_allclose(found, rounds(np.arange(60) / 10), atol=1e-5)
    np.testing.assert_allclose(found[::10], keys, atol=1e-12)


@pytest.mark.parametrize("of_latents", [False, True])
@pytest.mark.parametrize("keys", [2, 3, 7])
def test_is_smooth_and_closed(keys, of_latents):
    """First and second differences over the seam are no larger than elsewhere."""
    points = np.random.default_rng(1).normal(size=(keys, 64))
    found = loops.loop(points, 40, of_latents)
    around = np.concatenate([found, found[:2]])
    for order, smallest in ((1, 0), (2, 0)):
        steps = np.linalg.norm(np.diff(around, order, axis=0), axis=1)
        assert smallest < steps[-2:].max() <= steps[:-2].max() * 1.1
    corners = np.linalg.norm(np.diff(around, 2, axis=0), axis=1).max()
    assert corners < 0.02 * np.linalg.norm(points, axis=1).max()


def test_latents_keep_their_lengths():
    points = np.random.default_rng(2).normal(size=(5, 256)) * np.array([[1.0], [1.1], [0.9], [1], [1]])
    lengths = np.linalg.norm(points, axis=1)
    found = loops.loop(points, 20, of_latents=True)
    np.testing.assert_allclose(found[::20], points, atol=1e-12)
    along = np.linalg.norm(found, axis=1)
    assert along.min() > 0.95 * lengths.min()
    assert along.max() < 1.05 * lengths.max()
    assert np.linalg.norm(loops.loop(points, 20), axis=1).min() < 0.93 * lengths.min()


def test_wave():
    np.testing.assert_allclose(loops.wave(4), [1, 0, -1, 0], atol=1e-15)


def test_bad_input():
    for points, frames in ((np.zeros((1, 3)), 4), (np.zeros((2, 3)), 0)):
        with pytest.raises(ValueError, match="at least 2 points"):
            loops.loop(points, frames)
