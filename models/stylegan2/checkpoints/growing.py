"""What progressive growing adds to TensorFlow's networks.

A network of configurations A to D holds a layer to or from RGB for each resolution (`ToRGB_lod2`: of a quarter of the final
side), and a variable `lod`: how many doublings its images are away from the final side. At 0 the last of these layers alone
counts, and what is left of configurations B to D is a network of the architecture `orig`. Networks of configurations E and F
have a `lod` too, but none of their layers reads it.
"""

import re
from collections.abc import Mapping

import numpy as np

from models.stylegan2.checkpoints.names import Arrays

_LOD = re.compile("(synthesis/)?lod")
_RGB = re.compile("((?:synthesis/)?)(ToRGB|FromRGB)_lod([0-9]+)/(.+)")
_BLOCK = re.compile(r"(?:synthesis/)?([0-9]+)x\1/.+")


def without_growing(arrays: Mapping[str, np.ndarray]) -> Arrays:
    """A network's arrays without those of growing, by TensorFlow's names; of the layers to or from RGB the last one stays,
    under its name in networks that do not grow.

    Raises:
        ValueError: For a network that is still growing.
    """
    kept = {name: array for name, array in arrays.items() if not _LOD.fullmatch(name)}
    layers = {name: match for name in kept if (match := _RGB.fullmatch(name))}
    if not layers:
        return kept
    for name in arrays.keys() - kept.keys():
        _check_grown(name, arrays[name])
    side = max((int(match[1]) for name in kept if (match := _BLOCK.fullmatch(name))), default=0)
    for name, match in layers.items():
        array = kept.pop(name)
        network, layer, lod, weight = match.groups()
        if int(lod) == 0:
            kept[f"{network}{side}x{side}/{layer}/{weight}"] = array
    return kept


def _check_grown(name: str, lod: np.ndarray) -> None:
    if lod.shape != ():
        raise ValueError(f"{name!a} has the unexpected shape {lod.shape}")
    if lod != 0:
        raise ValueError(
            f"it holds a network that is still growing (configurations B to D, its lod is {float(lod):g}), which is not "
            "supported; grown ones, of lod 0, are"
        )
