"""Seeds of two methods compared, and with a paper's figures."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy import stats

_RESAMPLES = 10_000


def spread(values: Sequence[float]) -> dict[str, Any]:
    """Number, mean, standard deviation (n - 1; None for one value) and median of values, which are not to be none."""
    array = np.asarray(values, np.float64)
    deviation = float(array.std(ddof=1)) if len(array) > 1 else None
    return {"seeds": len(array), "mean": float(array.mean()), "std": deviation, "median": float(np.median(array))}


def against_baseline(values: Sequence[float], baseline: Sequence[float]) -> dict[str, Any]:
    """The difference of two methods' means over seeds, which are not pairs.

    Returns:
        `difference` (values - baseline), `low` and `high` (its 95 % interval by bootstrap, 10,000 resamples of the seeds
        within each method, percentiles) and `p` of Welch's test; None for those that need two seeds each.
    """
    ours, theirs = np.asarray(values, np.float64), np.asarray(baseline, np.float64)
    found: dict[str, Any] = {"difference": float(ours.mean() - theirs.mean()), "low": None, "high": None, "p": None}
    if min(len(ours), len(theirs)) < 2:
        return found
    generator = np.random.default_rng(0)
    means = [
        generator.choice(seeds, (_RESAMPLES, len(seeds))).mean(axis=1)  # with replacement
        for seeds in (ours, theirs)
    ]
    low, high = np.percentile(means[0] - means[1], [2.5, 97.5])
    p = stats.ttest_ind(ours, theirs, equal_var=False).pvalue if ours.std() + theirs.std() > 0 else None
    return found | {"low": float(low), "high": float(high), "p": None if p is None else float(p)}


def against_paper(values: Sequence[float], mean: float, std: float | None, seeds: int | None) -> dict[str, Any]:
    """The difference of the mean over seeds from a paper's.

    Returns:
        `difference` (ours - the paper's), and `low` and `high`, its 95 % interval: Welch's where the paper gives a standard
        deviation over seeds, else that of one more value beside ours (the paper's mean read as one run's). None for less
        than two seeds.
    """
    ours = np.asarray(values, np.float64)
    difference, n = float(ours.mean() - mean), len(ours)
    if n < 2:
        return {"difference": difference, "low": None, "high": None}
    own = ours.var(ddof=1)
    if std is not None and seeds is not None and seeds > 1:
        a, b = own / n, std**2 / seeds
        freedom = (a + b) ** 2 / (a**2 / (n - 1) + b**2 / (seeds - 1)) if a + b > 0 else n - 1
        half = stats.t.ppf(0.975, freedom) * np.sqrt(a + b)
    else:
        half = stats.t.ppf(0.975, n - 1) * np.sqrt(own * (1 + 1 / n))
    return {"difference": difference, "low": difference - float(half), "high": difference + float(half)}


def holm(p_values: Sequence[float]) -> list[float]:
    """p values of several tests, corrected after Holm (1979): the chance of any false finding stays below each."""
    order = np.argsort(p_values)
    count, corrected, highest = len(p_values), [0.0] * len(p_values), 0.0
    for rank, index in enumerate(order):
        highest = max(highest, min(1.0, (count - rank) * p_values[index]))
        corrected[index] = highest
    return corrected


def nearest_to_mean(values: dict[int, float]) -> int:
    """The seed whose value is nearest to the mean over seeds; of several the lowest."""
    mean = float(np.mean(list(values.values())))
    return min(sorted(values), key=lambda seed: abs(values[seed] - mean))
