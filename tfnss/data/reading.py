"""Images by the batch: of an array, or of a source."""

import hashlib
import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from tfnss.data.kept import Kept
from tfnss.data.mapping import tracked
from tfnss.data.sources import Source
from tfnss.uint8 import check_floats

_PART = 256  # images between two steps of the progress line


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
        self._kept = Kept(len(source), source.shape, self.dtype, cache_gb)

    def __len__(self) -> int:
        return len(self._source)

    @property
    def fingerprint(self) -> str | None:
        return self._source.fingerprint

    @property
    def array(self) -> np.ndarray | None:
        """All images, once all are kept."""
        return self._kept.array

    def read_all(self) -> None:
        """Reads all images that are to be kept, with a progress line where they are many.

        Raises:
            ValueError: For the first image, in order, that cannot be used.
        """
        count = len(self) if self._kept.fits else 0
        starts = range(0, count, _PART)
        for start in tracked(starts, f"reading {self._source.name}", len(starts), count):
            self._kept.keep(np.arange(start, min(start + _PART, count)), self._read)

    def take(self, indices: np.ndarray) -> np.ndarray:
        """The images of these indices, uint8. Several threads may call it at once."""
        return self._kept.take(indices, self._read)

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
