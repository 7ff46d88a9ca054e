"""The real image nearest to each sample, so that copying is seen."""

import math
from typing import NamedTuple

import numpy as np
from scipy.spatial.distance import cdist

from tfnss.data import Images
from tfnss.data.mapping import tracked
from tfnss.metrics.networks import Embedded
from tfnss.metrics.networks.network import FeatureNetwork
from tfnss.uint8 import as_uint8

MOST_IMAGES = 10_000
_ROWS = 256  # of distances at a time


class Nearest(NamedTuple):
    """The nearest real image of each sample.

    Attributes:
        indices: Of the images, int64 `[samples]`.
        distances: Between the activations of the sample and the image, float64 `[samples]`.
        images: uint8 `[samples, height, width, channels]`.
        searched: Number of images that were compared with.
        real_distance: Median distance of these images to the nearest other of them; NaN if there is but one.
    """

    indices: np.ndarray
    distances: np.ndarray
    images: np.ndarray
    searched: int
    real_distance: float


def nearest_images(
    samples: np.ndarray,
    images: np.ndarray | Images,
    network: FeatureNetwork | None = None,
    count: int | None = MOST_IMAGES,
    seed: int = 0,
    batch_size: int = 64,
    progress: bool = False,
) -> Nearest:
    """Finds the real image nearest to each sample, by Euclidean distance between activations of a feature network.

    A sample that is much nearer to an image than images are to one another (`real_distance`) may be a copy of it; what is
    far in the features, such as a mirrored image, can be a copy all the same. The images are read batch by batch; what is
    kept of each is its activations.

    Args:
        samples: `[samples, height, width, 1, 3 or 4]`, uint8 or floats in [-1, 1].
        images: Real images: an array of the same shape and kind, or `tfnss.data.Images`, taken as they are (not mirrored).
        network: The feature network; None for `tfnss.metrics.networks.Embedded`, which needs no download.
        count: Most images to search, chosen by the seed; None for all of them. The time for `real_distance` grows with its
            square: seconds for 10,000.
        seed: Seed of the choice.
        batch_size: Images at a time.
        progress: Whether to show a progress line.

    Raises:
        ValueError: For no samples, samples of another shape than the images or of other channels than 1, 3 or 4, images or
            samples that cannot be used (integers other than uint8, floats out of their range), or numbers below 1.
    """
    samples = np.asarray(samples)
    if samples.ndim != 4 or not len(samples):
        raise ValueError(f"expected samples [samples, height, width, channels]. Received: shape {samples.shape}")
    if batch_size < 1 or (count is not None and count < 1):
        raise ValueError(
            f"`batch_size` and `count` must be at least 1. Received: batch_size={batch_size}, count={count}"
        )
    own = Images(samples, batch_size=1, name="samples")
    reals = images if isinstance(images, Images) else Images(images, batch_size=1)
    chosen = np.random.default_rng(seed).permutation(len(reals))[:count]
    chosen.sort()  # as files are read best, and the first of equals is found
    _check_shapes(samples, reals)
    network = network or Embedded()
    targets = _activations(own, np.arange(len(own)), network, batch_size, progress=False)
    found = _activations(reals, chosen, network, batch_size, progress)
    places, distances = _nearest(targets, found)
    _, among_reals = _nearest(found, found, others=True)
    median = float(np.median(among_reals)) if len(found) > 1 else math.nan
    return Nearest(chosen[places], distances, as_uint8(reals.take(chosen[places]), reals.name), len(chosen), median)


def _check_shapes(samples: np.ndarray, images: Images) -> None:
    shapes = samples.shape[1:], images.take([0]).shape[1:]
    if shapes[0] != shapes[1] or shapes[0][-1] not in (1, 3, 4):
        raise ValueError(
            "nearest images are found of samples and images of one height and width, with 1, 3 or 4 channels. "
            f"Received: samples {shapes[0]} and {images.name} {shapes[1]}"
        )


def _activations(
    images: Images, chosen: np.ndarray, network: FeatureNetwork, batch_size: int, progress: bool
) -> np.ndarray:
    """float64 `[images, d]`."""
    starts = range(0, len(chosen), batch_size)
    batches = [
        network(as_uint8(images.take(chosen[start : start + batch_size]), images.name)).activations
        for start in tracked(starts, f"nearest of {images.name}", len(starts), shown=progress)
    ]
    return np.concatenate(batches).astype(np.float64)


def _nearest(rows: np.ndarray, columns: np.ndarray, others: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """The nearest column of each row, and how far it is; with `others`, row i is not compared with column i."""
    places, found = [], []
    for start in range(0, len(rows), _ROWS):
        distances = cdist(rows[start : start + _ROWS], columns)
        if others:
            index = np.arange(len(distances))
            distances[index, start + index] = np.inf
        places.append(distances.argmin(axis=1))
        found.append(distances.min(axis=1))
    return np.concatenate(places), np.concatenate(found)
