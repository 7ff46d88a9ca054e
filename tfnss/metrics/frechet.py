"""The Fréchet distance between two sets of activations (Heusel et al. 2017), with TF-GAN's matrix root."""

import warnings
from typing import Any, Protocol, cast

import numpy as np

from tfnss.metrics import tfgan


class Gaussian(Protocol):
    """What the distance needs of a set of activations: `Moments`, or a `tfnss.metrics.Reference`.

    Attributes:
        count: Number of images; None where it is not known.
        mean: float64 `[d]`.
        covariance: float64 `[d, d]`.
    """

    @property
    def count(self) -> int | None: ...

    @property
    def mean(self) -> np.ndarray: ...

    @property
    def covariance(self) -> np.ndarray: ...


class Moments:
    """Count, mean and covariance of a stream of activations, in float64 and memory O(d²).

    The result does not depend on how the stream is cut into batches, but for rounding.
    """

    def __init__(self) -> None:
        self.count = 0
        self._shift: np.ndarray | None = None  # near the mean: the sums cancel nothing
        self._sum: Any = 0.0
        self._products: Any = 0.0

    @classmethod
    def of(cls, activations: np.ndarray | Gaussian) -> Gaussian:
        """The moments of an array `[count, d]`; moments are given back as they are."""
        if hasattr(activations, "covariance"):
            return cast(Gaussian, activations)
        moments = cls()
        moments.update(activations)
        return moments

    @classmethod
    def from_arrays(cls, count: int, mean: np.ndarray, covariance: np.ndarray) -> "Moments":
        """Moments that were computed before."""
        moments = cls()
        moments.count, moments._shift, moments._sum = int(count), np.asarray(mean, np.float64), np.zeros(len(mean))
        moments._products = np.asarray(covariance, np.float64) * (moments.count - 1)
        return moments

    def update(self, activations: np.ndarray) -> None:
        """Adds activations `[count, d]`.

        Raises:
            ValueError: For another shape or width, or values that are not finite.
        """
        activations = _checked(activations)
        if self._shift is None:
            self._shift = activations.mean(axis=0)
        if activations.shape[1] != len(self._shift):
            raise ValueError(
                f"activations differ in width: {activations.shape[1]} after {len(self._shift)}; use one feature network"
            )
        centred = activations - self._shift
        self.count += len(centred)
        self._sum = self._sum + centred.sum(axis=0)
        self._products = self._products + centred.T @ centred

    @property
    def mean(self) -> np.ndarray:
        """`[d]`."""
        self._require(1)
        return self._shift + self._sum / self.count

    @property
    def covariance(self) -> np.ndarray:
        """Unbiased, `[d, d]`."""
        self._require(2)
        mean = self._sum / self.count
        return (self._products - self.count * np.outer(mean, mean)) / (self.count - 1)

    def _require(self, count: int) -> None:
        if self.count < count:
            raise ValueError(f"the Fréchet distance needs at least {count} images on each side. Received: {self.count}")


class FrechetDistance:
    """Streaming `frechet_distance`: `real.update(...)`, `fake.update(...)`, `result()`, in memory O(d²)."""

    def __init__(self) -> None:
        self.real, self.fake = Moments(), Moments()

    def result(self) -> float:
        return frechet_distance(self.real, self.fake)


def frechet_distance(real_activations: np.ndarray | Gaussian, fake_activations: np.ndarray | Gaussian) -> float:
    """Fréchet distance between Gaussians of the mean and covariance of two sets of activations.

    With Inception's pool3 activations of 8-bit images this is the FID:
    |μ - μ'|² + tr(Σ + Σ' - 2 (ΣΣ')^½), unbiased covariances, float64 throughout.

    Args:
        real_activations: `[count, d]`, or `Moments` or a `Reference` of them; at least 2.
        fake_activations: The same of the other set; the counts may differ.

    Raises:
        ValueError: For fewer than 2 activations, widths that differ, or values that are not finite.

    Warns:
        UserWarning: If a covariance is singular, as with d or fewer activations: the distance is then biased upwards.
    """
    real, fake = Moments.of(real_activations), Moments.of(fake_activations)
    distance = distance_of_moments(real, fake)
    for moments in (real, fake):
        _warn_if_singular(moments)
    return distance


def distance_of_moments(real: Gaussian, fake: Gaussian) -> float:
    """`frechet_distance` without its warning."""
    means, covariances = (real.mean, fake.mean), (real.covariance, fake.covariance)
    if len(means[0]) != len(means[1]):
        raise ValueError(f"activations differ in width: {len(means[0])} and {len(means[1])}; use one feature network")
    squared = float(np.sum((means[0] - means[1]) ** 2))
    largest = max(float(np.trace(covariance)) for covariance in covariances)  # bounds all eigenvalues
    if largest == 0:
        return squared
    # TF-GAN takes no root below 1e-10: at this scale that is beneath the rounding of float64, whatever the activations'.
    scale = 100 / largest
    root = tfgan.trace_sqrt_product(covariances[0] * scale, covariances[1] * scale) / scale
    return squared + float(np.trace(covariances[0]) + np.trace(covariances[1])) - 2 * root


def _warn_if_singular(moments: Gaussian) -> None:
    dimensions, count = len(moments.mean), moments.count
    rank = int(np.linalg.matrix_rank(moments.covariance, hermitian=True))
    if rank < dimensions:
        warnings.warn(
            f"the covariance of {'' if count is None else f'{count} '}activations of width {dimensions} has rank {rank}: "
            "the Fréchet distance is biased upwards, and comparable at equal counts only"
            + (f"; use more than {dimensions} images" if count is not None and count <= dimensions else ""),
            stacklevel=3,
        )


def _checked(activations: Any) -> np.ndarray:
    activations = np.asarray(activations, np.float64)
    if activations.ndim != 2 or not activations.size:
        raise ValueError(f"expected activations [count, d]. Received: shape {activations.shape}")
    if not np.isfinite(activations).all():
        raise ValueError("activations are not finite: a network or its images hold NaN or infinity")
    return activations
