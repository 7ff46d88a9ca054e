"""Statistics of real images in a file, which stand in for the images."""

import json
import os
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tfnss import files
from tfnss.files import expanded
from tfnss.metrics.catalog import MIN_IMAGES
from tfnss.metrics.networks.choice import NAMES
from tfnss.metrics.networks.inception import HANDLE
from tfnss.metrics.networks.network import FeatureNetwork

_FORMAT = 1
_ABOUT = "tfnss"  # the entry that tells what the statistics are of, which files of other tools lack
_TOLERANCE = 1e-5  # of what float32 leaves of a covariance, as a share of its largest entry or eigenvalue
_REMEDY = "write it anew with --save-reference"


@dataclass(frozen=True, eq=False)
class Reference:
    """Mean and covariance of the activations of real images: what the FID needs of them, in place of the images.

    `Evaluation.reference` makes one, and `Evaluation` takes one instead of images. Its file is an npz archive of `mu` and
    `sigma`, as those of pytorch-fid, TTUR and clean-fid, which read it; an entry `tfnss` holds the rest as JSON.

    Args:
        mean: float64 `[d]`.
        covariance: float64 `[d, d]`, unbiased.
        count: Number of images; None where a file of another tool does not tell it.
        network: Name of the feature network (`FeatureNetwork.name`); None where the file does not tell it.
        key: Tells the network from all others (`FeatureNetwork.key`).
        resize: How the network brought the images to its size.
        size: Height and width of the images in pixels.
        name: What the images are called.
        labels: Their classes, integers `[count]`, whose shares the classes of samples follow; None for none.
        place: The file that it was read from.

    Example:

    ```python
    Evaluation("~/faces", network=network, real_images=None).reference().save("faces.npz")
    Evaluation(Reference.load("faces.npz"), network=network)(gan)
    ```
    """

    mean: np.ndarray
    covariance: np.ndarray
    count: int | None = None
    network: str | None = None
    key: str | None = None
    resize: str | None = None
    size: tuple[int, int] | None = None
    name: str = "reference"
    labels: np.ndarray | None = None
    place: Path | None = None

    @property
    def foreign(self) -> bool:
        """Whether it is a file of another tool, which tells neither the network nor how images were resized."""
        return self.network is None

    @property
    def features(self) -> str | None:
        """The network's name in `tfnss.metrics.networks.NAMES`; None if it is none of those, or not told."""
        first = (self.network or "").split(" ")[0]
        return first if first in NAMES else None

    def save(self, path: str | os.PathLike) -> None:
        """Writes a file, which is whole or not there, and which `load` takes.

        Raises:
            ValueError: For a name that does not end in `.npz`, statistics of a network without `count`, `key`, `resize` or
                `size`, or labels that are not one for each image.
            OSError: For a file that cannot be written.
        """
        path = expanded(path)
        if path.suffix != ".npz":
            raise ValueError(f"{path} must end in .npz: it is an archive of NumPy arrays")
        arrays = {"mu": self.mean, "sigma": self.covariance}
        if not self.foreign:
            arrays[_ABOUT] = np.array(json.dumps({"format": _FORMAT, **self._told()}))
        if self.labels is not None:
            arrays["labels"] = self.labels
        with files.replacing(path) as temporary:
            np.savez(temporary, **arrays)  # type: ignore[arg-type]

    def _told(self) -> dict[str, Any]:
        """What a file tells beside the statistics."""
        if self.count is None or self.size is None or self.key is None or self.resize is None:
            lacking = [name for name in ("count", "key", "resize", "size") if getattr(self, name) is None]
            raise ValueError(
                f"{self.called} cannot be saved without {' and '.join(lacking)}, as it is of the network {self.network}: "
                f"give Reference(..., {lacking[0]}=...)"
            )
        count, (height, width) = int(self.count), self.size
        if count < MIN_IMAGES:
            raise ValueError(f"{self.called} is of {count} images; at least {MIN_IMAGES} are needed: take more")
        try:
            _check_labels(self.labels, count)
        except ValueError as error:
            raise ValueError(f"{self.called} has {error}; give integers >= 0 [{count}], one per image") from None
        told = {name: getattr(self, name) for name in ("network", "key", "resize", "name")}
        return {"count": count, "size": [int(height), int(width)], **told}

    @classmethod
    def load(cls, path: str | os.PathLike) -> "Reference":
        """Reads a file of `save`, or one of another tool that holds `mu` and `sigma`. Nothing in it is executed.

        Raises:
            ValueError: For a file that is missing, damaged or of another kind, or values that are no mean and covariance.
                The message names it.
        """
        place = expanded(path)
        arrays = _read(place)
        mean, covariance = _statistics(place, arrays)
        about = _about(place, arrays)
        labels = arrays.get("labels")
        labels = None if labels is None else labels.astype(np.int64)
        return cls(mean, covariance, **({"name": place.name} | about), labels=labels, place=place)

    def check(self, network: FeatureNetwork) -> None:
        """Raises a ValueError if the statistics are not of this network's activations; warns where that cannot be told."""
        width = network(np.zeros((1, 32, 32, 3), np.uint8)).activations.shape[1]
        if not self.foreign and self.key != network.key:
            other_copy = self.network == network.name
            if not (other_copy and HANDLE in (self.key, network.key)):
                weights = ", with other weights" if other_copy else ""
                remedy = f"choose --features {self.features}" if self.features and not other_copy else _REMEDY
                raise ValueError(
                    f"{self.called} holds statistics of the features {self.network}{weights}, not {network.name}: {remedy}"
                )
            warnings.warn(
                f"{self.called} is of Inception from {self.key}, and this is {network.key}: they are one network only if "
                f"the folder holds what is unpacked of {HANDLE}",
                stacklevel=3,
            )
        if width != len(self.mean):
            raise ValueError(
                f"{self.called} holds statistics of {len(self.mean)} features, and {network.name} has {width}: choose the "
                "network that they are of with --features, or name another file"
            )

    def check_size(self, height: int, width: int) -> None:
        """Raises a ValueError if the statistics are of images of another size than this, in pixels."""
        if self.size not in (None, (height, width)):
            raise ValueError(
                f"{self.called} is of images of {self.size[1]}x{self.size[0]}, not {width}x{height}: "
                "name statistics of that size, or the real images"
            )

    @property
    def called(self) -> str:
        """What errors call it."""
        return str(self.place or self.name)

    @property
    def described(self) -> str:
        """What results call it."""
        return f"{self.called} (of another tool: its resizing is not known)" if self.foreign else self.called


# -- reading ---


def _read(place: Path) -> dict[str, np.ndarray]:
    """The entries that are looked at."""
    if not place.is_file():
        raise ValueError(f"{place} is {'a folder' if place.is_dir() else 'not there'}: name a file of --save-reference")
    try:
        with open(place, "rb") as file:
            archive = np.load(file, allow_pickle=False)
            if isinstance(archive, np.ndarray):
                raise ValueError("a single array, not an archive of them")
            return {name: archive[name] for name in ("mu", "sigma", _ABOUT, "labels") if name in archive}
    except Exception as error:  # of many kinds: zip, deflate, headers, memory
        raise ValueError(f"{place} is damaged, or no archive of plain arrays ({error}): {_REMEDY}") from error


def _statistics(place: Path, arrays: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    for name in ("mu", "sigma"):
        if name not in arrays:
            raise ValueError(
                f"{place} holds no {name}: statistics are an npz file of mu [d] and sigma [d, d]; {_REMEDY}"
            )
    mean, covariance = arrays["mu"], arrays["sigma"]
    if any(array.dtype.kind not in "fiu" for array in (mean, covariance)):
        raise ValueError(
            f"{place} holds mu of {mean.dtype} and sigma of {covariance.dtype}, not real numbers: {_REMEDY}"
        )
    if mean.ndim != 1 or not mean.size or covariance.shape != 2 * mean.shape:
        raise ValueError(
            f"{place} holds mu of shape {mean.shape} and sigma of shape {covariance.shape}, not [d] and [d, d]: {_REMEDY}"
        )
    mean, covariance = mean.astype(np.float64), covariance.astype(np.float64)
    if not (np.isfinite(mean).all() and np.isfinite(covariance).all()):
        raise ValueError(f"{place} holds statistics that are not finite: {_REMEDY}")
    largest = np.abs(covariance).max()
    if np.abs(covariance - covariance.T).max() > _TOLERANCE * largest:
        raise ValueError(f"{place} holds a sigma that is not symmetric, so no covariance: {_REMEDY}")
    covariance = (covariance + covariance.T) / 2
    eigenvalues = np.linalg.eigvalsh(covariance)
    if eigenvalues[0] < -_TOLERANCE * max(eigenvalues[-1], 0.0):
        raise ValueError(f"{place} holds a sigma with a negative eigenvalue, so no covariance: {_REMEDY}")
    return mean, covariance


def _about(place: Path, arrays: dict[str, np.ndarray]) -> dict[str, Any]:
    """What a file tells beside the statistics; nothing for a file of another tool."""
    if _ABOUT not in arrays:
        arrays.pop("labels", None)
        return {}
    try:
        about = json.loads(arrays[_ABOUT].item())
        version, count, size = about.pop("format"), about["count"], about["size"]
        if not isinstance(version, int):
            raise TypeError("format")
        if version == _FORMAT:
            texts = {name: about[name] for name in ("network", "key", "resize", "name")}
            if not all(isinstance(text, str) for text in texts.values()):
                raise TypeError("a value of another kind")
            height, width = map(int, size)
            about = {**texts, "count": int(count), "size": (height, width)}
            _check_labels(arrays.get("labels"), int(count))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{place} is damaged ({_ABOUT}: {error}): {_REMEDY}") from error
    if version != _FORMAT:
        raise ValueError(f"{place} is of format {version}, which this version of tfnss does not know: {_REMEDY}")
    if about["count"] < MIN_IMAGES:
        raise ValueError(
            f"{place} is of {count} images; at least {MIN_IMAGES} are needed: {_REMEDY}, with more --reals"
        )
    return about


def _check_labels(labels: np.ndarray | None, count: int) -> None:
    if labels is not None and (labels.shape != (count,) or labels.dtype.kind not in "iu" or labels.min() < 0):
        raise ValueError(f"labels of shape {labels.shape}, {labels.dtype}")
