"""The styles of projected pictures, as `tfnss project` writes them and other commands read them."""

import os
import zipfile
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from tfnss import files


class NamedStyles(NamedTuple):
    """Styles of pictures, by name.

    Attributes:
        names: Names of the pictures.
        styles: float32 `[count, slots, style_dim]`.
        noise: Maps `[count, height, width, 1 or channels]`, one for each layer that draws noise.
    """

    names: list[str]
    styles: np.ndarray
    noise: list[np.ndarray]


def save_styles(
    path: str | os.PathLike, names: Sequence[str], styles: Any, noise: Sequence[Any] = (), **more: Any
) -> None:
    """Writes styles, and more arrays by their names, as an archive of NumPy arrays."""
    arrays = {"names": np.array(names), "styles": np.asarray(styles), **more}
    arrays |= {f"noise{index}": np.asarray(maps) for index, maps in enumerate(noise)}
    with files.replacing(files.expanded(path)) as temporary, open(temporary, "wb") as file:
        np.savez(file, **arrays)


def load_styles(path: str | os.PathLike) -> NamedStyles:
    """Reads what `save_styles` wrote. Nothing in the file is executed.

    Raises:
        ValueError: For a file that is missing, damaged or another. The message names it.
    """
    path = files.expanded(path)
    try:
        with np.load(path, allow_pickle=False) as saved:
            names, styles = [str(name) for name in saved["names"]], saved["styles"]
            maps = sum(name.startswith("noise") for name in saved.files)
            noise = [saved[f"noise{index}"] for index in range(maps)]
        if styles.ndim != 3 or not len(names) == len(styles) > 0 or len(set(names)) < len(names):
            raise ValueError("its names and styles do not go together")
        if any(each.ndim != 4 or len(each) != len(styles) for each in noise):
            raise ValueError("its noise is not of its styles")
        if not all(array.dtype.kind == "f" and np.isfinite(array).all() for array in (styles, *noise)):
            raise ValueError("it holds NaN or infinity")
        if not all(files.is_file_name(name) for name in names):
            raise ValueError("its names are no names of files")
    except (OSError, KeyError, ValueError, TypeError, EOFError, zipfile.BadZipFile) as error:
        raise ValueError(f"{path} is missing, damaged or not of `tfnss project` ({error})") from error
    return NamedStyles(names, styles.astype(np.float32), noise)
