"""What is gathered of a set of images in one pass, for any number of metrics."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from tfnss.data.mapping import tracked
from tfnss.metrics import cache
from tfnss.metrics.activations import Activations
from tfnss.metrics.frechet import Moments
from tfnss.metrics.image_sets import ImageSet
from tfnss.metrics.inception_score import InceptionScore
from tfnss.metrics.networks.network import FeatureNetwork, Outputs
from tfnss.metrics.spectrum import Spectra

_SPLITS = 10


class Size:
    """Height, width and channels of a set of images."""

    def __init__(self, shape: tuple[int, ...] | None = None) -> None:
        self.shape = shape

    def update(self, images: np.ndarray) -> None:
        """Takes a batch of images.

        Raises:
            ValueError: If they are of another size than those before.
        """
        shape = images.shape[1:]
        if self.shape not in (None, shape):
            raise ValueError(f"images differ in size: {shape} after {self.shape}; bring them to one size")
        self.shape = shape


@dataclass(frozen=True)
class Statistic:
    """An accumulator, what of a batch it takes, and how it is stored.

    Args:
        create: A new one, from the number of images to come.
        update: Adds a batch of images and their outputs.
        to_arrays: Its content, for one that is kept between runs.
        from_arrays: One of stored content.
        network: Whether it needs a feature network.
    """

    create: Callable[[int], Any]
    update: Callable[[Any, np.ndarray, Any], None]
    to_arrays: Callable[[Any], dict[str, Any]] | None = None
    from_arrays: Callable[[Mapping[str, np.ndarray]], Any] | None = None
    network: bool = True


def _add_score(score: InceptionScore, _: np.ndarray, outputs: Outputs) -> None:
    if outputs.probabilities is None:
        raise ValueError("this feature network has no classes, which the Inception score needs")
    score.update(outputs.probabilities)


def _moments_arrays(moments: Moments) -> dict[str, Any]:
    return {"count": moments.count, "mean": moments.mean, "covariance": moments.covariance}


def _moments(arrays: Mapping[str, np.ndarray]) -> Moments:
    return Moments.from_arrays(int(arrays["count"]), arrays["mean"], arrays["covariance"])


STATISTICS = {
    "moments": Statistic(
        create=lambda count: Moments(),
        update=lambda moments, images, outputs: moments.update(outputs.activations),
        to_arrays=_moments_arrays,
        from_arrays=_moments,
    ),
    "activations": Statistic(
        create=lambda count: Activations(),
        update=lambda kept, images, outputs: kept.update(outputs.activations),
        to_arrays=lambda kept: {"array": kept.array},
        from_arrays=lambda arrays: Activations(arrays["array"]),
    ),
    "score": Statistic(
        create=lambda count: InceptionScore(min(_SPLITS, count), count),
        update=_add_score,
    ),
    "size": Statistic(
        create=lambda count: Size(),
        update=lambda size, images, outputs: size.update(images),
        to_arrays=lambda size: {"shape": np.array(size.shape)},
        from_arrays=lambda arrays: Size(tuple(arrays["shape"].tolist())),
        network=False,
    ),
    "spectra": Statistic(
        create=lambda count: Spectra(),
        update=lambda spectra, images, outputs: spectra.update(images),
        to_arrays=lambda spectra: {"spectrum": spectra.spectrum, **_moments_arrays(spectra.profiles)},
        from_arrays=lambda arrays: Spectra.from_arrays(arrays["spectrum"], _moments(arrays)),
        network=False,
    ),
}


def gather(
    images: ImageSet,
    count: int,
    kinds: Iterable[str],
    network: FeatureNetwork | None,
    batch_size: int = 64,
    keep: bool = False,
    progress: bool = False,
) -> dict[str, Any]:
    """The statistics of `kinds` of `count` images, in one pass.

    Args:
        images: The images.
        count: Number of them to take.
        kinds: Keys of `STATISTICS`.
        network: The feature network; may be None where none of them needs it.
        batch_size: Images at a time.
        keep: Whether to read what an earlier run kept, and to keep what is new.
        progress: Whether to show a progress line.
    """
    kinds = dict.fromkeys(kinds)
    keep = keep and images.fingerprint is not None
    keys = {kind: _key(images, count, kind, network) for kind in kinds} if keep else {}
    stored = {kind: cache.load(key) for kind, key in keys.items() if STATISTICS[kind].from_arrays}
    found = {kind: STATISTICS[kind].from_arrays(arrays) for kind, arrays in stored.items() if arrays}  # type: ignore[misc]
    missing = {kind: STATISTICS[kind].create(count) for kind in kinds if kind not in found}
    if not missing:
        return found
    if network is not None and not any(STATISTICS[kind].network for kind in missing):
        network = None
    batches = tracked(
        images.batches(batch_size, count), f"reading {images.name}", -(-count // batch_size), shown=progress
    )
    for batch in batches:
        outputs = network(batch) if network else None
        for kind, statistic in missing.items():
            STATISTICS[kind].update(statistic, batch, outputs)
    for kind, statistic in missing.items():
        to_arrays = STATISTICS[kind].to_arrays
        if keep and to_arrays:
            cache.store(keys[kind], to_arrays(statistic))
    return found | missing


def _key(images: ImageSet, count: int, kind: str, network: FeatureNetwork | None) -> dict[str, Any]:
    network_key = network.key if network and STATISTICS[kind].network else None
    return {"images": images.fingerprint, "count": count, "network": network_key, "statistic": kind}
