"""What progressive growing adds to TensorFlow's networks.

A network of configurations A to D holds a layer to or from RGB for each resolution (`ToRGB_lod2`: of a quarter of the final
side), and a variable `lod`: how many doublings its images are away from the final side. Networks of configurations E and F
have a `lod` too, but none of their layers reads it.
"""

import re
from collections.abc import Mapping

import numpy as np

from models.stylegan2.checkpoints.names import Arrays

_LOD = re.compile("(synthesis/)?lod")
_RGB = re.compile("((?:synthesis/)?)(ToRGB|FromRGB)_lod([0-9]{1,2})/(.+)")
_BLOCK = re.compile(r"(?:synthesis/)?([0-9]+)x\1/.+")


def by_resolution(arrays: Mapping[str, np.ndarray]) -> tuple[Arrays, bool]:
    """A network's arrays by TensorFlow's names, those of layers to or from RGB by resolution, as where nothing grows; and
    whether it is one that grows. Its own `lod` is kept if it does and is a generator.

    Raises:
        ValueError: For a `lod` that is no number of 0 or more, or more than there are doublings.
    """
    kept = {name: array for name, array in arrays.items() if not _LOD.fullmatch(name)}
    layers = {name: match for name in kept if (match := _RGB.fullmatch(name))}
    if not layers:
        return kept, False
    side = max((int(match[1]) for name in kept if (match := _BLOCK.fullmatch(name))), default=0)
    for name in arrays.keys() - kept.keys():
        _check_lod(name, arrays[name], side)
    for name, match in layers.items():
        network, layer, lod, weight = match.groups()
        resolution = side >> int(lod)
        kept[f"{network}{resolution}x{resolution}/{layer}/{weight}"] = kept.pop(name)
    if any(name.startswith("synthesis/") for name in kept):
        kept["lod"] = np.asarray(arrays.get("lod", 0), "float32")
    return kept, True


def _check_lod(name: str, lod: np.ndarray, side: int) -> None:
    if lod.shape != ():
        raise ValueError(f"{name!a} has the unexpected shape {lod.shape}")
    most = max(0, side.bit_length() - 3)
    if not 0 <= lod <= most:
        raise ValueError(f"its lod is {float(lod):g}, not a number from 0 to {most} of doublings that are left to grow")
