"""Statistics over seeds against scipy's and hand-worked values."""

import numpy as np
import pytest
from scipy import stats

from tfnss.running.table.comparison import against_baseline, against_paper, holm, nearest_to_mean, spread

OURS, THEIRS = [3.0, 5.0, 4.0, 8.0], [9.0, 11.0, 10.5]


def test_spread():
    assert spread([1.0, 2.0, 6.0]) == {"seeds": 3, "mean": 3.0, "std": pytest.approx(np.sqrt(7)), "median": 2.0}
    assert spread([4.0])["std"] is None


def test_the_difference_from_the_baseline():
    found = against_baseline(OURS, THEIRS)
    assert found["difference"] == pytest.approx(5.0 - 30.5 / 3)
    assert found["p"] == pytest.approx(stats.ttest_ind(OURS, THEIRS, equal_var=False).pvalue)
    expected = stats.bootstrap(
        (OURS, THEIRS),
        lambda a, b, axis: np.mean(a, axis) - np.mean(b, axis),
        n_resamples=10_000,
        method="percentile",
        rng=np.random.default_rng(1),
    ).confidence_interval
    assert found["low"] == pytest.approx(expected.low, abs=0.15)
    assert found["high"] == pytest.approx(expected.high, abs=0.15)
    assert found == against_baseline(OURS, THEIRS)  # no chance in it


def test_one_seed_has_no_interval():
    assert against_baseline([1.0], THEIRS) == {
        "difference": pytest.approx(1 - 30.5 / 3),
        "low": None,
        "high": None,
        "p": None,
    }
    assert against_paper([1.0], 3.0, 0.5, 20) == {"difference": -2.0, "low": None, "high": None}
    assert against_baseline([2.0, 2.0], [2.0, 2.0])["p"] is None


def test_the_difference_from_a_paper_with_deviation():
    """Welch's interval; scipy's has it from the same three numbers of each side."""
    mean, std, seeds = 6.5, 1.2, 20
    found = against_paper(OURS, mean, std, seeds)
    own = np.std(OURS, ddof=1)
    a, b = own**2 / 4, std**2 / seeds
    freedom = (a + b) ** 2 / (a**2 / 3 + b**2 / 19)
    low, high = stats.t.interval(0.95, freedom, loc=-1.5, scale=np.sqrt(a + b))
    assert (found["difference"], found["low"], found["high"]) == pytest.approx((-1.5, low, high))
    p = stats.ttest_ind_from_stats(5.0, own, 4, mean, std, seeds, equal_var=False).pvalue
    assert (found["low"] < 0 < found["high"]) == (p > 0.05)


def test_the_difference_from_a_paper_without_deviation():
    found = against_paper(OURS, 6.5, None, None)
    half = stats.t.ppf(0.975, 3) * np.std(OURS, ddof=1) * np.sqrt(1.25)
    assert (found["low"], found["high"]) == pytest.approx((-1.5 - half, -1.5 + half))


def test_corrected_p_values():
    """Holm 1979: the smallest times the number of tests, and so on, never falling; by hand."""
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.6, 0.7]) == pytest.approx([1.0, 1.0])
    assert holm([]) == []


def test_the_seed_nearest_to_the_mean():
    assert nearest_to_mean({0: 1.0, 1: 5.0, 2: 3.1}) == 2
    assert nearest_to_mean({3: 1.0, 1: 3.0}) == 1
