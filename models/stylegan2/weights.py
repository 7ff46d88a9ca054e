"""StyleGAN2's weights by name: `LAYER/WEIGHT`."""

import re
from collections.abc import Iterator, Mapping, Sequence

import keras
import numpy as np

from models.stylegan2.discriminator import StyleGAN2Discriminator
from models.stylegan2.generator import StyleGAN2Generator
from models.stylegan2.styled import StyledConv2D, ToRGB

Network = StyleGAN2Generator | StyleGAN2Discriminator


def named_weights(network: Network) -> dict[str, keras.Variable]:
    """Every weight of a network, such as `b8_conv0/affine/kernel`; and the generator's `average_style`."""
    named = {f"{layer.name}/{name}": weight for layer in _layers(network) for name, weight in _of_layer(layer).items()}
    if isinstance(network, StyleGAN2Generator):
        named["average_style"] = network.average_style
    return named


def check_weights(network: Network, arrays: Mapping[str, np.ndarray], source: str) -> None:
    """Raises a ValueError if `arrays` are not all the weights of a network, naming `source` and the first difference."""
    named = named_weights(network)
    different = sorted(named.keys() ^ arrays.keys())
    if different:
        where = "lacks" if different[0] in named else "has the unknown weight"
        raise ValueError(f"{source} {where} {different[0]} (and {len(different) - 1} more differ)")
    for name, weight in named.items():
        if tuple(weight.shape) != np.shape(arrays[name]):
            raise ValueError(f"{source}: {name} is {np.shape(arrays[name])}, expected {tuple(weight.shape)}")


def assign_weights(network: Network, arrays: Mapping[str, np.ndarray], source: str) -> None:
    """Gives a network all of its weights.

    Args:
        network: The network.
        arrays: Its weights by name.
        source: Where they are from, for errors.

    Raises:
        ValueError: If one is missing, is left over, or has another shape. The message names it; nothing is assigned then.
    """
    check_weights(network, arrays, source)
    for name, weight in named_weights(network).items():
        weight.assign(arrays[name])


def randomize(network: Network, seed: Sequence[int]) -> None:
    """Draws the initial weights anew, each with a seed of its own: standard normal, as equalised learning rates have it.

    The mapping's are 100 times that, for its learning rate multiplier of 0.01.
    """
    for index, (name, weight) in enumerate(named_weights(network).items()):
        if name.rpartition("/")[2] in ("kernel", "constant", "noise_constant"):
            scale = 100 if re.match(r"(label_)?dense\d", name) else 1
            weight.assign(scale * np.random.default_rng([*seed, index]).standard_normal(weight.shape, "float32"))


def _layers(network: Network) -> Iterator[keras.layers.Layer]:
    if isinstance(network, StyleGAN2Discriminator):
        yield from (*network.blocks.values(), network.dense, network.output_dense, *network.label_dense)
        embed = network.embed
    else:
        yield from network.mapping.dense
        synthesis = network.synthesis
        yield from (synthesis.constant, *synthesis.convs.values(), *synthesis.rgbs.values(), *synthesis.skips.values())
        embed = network.mapping.embed
    if embed is not None:
        yield embed


def _of_layer(layer: keras.layers.Layer) -> dict[str, keras.Variable]:
    if not isinstance(layer, (StyledConv2D, ToRGB)):
        return {weight.name: weight for weight in layer.weights}
    named = {"kernel": layer.conv.kernel, "bias": layer.bias}
    named |= {f"affine/{weight.name}": weight for weight in layer.affine.weights}
    if isinstance(layer, StyledConv2D) and layer.noise is not None:
        named |= {weight.name: weight for weight in layer.noise.weights}
        named["noise_constant"] = layer.noise_constant
    return named
