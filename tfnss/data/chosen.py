"""Some of the images of a place."""

import hashlib
from collections.abc import Iterator

import numpy as np

from tfnss.data.sources import Original, Originals


class Chosen:
    """`Originals` with some numbers of others', in their order.

    Args:
        originals: All of them.
        numbers: Which, each once.
    """

    def __init__(self, originals: Originals, numbers: np.ndarray) -> None:
        self._originals, self._numbers = originals, np.sort(np.asarray(numbers, np.int64))
        self.name, self.classes = originals.name, originals.classes
        chosen = hashlib.sha256(self._numbers.astype("<i8").tobytes()).hexdigest()
        self.fingerprint = f"{originals.fingerprint}, {len(self._numbers)} chosen {chosen}"

    def __len__(self) -> int:
        return len(self._numbers)

    def between(self, start: int, stop: int) -> Iterator[Original]:
        numbers = self._numbers[start:stop].tolist()
        if not numbers:
            return
        chosen, first, last = set(numbers), numbers[0], numbers[-1]
        # One after the other, those between too: whoever jumps to an image of some data sets reads all before it.
        for number, original in zip(range(first, last + 1), self._originals.between(first, last + 1), strict=True):
            if number in chosen:
                yield original
