"""A generator as one function of arrays, without random numbers: what ONNX and LiteRT models hold."""

import math
from typing import Any, NamedTuple

import tensorflow as tf

from tfnss import random
from tfnss.generators import in_float32, latent_width, number_of_classes
from tfnss.random.given import DrawnNoise, GivenNoise
from tfnss.random.stateless import noise_source
from tfnss.uint8 import to_uint8


class Portable(NamedTuple):
    """A generator's function.

    Attributes:
        function: A `tf.function` of `latents` float32 `[count, latent_dim]`, where there are classes `labels` int32
            `[count]`, and where layers draw noise `noise` float32 `[count, numbers]`: their maps, flattened, one after
            the other in the order of the layers. It gives `images`, uint8 `[count, height, width, channels]`. All
            arithmetic is float32. Labels outside the classes are not found out.
        generator: What it computes with: the generator, or a copy in float32 of one of mixed precision.
        noise: The maps' shapes (height, width, channels), in the order of the layers.
    """

    function: Any
    generator: Any
    noise: list[tuple[int, ...]]


def portable(generator: Any) -> Portable:
    """The function of a generator.

    Raises:
        ValueError: For layers that draw uniform numbers.
    """
    generator = in_float32(generator)  # LiteRT computes in no other precision, ONNX Runtime not in bfloat16
    noise = _shapes_of_noise(generator)
    classes = number_of_classes(generator)

    def images(*inputs: Any) -> dict[str, Any]:
        """Images of standard normal latents; of classes and standard normal noise where they are inputs."""
        latents, *rest = inputs
        labels = [tf.one_hot(rest[0], classes)] if classes else []
        source = GivenNoise(_maps(rest[-1], noise) if noise else [])
        with random.scope(source):
            return {"images": to_uint8(generator(latents, *labels, training=False))}

    specs = [tf.TensorSpec([None, latent_width(generator)], tf.float32, "latents")]
    specs += [tf.TensorSpec([None], tf.int32, "labels")] if classes else []
    specs += [tf.TensorSpec([None, sum(map(math.prod, noise))], tf.float32, "noise")] if noise else []
    return Portable(tf.function(images, input_signature=specs, autograph=False), generator, noise)


def _shapes_of_noise(generator: Any) -> list[tuple[int, ...]]:
    widths = [latent_width(generator), number_of_classes(generator)]
    source = DrawnNoise(noise_source(0, 0))
    with random.scope(source):
        generator(*(tf.zeros((1, width)) for width in widths if width), training=False)
    return [tuple(noise.shape[1:]) for noise in source.maps]


def _maps(noise: Any, shapes: list[tuple[int, ...]]) -> list[Any]:
    """Maps `[count, height, width, channels]` of noise `[count, numbers]`."""
    parts = tf.split(noise, [math.prod(shape) for shape in shapes], axis=1)
    return [tf.reshape(part, (-1, *shape)) for part, shape in zip(parts, shapes, strict=True)]
