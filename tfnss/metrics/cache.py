"""Statistics of real images, kept between runs."""

import hashlib
import json
import warnings
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from tfnss import files

_FORMAT = 1


def load(key: Mapping[str, object]) -> dict[str, np.ndarray] | None:
    """The arrays that were stored under a key; None if there are none, or they are damaged."""
    try:
        with open(_path(key), "rb") as file, np.load(file, allow_pickle=False) as arrays:
            return dict(arrays)
    except Exception:  # of many kinds, as an archive is damaged in many ways
        return None


def store(key: Mapping[str, object], arrays: Mapping[str, np.ndarray]) -> None:
    """Keeps arrays under a key; warns where they cannot be written."""
    try:
        with files.replacing(_path(key), several=True) as temporary:
            np.savez(temporary, **arrays)  # type: ignore[arg-type]
    except OSError as error:
        warnings.warn(f"statistics are not kept: {error}; name another folder by {files.CACHE}", stacklevel=2)


def _path(key: Mapping[str, object]) -> Path:
    text = json.dumps({"format": _FORMAT, **key}, sort_keys=True)
    return files.cache_folder() / "statistics" / f"{hashlib.sha256(text.encode()).hexdigest()[:32]}.npz"
