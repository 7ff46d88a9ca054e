"""Networks that grow: images at one of several resolutions, and the fade from the last one to it.

A network holds the layers of all its resolutions from the start and uses those up to the present one. That one is
`halvings` times halved from the full size, a Python integer. While its layers fade in, `fade` of the previous, half as high
resolution is left, in [0, 1). Both together are the level of detail: lod = halvings + fade, 0 for a grown network.

Reference: Karras et al. 2018, Progressive Growing of GANs, figure 2; with nearest neighbours and means of 2x2 pixels.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

import keras
from keras import ops

from tfnss.layers import downsample2d, upsample2d

BOX = (1, 1)  # nearest neighbours, means of 2x2


def enlarged(images: Any, doublings: int = 1) -> Any:
    """Images whose pixels are doubled in height and width, so many times."""
    for _ in range(doublings):
        images = upsample2d(images, BOX)
    return images


def halved(images: Any) -> Any:
    """The means of 2x2 pixels."""
    return downsample2d(images, BOX)


def faded(new: Any, old: Any, fade: Any) -> Any:
    """Two arrays of one shape, `fade` of the old one."""
    fade = ops.cast(fade, new.dtype)
    return (1 - fade) * new + fade * old


def grown_image(
    layers: Callable[[Sequence[int]], Callable[[int], Any]],
    resolutions: Sequence[int],
    lod: keras.Variable,
    halvings: int | None = None,
    fade: Any = None,
) -> Any:
    """The images of a network that grows.

    Args:
        layers: Computes the layers of some nominal resolutions, from the lowest on, and gives the RGB output of each.
        resolutions: All nominal ones, from the lowest on.
        lod: The level of detail that counts where `halvings` is None: images then have the full size, with pixels doubled
            as often as they were halved.
        halvings: How often the sides are halved: images then have the size of that resolution.
        fade: Beside `halvings`, the weight of the resolution below; None for none.

    Raises:
        ValueError: For a resolution that there is not.
    """
    if halvings is None:
        return _image_of_lod(layers, resolutions, lod)
    most = len(resolutions) - 2
    if not 0 <= halvings <= most:
        raise ValueError(f"`halvings` must lie in 0 to {most} for this network. Received: halvings={halvings}")
    used = resolutions[: len(resolutions) - halvings]
    return _faded_with_the_one_below(layers(used), used, fade)


def _faded_with_the_one_below(rgb: Callable[[int], Any], resolutions: Sequence[int], fade: Any) -> Any:
    image = rgb(resolutions[-1])
    return image if fade is None else faded(image, enlarged(rgb(resolutions[-2])), fade)


def _image_of_lod(layers: Callable, resolutions: Sequence[int], lod: keras.Variable) -> Any:
    """Outside of graphs from the resolutions in use alone. A graph may outlive the variable's value, so it computes all."""
    if _eagerly():
        halvings, fade = divided(float(ops.convert_to_numpy(lod)))
        used = resolutions[: len(resolutions) - halvings]
        return enlarged(_faded_with_the_one_below(layers(used), used, fade or None), halvings)
    rgb = layers(resolutions)
    image = rgb(resolutions[0])
    for halvings, resolution in zip(reversed(range(len(resolutions) - 1)), resolutions[1:], strict=True):
        image = faded(rgb(resolution), enlarged(image), ops.clip(lod - halvings, 0.0, 1.0))
    return image


def _eagerly() -> bool:
    """Whether nothing is being traced; of another backend than TensorFlow's it is not known."""
    if keras.backend.backend() != "tensorflow":
        return False
    import tensorflow as tf

    return tf.executing_eagerly()


def divided(lod: float) -> tuple[int, float]:
    """`halvings` and `fade` of a level of detail."""
    halvings = math.floor(lod)
    return halvings, lod - halvings


def add_lod(network: keras.Model) -> keras.Variable:
    """The level of detail as a weight of a network, which nothing trains."""
    return network.add_weight(name="lod", shape=(), initializer="zeros", trainable=False, dtype="float32")
