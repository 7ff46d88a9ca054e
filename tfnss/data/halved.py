"""Images of a lower resolution, made of another reader's."""

from typing import Any

import numpy as np

from tfnss.data.kept import Kept


class HalvedReader:
    """The images of another reader with their sides halved, each kept as it is first made where all of them fit in memory.

    Args:
        reader: The other reader.
        halvings: How many times the sides are halved.
        name: What errors call the images.
        cache_gb: Memory that the smaller pixels may take, in gigabytes.

    Raises:
        ValueError: For sides that cannot be halved so often.
    """

    def __init__(self, reader: Any, halvings: int, name: str, cache_gb: float) -> None:
        height, width, channels = reader.shape
        if height % 2**halvings or width % 2**halvings:
            raise ValueError(f"{name}: images of {height}x{width} cannot be halved {halvings} times")
        self._reader, self._halvings, self.dtype = reader, halvings, reader.dtype
        self.shape = (height >> halvings, width >> halvings, channels)
        self._kept = Kept(len(reader), self.shape, self.dtype, cache_gb)

    def __len__(self) -> int:
        return len(self._reader)

    @property
    def fingerprint(self) -> str | None:
        own = self._reader.fingerprint
        return None if own is None else f"{own} halved {self._halvings} times"

    @property
    def array(self) -> np.ndarray | None:
        """All images, once all are kept."""
        return self._kept.array

    def read_all(self) -> None:
        """Makes all images that are to be kept."""
        if self._kept.fits:
            self._reader.read_all()
            for start in range(0, len(self), 256):
                self._kept.keep(np.arange(start, min(start + 256, len(self))), self._made)

    def take(self, indices: np.ndarray) -> np.ndarray:
        """The images of these indices. Several threads may call it at once."""
        return self._kept.take(indices, self._made)

    def _made(self, indices: np.ndarray) -> np.ndarray:
        return halved(self._reader.take(indices), self._halvings)


def halved(images: np.ndarray, halvings: int) -> np.ndarray:
    """Images `[count, height, width, channels]` with sides halved: means over squares of 2^halvings pixels.

    Those of integers are exact means, rounded once to the nearest, halves to the even number, as the official tools do.
    """
    side = 2**halvings
    count, height, width, channels = images.shape
    squares = images.reshape(count, height // side, side, width // side, side, channels)
    if images.dtype.kind == "f":
        return squares.mean((2, 4), dtype=np.float64).astype(images.dtype)
    sums = squares.sum((2, 4), dtype=np.int64)
    return np.rint(sums / side**2).astype(images.dtype)
