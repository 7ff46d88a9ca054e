"""Activations of a feature network, kept for the metrics that compare them one by one."""

from typing import Any

import numpy as np


class Activations:
    """A growing float32 array of activations."""

    def __init__(self, array: np.ndarray | None = None) -> None:
        self._batches: list[np.ndarray] = [] if array is None else [array]

    def update(self, activations: np.ndarray) -> None:
        """Adds activations `[count, d]`."""
        self._batches.append(np.asarray(activations, np.float32))

    @property
    def array(self) -> np.ndarray:
        """`[count, d]`.

        Raises:
            ValueError: If there are none.
        """
        if not self._batches:
            raise ValueError("no activations yet: call `update` first")
        if len(self._batches) > 1:
            self._batches = [np.concatenate(self._batches)]
        return self._batches[0]


def as_pair(a: Any, b: Any) -> tuple[np.ndarray, np.ndarray]:
    """Two sets of activations of one width.

    Raises:
        ValueError: For other shapes, widths that differ, or values that are not finite.
    """
    a, b = np.asarray(a), np.asarray(b)
    for array in (a, b):
        if array.ndim != 2 or not array.size:
            raise ValueError(f"expected activations [count, d]. Received: shape {array.shape}")
        if not np.isfinite(array).all():
            raise ValueError("activations are not finite: a network or its images hold NaN or infinity")
    if a.shape[1] != b.shape[1]:
        raise ValueError(f"activations differ in width: {a.shape[1]} and {b.shape[1]}; use one feature network")
    return a, b
