"""Improved precision and recall (Kynkäänniemi et al. 2019)."""

from collections.abc import Iterator

import numpy as np

from tfnss.metrics.activations import Activations, as_pair

_DISTANCES = 2**24  # held in memory at a time


class PrecisionRecall:
    """Streaming `precision_recall`: `real.update(...)`, `fake.update(...)`, `result()`; keeps the activations.

    Args:
        k: The radius of an activation is the distance to its k-th neighbour.
    """

    def __init__(self, k: int = 3) -> None:
        self.k = k
        self.real, self.fake = Activations(), Activations()

    def result(self) -> tuple[float, float]:
        return precision_recall(self.real.array, self.fake.array, self.k)


def precision_recall(real: np.ndarray, fake: np.ndarray, k: int = 3) -> tuple[float, float]:
    """Share of the fakes that lie among the reals, and the reverse.

    An activation lies among a set if it is within the radius of one of its members: the distance from there to its k-th
    nearest fellow. Time O(n²), memory O(n).

    Args:
        real: Activations `[count, d]`, more than k.
        fake: The same of the fakes.
        k: Number of the neighbour; 3 in the paper.

    Returns:
        precision, recall.

    Raises:
        ValueError: For k < 1, k or fewer activations, widths that differ, or values that are not finite.
    """
    real, fake = as_pair(real, fake)
    if k < 1 or min(len(real), len(fake)) <= k:
        raise ValueError(f"expected k >= 1 and more activations than k. Received: k={k}, {len(real)} and {len(fake)}")
    centre = real.mean(axis=0, dtype=np.float64)
    real, fake = real - centre, fake - centre
    return _share_among(fake, real, k), _share_among(real, fake, k)


def _share_among(members: np.ndarray, others: np.ndarray, k: int) -> float:
    """Share of `members` that are within the radius of one of `others`."""
    radii = np.concatenate([np.partition(d, k, axis=1)[:, k] for d in _squared_distances(others, others)])
    return float(np.mean(np.concatenate([(d <= radii).any(axis=1) for d in _squared_distances(members, others)])))


def _squared_distances(rows: np.ndarray, columns: np.ndarray) -> Iterator[np.ndarray]:
    """Blocks `[some rows, columns]`; exactly zero between equal activations."""
    column_norms = np.sum(columns**2, axis=1)
    step = max(1, _DISTANCES // len(columns))
    for start in range(0, len(rows), step):
        block = rows[start : start + step]
        norms = np.sum(block**2, axis=1)[:, None] + column_norms
        distances = norms - 2 * block @ columns.T
        distances[distances < 1e-13 * norms] = 0  # what rounding leaves of zero
        yield distances
