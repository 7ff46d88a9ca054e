"""Images of a folder on disk."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from rich.progress import track

from tfnss.data.pixels import read


def folder_images(folder: str | os.PathLike, resolution: int) -> np.ndarray:
    """uint8 `[count, resolution, resolution, 3]`: every file below `folder`, in order of name; hidden files are skipped.

    Raises:
        ValueError: For a missing or empty folder, or a file that is no readable RGB image. The message names it.
    """
    paths = image_paths(folder)
    images = np.empty((len(paths), resolution, resolution, 3), np.uint8)
    with ThreadPoolExecutor() as pool:
        read_all = pool.map(lambda path: read(path, resolution), paths)
        try:
            for index, image in enumerate(track(read_all, "reading images", len(paths), disable=len(paths) < 1000)):
                images[index] = image
        finally:
            pool.shutdown(cancel_futures=True)
    return images


def folder_classes(folder: str | os.PathLike) -> np.ndarray:
    """int64 `[count]`: for every image below `folder`, in order of name, the number of the subfolder it is in.

    Raises:
        ValueError: For a missing or empty folder, or an image that is in no subfolder. The message names it.
    """
    folder = Path(folder).expanduser()
    inside = [path.relative_to(folder).parts for path in image_paths(folder)]
    for parts in inside:
        if len(parts) == 1:
            raise ValueError(f"{folder / parts[0]} has no class: put every image in the subfolder of its class")
    return np.unique([parts[0] for parts in inside], return_inverse=True)[1]


def image_paths(folder: str | os.PathLike) -> list[Path]:
    """Every file below `folder` in order of name, but hidden ones.

    Raises:
        ValueError: For a missing or empty folder. The message names it.
    """
    folder = Path(folder).expanduser()
    if not folder.is_dir():
        raise ValueError(f"{folder} is not a folder; name a folder of images")
    paths = sorted(p for p in folder.rglob("*") if p.is_file() and not _hidden(p.relative_to(folder)))
    if not paths:
        raise ValueError(f"{folder} holds no images; name a folder of images")
    return paths


def _hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)
