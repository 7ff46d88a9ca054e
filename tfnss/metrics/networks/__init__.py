"""Feature networks, under which sets of images are compared."""

import os

from tfnss.metrics.networks.embedded import Embedded
from tfnss.metrics.networks.inception import Inception
from tfnss.metrics.networks.network import FeatureNetwork, Outputs
from tfnss.metrics.networks.vgg16 import VGG16

NAMES = ("inception", "embedded", "vgg16")

__all__ = ["NAMES", "VGG16", "Embedded", "FeatureNetwork", "Inception", "Outputs", "load"]


def load(
    name: str, inception: str | os.PathLike | None = None, vgg16: str | os.PathLike | None = None
) -> FeatureNetwork:
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
        return Inception(inception)
    if name == "embedded":
        return Embedded()
    if name == "vgg16":
        return VGG16(vgg16 or "imagenet")
    raise ValueError(f"{name} is not a feature network; choose of {', '.join(NAMES)}")
