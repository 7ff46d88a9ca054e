"""Feature networks by name. Only the chosen one is imported."""

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tfnss.metrics.networks.network import FeatureNetwork

NAMES = ("inception", "embedded", "vgg16")
"""The feature networks that `load` knows by name."""


def load(
    name: str, inception: str | os.PathLike | None = None, vgg16: str | os.PathLike | None = None
) -> "FeatureNetwork":
    """A feature network by name.

    Args:
        name: `inception` (FID, IS and KID of the literature), `embedded` (comes with tfnss, comparable with itself alone)
            or `vgg16` (precision and recall of the literature).
        inception: Folder of Inception's SavedModel, instead of TensorFlow Hub.
        vgg16: File of VGG16's weights, instead of Keras' download.

    Raises:
        ValueError: For another name, or a network that cannot be had. The message says how to get it.
    """
    if name == "inception":
        from tfnss.metrics.networks.inception import Inception

        return Inception(inception)
    if name == "embedded":
        from tfnss.metrics.networks.embedded import Embedded

        return Embedded()
    if name == "vgg16":
        from tfnss.metrics.networks.vgg16 import VGG16

        return VGG16(vgg16 or "imagenet")
    raise ValueError(f"{name} is not a feature network; choose of {', '.join(NAMES)}")
