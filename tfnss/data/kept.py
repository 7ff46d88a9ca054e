"""Images that are made once each, where all of them fit in memory."""

from collections.abc import Callable

import numpy as np


class Kept:
    """Room for images that can be made, and those of them that were asked for.

    Args:
        count: Number of images.
        shape: Of one of them.
        dtype: Of their pixels.
        cache_gb: Memory that they may take, in gigabytes. If all of them do not fit, none is kept.
    """

    def __init__(self, count: int, shape: tuple[int, ...], dtype: np.dtype, cache_gb: float) -> None:
        whole = (count, *shape)
        self.fits = bool(np.prod(whole, dtype=float) * dtype.itemsize <= cache_gb * 1e9)
        self._images = np.empty(whole if self.fits else (0, *shape), dtype)
        self._known = np.zeros(count, bool)

    @property
    def array(self) -> np.ndarray | None:
        """All images, once all are kept."""
        return self._images if self.fits and self._known.all() else None

    def keep(self, indices: np.ndarray, make: Callable[[np.ndarray], np.ndarray]) -> None:
        """Makes those of these images that are not kept yet. They must fit."""
        missing = np.unique(indices[~self._known[indices]])
        if len(missing):
            self._images[missing] = make(missing)
            self._known[missing] = True  # last: other threads go by it

    def take(self, indices: np.ndarray, make: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
        """The images of these indices. Several threads may call it at once."""
        if not self.fits:
            return make(indices)
        self.keep(indices, make)
        return self._images[indices]
