"""Images by the batch: of an array, or of a source."""

import hashlib
import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from tfnss.data.mapping import tracked
from tfnss.data.sources import Source

_PART = 256  # images between two steps of the progress line
_ROUNDING = 1e-3  # by which floats may leave [-1, 1]


class ArrayReader:
    """Images of an array `[count, height, width, channels]`.

    Args:
        array: The array, uint8 or floats in [-1, 1].
        name: What errors call it.
        unit: Whether floats are in [0, 1], and are to be brought to [-1, 1].

    Raises:
        ValueError: For another kind of array, floats out of their range, or NaN.
    """

    def __init__(self, array: np.ndarray, name: str, unit: bool = False) -> None:
        if array.ndim != 4 or not (array.dtype == np.uint8 or array.dtype.kind == "f"):
            raise ValueError(
                f"{name}: expected an array [count, height, width, channels] of uint8 or floats in [-1, 1]. "
                f"Received: shape {array.shape}, {array.dtype}"
            )
        if array.dtype.kind == "f" and array.size:
            check_floats(float(array.min()), float(array.max()), name, unit)
            array = 2 * array - 1 if unit else array
        self.array, self.shape, self.dtype = array, array.shape[1:], array.dtype

    def __len__(self) -> int:
        return len(self.array)

    @property
    def fingerprint(self) -> str:
        digest = hashlib.sha256(np.ascontiguousarray(self.array).data).hexdigest()
        return f"{self.array.shape} {self.array.dtype} {digest}"

    def read_all(self) -> None:
        """Nothing: all is in memory."""

    def take(self, indices: np.ndarray) -> np.ndarray:
        """The images of these indices."""
        return self.array[indices]


class SourceReader:
    """Images of a source, read by several threads, and kept where all of them fit in memory.

    Args:
        source: The source.
        cache_gb: Memory that pixels may take, in gigabytes. If those of all images fit, each image is read once.
    """

    dtype = np.dtype(np.uint8)

    def __init__(self, source: Source, cache_gb: float) -> None:
        self._source, self.shape = source, source.shape
        self._pool = ThreadPoolExecutor(os.cpu_count(), thread_name_prefix="tfnss-reading")
        shape = (len(source), *source.shape)
        fits = np.prod(shape, dtype=float) <= cache_gb * 1e9
        self._kept = np.empty(shape, np.uint8) if fits else None
        self._known = np.zeros(len(source), bool)

    def __len__(self) -> int:
        return len(self._source)

    @property
    def fingerprint(self) -> str | None:
        return self._source.fingerprint

    @property
    def array(self) -> np.ndarray | None:
        """All images, once all are kept."""
        return self._kept if self._known.all() else None

    def read_all(self) -> None:
        """Reads all images that are to be kept, with a progress line where they are many.

        Raises:
            ValueError: For the first image, in order, that cannot be used.
        """
        count = len(self) if self._kept is not None else 0
        starts = range(0, count, _PART)
        for start in tracked(starts, f"reading {self._source.name}", len(starts), count):
            self._keep(np.arange(start, min(start + _PART, count)))

    def take(self, indices: np.ndarray) -> np.ndarray:
        """The images of these indices, uint8. Several threads may call it at once."""
        if self._kept is None:
            return self._read(indices)
        self._keep(indices)
        return self._kept[indices]

    def _keep(self, indices: np.ndarray) -> None:
        missing = np.unique(indices[~self._known[indices]])
        if self._kept is not None and len(missing):
            self._kept[missing] = self._read(missing)
            self._known[missing] = True  # last: other threads go by it

    def _read(self, indices: np.ndarray) -> np.ndarray:
        images = np.empty((len(indices), *self.shape), np.uint8)

        def read(place: int) -> None:
            image = self._source.read(int(indices[place]))
            if image.shape != self.shape or image.dtype != np.uint8:
                raise ValueError(
                    f"{self._source.name}: expected images of uint8 {self.shape}. "
                    f"Received: {image.dtype} {image.shape} as number {indices[place]}"
                )
            images[place] = image

        for _ in self._pool.map(read, range(len(indices))):
            pass
        return images


def check_floats(low: float, high: float, name: str, unit: bool = False) -> None:
    """Checks the lowest and the highest of the floats of images, which are to be in [-1, 1], or with `unit` in [0, 1].

    Raises:
        ValueError: For NaN, values out of the range, or without `unit` none below 0: those are in [0, 1], as `x / 255` gives
            them.
    """
    if np.isnan(low):
        raise ValueError(f"{name} holds NaN; floats are to be in [-1, 1]")
    if unit:
        if low < -_ROUNDING or high > 1 + _ROUNDING:
            raise ValueError(
                f"{name}: floats are to be in [0, 1], as value_range=(0, 1) says; leave that out for floats in [-1, 1], "
                f"and give pixels of 0 to 255 as uint8. Received: values from {low:.4g} to {high:.4g}"
            )
        return
    if low >= 0 and high <= 1 + _ROUNDING:
        raise ValueError(
            f"{name}: floats are to be in [-1, 1], and these are in [0, 1]: give "
            f"`2 * x - 1`, uint8, or Images(..., value_range=(0, 1)). Received: values from {low:.4g} to {high:.4g}"
        )
    if low < -1 - _ROUNDING or high > 1 + _ROUNDING:
        raise ValueError(
            f"{name}: floats are to be in [-1, 1]; give pixels of 0 to 255 as uint8 (or as x / 127.5 - 1), and clip others. "
            f"Received: values from {low:.4g} to {high:.4g}"
        )
