"""What a metric needs of a feature network."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import tensorflow as tf

from tfnss.colours import rgb


@dataclass(frozen=True)
class Outputs:
    """What a network makes of a batch of images.

    Args:
        activations: float32 `[batch, d]`.
        probabilities: float32 `[batch, classes]`; None for a network without classes.
    """

    activations: np.ndarray
    probabilities: np.ndarray | None = None


class FeatureNetwork(Protocol):
    """A network under which images are compared.

    Attributes:
        name: What results call it.
        key: Tells its weights and preprocessing from all others'; part of the key of cached statistics.
        resize: How it brings images to its size, for results.
        has_classes: Whether it gives probabilities.
        comparable: Whether FID, IS and KID under it are those of the literature.
    """

    name: str
    key: str
    resize: str
    has_classes: bool
    comparable: bool

    def __call__(self, images: np.ndarray) -> Outputs:
        """Outputs for images `[batch, height, width, 1, 3 or 4]`, uint8; ours take floats in [-1, 1] too."""


def resized(images: tf.Tensor, size: int) -> tf.Tensor:
    """Float32 RGB images in [0, 255] of `size`x`size` from uint8 ones: bilinear, half-pixel centres, no antialiasing.

    Rectangles lose their shape, which is how the literature measures them: fakes and reals alike.
    Grey images are repeated three times, and transparent ones laid on white (`tfnss.colours.rgb`).

    This is how TF-GAN's own examples resize; images that are larger than `size` should be made smaller before, with
    antialiasing.
    """
    images = tf.cast(images, tf.float32)
    images = rgb(images, 0.0, 255.0)
    if tuple(images.shape[1:3]) != (size, size):
        images = tf.image.resize(images, (size, size), method="bilinear", antialias=False)
    return images
