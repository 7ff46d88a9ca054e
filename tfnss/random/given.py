"""Sources of noise by hand: each stream is one noise map, kept as it is drawn, given, or left out for chosen layers."""

from collections.abc import Container, Sequence
from typing import Any

import tensorflow as tf

from tfnss import random


class NoiseMaps:
    """A `tfnss.random.Source` whose every stream is one noise map.

    Raises:
        ValueError: For a layer that draws uniform numbers.
    """

    def stream(self) -> random.Stream:
        return self

    def normal(self, shape: Any) -> Any:
        raise NotImplementedError

    def uniform(self, shape: Any) -> Any:
        raise ValueError("the generator's layers draw uniform numbers; only normal noise can be given by hand")


class DrawnNoise(NoiseMaps):
    """Maps drawn from another source, and kept.

    Attributes:
        maps: `[batch, height, width, channels]` each, in the order in which layers asked for them.
    """

    def __init__(self, source: random.Source) -> None:
        self.maps: list[Any] = []
        self._source = source

    def normal(self, shape: Any) -> Any:
        self.maps.append(self._source.stream().normal(shape))
        return self.maps[-1]


class PartialNoise(NoiseMaps):
    """Noise of chosen layers from another source, and zeros for the others. Each layer's is the same, whichever are chosen.

    A layer that shapes its noise, as `tfnss.RiemannianNoise` does, goes on shaping its features.

    Args:
        source: The other source.
        layers: Places of the chosen layers, from 0 on, in the order in which they ask for noise.
    """

    def __init__(self, source: random.Source, layers: Container[int]) -> None:
        self._source, self._layers, self._used = source, layers, 0

    def normal(self, shape: Any) -> Any:
        self._used += 1
        stream = self._source.stream()
        return stream.normal(shape) if self._used - 1 in self._layers else tf.zeros(shape)


class GivenNoise(NoiseMaps):
    """Given maps, in the order in which layers ask for them.

    Args:
        maps: `[batch, height, width, channels]` each; in a graph the batch may be of unknown size.

    Raises:
        ValueError: For maps of another number or other shapes than the layers draw.
    """

    def __init__(self, maps: Sequence[Any]) -> None:
        self._maps, self._used = maps, 0

    def normal(self, shape: Any) -> Any:
        if self._used == len(self._maps):
            raise ValueError(f"`noise` holds {len(self._maps)} maps, fewer than the generator's layers draw")
        noise = tf.convert_to_tensor(self._maps[self._used], tf.float32)
        asked = tuple(None if tf.is_tensor(size) else size for size in shape)  # a batch of unknown size is a tensor
        if not noise.shape.is_compatible_with(asked):
            raise ValueError(f"noise map {self._used} must be {asked}. Received: shape {tuple(noise.shape)}")
        self._used += 1
        return noise

    def check_used(self) -> None:
        """Raises a ValueError if maps are left over."""
        if self._used < len(self._maps):
            raise ValueError(
                f"`noise` holds {len(self._maps)} maps; the generator's layers draw no more than {self._used}"
            )
