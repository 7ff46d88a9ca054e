"""How near models come to the same images: means with their intervals, and differences image by image."""

import itertools
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

_RESAMPLES = 10_000


class Mean(NamedTuple):
    """A mean over images, and its 95 % interval by bootstrap (percentiles of 10,000 resamples of the images)."""

    mean: float
    low: float
    high: float


def bootstrap_mean(values: Any, seed: int = 0) -> Mean:
    """The mean of numbers, with its interval.

    Args:
        values: Floats `[count]`, 1 or more, finite.
        seed: Seed of the resamples.

    Raises:
        ValueError: For other shapes, and numbers that are not finite.
    """
    values = np.asarray(values, np.float64)
    if values.ndim != 1 or not len(values) or not np.isfinite(values).all():
        raise ValueError(f"`values` must be [count], 1 or more, and finite. Received: shape {values.shape}")
    draws = np.random.default_rng(seed)
    means = [values[draws.integers(0, len(values), len(values))].mean() for _ in range(_RESAMPLES)]
    low, high = np.percentile(means, [2.5, 97.5])
    return Mean(float(values.mean()), float(low), float(high))


def paired_differences(values: Mapping[str, Any], seed: int = 0) -> dict[tuple[str, str], Mean]:
    """The mean difference of each two of several, image by image: the second less the first.

    Args:
        values: Floats `[count]` by name, of the same images in the same order.
        seed: Seed of the resamples.

    Raises:
        ValueError: As `bootstrap_mean`, and for other counts.
    """
    arrays = {name: np.asarray(each, np.float64) for name, each in values.items()}
    if len({each.shape for each in arrays.values()}) > 1:
        raise ValueError(f"`values` must be of the same images. Received: {[len(each) for each in arrays.values()]}")
    return {
        (one, other): bootstrap_mean(arrays[other] - arrays[one], seed)
        for one, other in itertools.combinations(arrays, 2)
    }


def psnr(images: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Peak signal-to-noise ratios in decibels, float64 `[count]`, of uint8 images `[count, ...]`; 100 at most.

    Raises:
        ValueError: For images of other shapes.
    """
    if images.shape != targets.shape or images.dtype != np.uint8 or targets.dtype != np.uint8:
        raise ValueError(
            f"`images` and `targets` must be uint8 of one shape. Received: {images.shape}, {targets.shape}"
        )
    differences = (images.astype(np.float64) - targets).reshape(len(images), -1)
    return np.minimum(100.0, 10 * np.log10(255**2 / np.maximum(np.mean(differences**2, axis=1), 1e-12)))


def roughness(distances: Any) -> float:
    """How uneven the steps of a way are: the largest of them over their mean; 1 for steps of one size.

    Args:
        distances: Of each image to the next, floats `[steps]`, 1 or more, not all 0.

    Raises:
        ValueError: For none, and for a way that stands still.
    """
    steps = np.asarray(distances, np.float64)
    if steps.ndim != 1 or not len(steps) or not np.isfinite(steps).all() or steps.mean() <= 0:
        raise ValueError("a way needs steps, of which some are longer than 0")
    return float(steps.max() / steps.mean())
