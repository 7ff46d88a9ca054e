"""Whether images can be told to be a generator's by how near their projections come (StyleGAN2, figures 9 and 10)."""

from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Detection:
    """How well distances tell generated images, whose projections come near, from real ones.

    Attributes:
        auc: Area under the receiver operating characteristic: the probability that a generated image has a smaller distance
            than a real one, ties counting half. 0.5 tells nothing, 1 everything.
        interval: Its 95 % interval, of a bootstrap over the images of both kinds.
        threshold: The distance below which an image is said to be generated, chosen on one half of the images.
        missed: Share of the other half's generated images at or above it.
        false_alarms: Share of the other half's real images below it.
        generated_median: Median distance of the generated images.
        real_median: The same of the real ones.
    """

    auc: float
    interval: tuple[float, float]
    threshold: float
    missed: float
    false_alarms: float
    generated_median: float
    real_median: float


def detection(generated: Any, real: Any, resamples: int = 10_000, seed: int = 0) -> Detection:
    """What the distances between images and their projections tell of where the images come from.

    Args:
        generated: Distances `[count]` of images of the generator.
        real: Distances `[count]` of real images.
        resamples: Number of resamples of the bootstrap.
        seed: Seed of the resamples and of the halves.

    Raises:
        ValueError: For fewer than 2 distances of a kind, or such that are not finite.
    """
    generated, real = _distances("generated", generated), _distances("real", real)
    if resamples < 1:
        raise ValueError(f"`resamples` must be at least 1. Received: resamples={resamples}")
    random = np.random.default_rng(seed)
    areas = [auc(random.choice(generated, len(generated)), random.choice(real, len(real))) for _ in range(resamples)]
    low, high = np.percentile(areas, (2.5, 97.5))
    halves = [np.array_split(random.permutation(values), 2) for values in (generated, real)]
    threshold = best_threshold(halves[0][0], halves[1][0])
    return Detection(
        auc(generated, real),
        (float(low), float(high)),
        threshold,
        float(np.mean(halves[0][1] >= threshold)),
        float(np.mean(halves[1][1] < threshold)),
        float(np.median(generated)),
        float(np.median(real)),
    )


def auc(generated: np.ndarray, real: np.ndarray) -> float:
    """Probability that one of the first is smaller than one of the second, ties counting half (Mann and Whitney's U)."""
    order = np.sort(real)
    above = len(order) - np.searchsorted(order, generated, side="right")
    ties = np.searchsorted(order, generated, side="right") - np.searchsorted(order, generated, side="left")
    return float((above + 0.5 * ties).mean() / len(order))


def best_threshold(generated: np.ndarray, real: np.ndarray) -> float:
    """The threshold t that makes the shares of `generated < t` and `real >= t` greatest in sum (Youden's index).

    It lies in the middle between two distances; of equally good ones it is the lowest.
    """
    values = np.unique(np.concatenate([generated, real]))
    places = (values[1:] + values[:-1]) / 2 if len(values) > 1 else values
    hits = np.searchsorted(np.sort(generated), places) / len(generated)
    alarms = np.searchsorted(np.sort(real), places) / len(real)
    return float(places[np.argmax(hits - alarms)])


def _distances(name: str, values: Any) -> np.ndarray:
    values = np.asarray(values, np.float64)
    if values.ndim != 1 or len(values) < 2 or not np.isfinite(values).all():
        raise ValueError(f"`{name}` must be at least 2 finite distances. Received: shape {values.shape}")
    return values
