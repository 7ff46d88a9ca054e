import numpy as np
import pytest
from scipy.stats import mannwhitneyu, norm

from tfnss.analysis import detection
from tfnss.analysis.detection import auc, best_threshold


def test_area_of_known_distances():
    assert auc(np.array([1.0, 2]), np.array([3.0, 4])) == 1
    assert auc(np.array([3.0, 4]), np.array([1.0, 2])) == 0
    assert auc(np.array([1.0, 1]), np.array([1.0, 1, 1])) == 0.5
    assert auc(np.array([1.0, 3]), np.array([2.0, 3])) == (1 + 1 + 0 + 0.5) / 4


def test_area_is_mann_and_whitneys():
    random = np.random.default_rng(0)
    generated, real = random.integers(0, 20, 30).astype(float), random.integers(5, 25, 41).astype(float)
    expected = mannwhitneyu(real, generated).statistic / (30 * 41)
    assert auc(generated, real) == pytest.approx(expected, rel=1e-12)


def test_best_threshold():
    assert best_threshold(np.array([1.0, 2, 3]), np.array([5.0, 7])) == 4
    assert best_threshold(np.array([1.0, 2, 6]), np.array([5.0, 7])) == 3.5
    assert best_threshold(np.array([1.0]), np.array([1.0])) == 1


def test_normal_distances():
    """Of means one deviation apart: area Phi(1 / sqrt 2), best threshold in the middle, errors of Phi(-1/2)."""
    random = np.random.default_rng(0)
    generated, real = random.normal(0, 1, 4000), random.normal(1, 1, 4000)
    found = detection(generated, real, resamples=300)
    expected = norm.cdf(np.sqrt(0.5))
    assert found.auc == pytest.approx(expected, abs=0.015)
    low, high = found.interval
    assert low < expected < high
    deviation = np.sqrt((1 / 4000 + 1 / 4000) * np.var(norm.cdf(random.normal(1, 1, 10**5))))  # DeLong's, by Phi
    assert high - low == pytest.approx(2 * 1.96 * deviation, rel=0.2)
    assert found.threshold == pytest.approx(0.5, abs=0.3)
    assert found.missed + found.false_alarms == pytest.approx(2 * norm.cdf(-0.5), abs=0.04)
    assert found.generated_median == pytest.approx(np.median(generated))
    assert found.real_median == pytest.approx(np.median(real))


def test_the_errors_are_those_of_the_half_that_did_not_choose():
    """Halves of 1: each threshold lies between one generated and one real distance."""
    found = detection([0.0, 10.0], [1.0, 11.0], resamples=1, seed=3)
    random = np.random.default_rng(3)
    for _ in range(2):
        random.choice([0.0, 1.0], 2)
    first, second = random.permutation([0.0, 10.0]), random.permutation([1.0, 11.0])
    assert found.threshold == (first[0] + second[0]) / 2
    assert found.missed == (first[1] >= found.threshold)
    assert found.false_alarms == (second[1] < found.threshold)


def test_separate_distances_and_the_seed():
    generated, real = np.linspace(0, 1, 20), np.linspace(2, 3, 30)
    found = detection(generated, real, resamples=50)
    assert (found.auc, found.interval, found.missed, found.false_alarms) == (1, (1, 1), 0, 0)
    assert 1 < found.threshold < 2
    mixed = detection(generated, real - 1.5, resamples=50)
    assert mixed == detection(generated, real - 1.5, resamples=50) != detection(generated, real - 1.5, 50, seed=1)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (([1.0], [1.0, 2]), "`generated`"),
        (([1.0, 2], [1.0, np.nan]), "`real`"),
        (([1.0, 2], [[1.0, 2]]), "`real`"),
        (([1.0, 2], [1.0, 2], 0), "resamples=0"),
    ],
)
def test_bad_input(arguments, says):
    with pytest.raises(ValueError, match=says):
        detection(*arguments)
