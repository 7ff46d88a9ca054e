"""The Inception score (Salimans et al. 2016)."""

import math
from typing import Any

import numpy as np
from scipy.special import entr

_SUM_TOLERANCE = 1e-3


class InceptionScore:
    """Streaming `inception_score`, in memory O(classes).

    Args:
        splits: Consecutive parts, of which each gets a score.
        count: Number of images to come; needed for more than one split.

    Raises:
        ValueError: For values outside these.
    """

    def __init__(self, splits: int = 1, count: int | None = None) -> None:
        if splits < 1 or (splits > 1 and count is None):
            raise ValueError(
                f"`splits` must be >= 1, and needs `count` above 1. Received: splits={splits}, count={count}"
            )
        if count is not None and count < splits:
            raise ValueError(f"{splits} splits need as many images. Received: {count}")
        self._ends = [math.inf] if count is None else [count * (i + 1) // splits for i in range(splits)]
        self._parts: list[Any] = []
        self._seen = 0

    def update(self, probabilities: np.ndarray) -> None:
        """Adds class probabilities `[count, classes]`."""
        probabilities = _checked(probabilities)
        while len(probabilities):
            if not self._parts or self._seen == self._ends[len(self._parts) - 1]:
                if len(self._parts) == len(self._ends):
                    raise ValueError(f"more probabilities than the {self._seen} that were announced")
                self._parts.append([0, 0.0, 0.0])
            left = self._ends[len(self._parts) - 1] - self._seen
            share = probabilities[: int(min(left, len(probabilities)))]
            part = self._parts[-1]
            part[0] += len(share)
            part[1] = part[1] + share.sum(axis=0)
            part[2] += float(entr(share).sum())
            self._seen += len(share)
            probabilities = probabilities[len(share) :]

    def result(self) -> float | tuple[float, float]:
        """As `inception_score` gives it.

        Raises:
            ValueError: If not as many probabilities came as were announced.
        """
        if not self._seen or self._ends[-1] not in (self._seen, math.inf):
            raise ValueError(f"{self._ends[-1]} images were announced. Received: {self._seen}")
        scores = [np.exp(entr(total / count).sum() - entropy / count) for count, total, entropy in self._parts]
        return float(scores[0]) if len(scores) == 1 else (float(np.mean(scores)), float(np.std(scores)))


def inception_score(probabilities: np.ndarray, splits: int = 1) -> float | tuple[float, float]:
    """exp of the mean Kullback-Leibler divergence of the class probabilities from their average.

    The same number as TF-GAN's `classifier_score_from_logits`.

    Args:
        probabilities: `[count, classes]`, each row summing to 1.
        splits: Consecutive parts, of which each gets a score.

    Returns:
        The score, in [1, classes]; for more than one split the mean over splits and its standard deviation.

    Raises:
        ValueError: For other shapes or values, or more splits than rows.
    """
    score = InceptionScore(splits, len(probabilities))
    score.update(probabilities)
    return score.result()


def _checked(probabilities: Any) -> np.ndarray:
    probabilities = np.asarray(probabilities, np.float64)
    if probabilities.ndim != 2 or not probabilities.size:
        raise ValueError(f"expected probabilities [count, classes]. Received: shape {probabilities.shape}")
    sums = probabilities.sum(axis=1)
    if not (probabilities >= 0).all() or not np.allclose(sums, 1, rtol=0, atol=_SUM_TOLERANCE):
        raise ValueError("expected probabilities: numbers >= 0 whose rows sum to 1 (apply a softmax to logits)")
    return probabilities / sums[:, None]
