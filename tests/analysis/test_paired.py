import numpy as np
import pytest
from scipy import stats

from tfnss.analysis import paired


def test_intervals_are_scipys():
    values = np.random.default_rng(0).exponential(size=60)
    found = paired.bootstrap_mean(values)
    expected = stats.bootstrap((values,), np.mean, n_resamples=9999, method="percentile", rng=1).confidence_interval
    assert found.mean == pytest.approx(values.mean())
    np.testing.assert_allclose([found.low, found.high], expected, atol=0.02)
    assert found.low < found.mean < found.high


def test_differences_are_of_the_same_images():
    """Images differ much, models little and always the same way: the interval of the pairs sees it."""
    draws = np.random.default_rng(0)
    hard = draws.uniform(0, 10, 50)
    values = {"a": hard, "b": hard - 0.5 + 0.1 * draws.normal(size=50), "c": hard[::-1].copy()}
    found = paired.paired_differences(values)
    assert list(found) == [("a", "b"), ("a", "c"), ("b", "c")]
    assert found["a", "b"].mean == pytest.approx(np.mean(values["b"] - hard))
    assert -0.6 < found["a", "b"].low < found["a", "b"].high < -0.4
    assert found["a", "c"].low < 0 < found["a", "c"].high


def test_psnr():
    targets = np.full((3, 2, 2, 1), 100, np.uint8)
    images = targets.copy()
    images[1] += 1
    images[2] = 0
    np.testing.assert_allclose(paired.psnr(images, targets), [100, 20 * np.log10(255), 20 * np.log10(2.55)])


def test_roughness():
    assert paired.roughness([2, 2, 2]) == 1
    assert paired.roughness([1, 1, 4]) == 2


def test_bad_input():
    cases = [
        (lambda: paired.bootstrap_mean([]), "1 or more"),
        (lambda: paired.bootstrap_mean([1, np.inf]), "finite"),
        (lambda: paired.paired_differences({"a": [1, 2], "b": [1]}), "same images"),
        (lambda: paired.psnr(np.zeros((1, 2), np.uint8), np.zeros((2, 2), np.uint8)), "one shape"),
        (lambda: paired.psnr(np.zeros((1, 2)), np.zeros((1, 2))), "uint8"),
        (lambda: paired.roughness([0, 0]), "longer than 0"),
        (lambda: paired.roughness([]), "longer than 0"),
    ]
    for call, says in cases:
        with pytest.raises(ValueError, match=says):
            call()
