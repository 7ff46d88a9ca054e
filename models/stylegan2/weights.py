"""StyleGAN2's weights by name: `LAYER/WEIGHT`."""

from collections.abc import Iterator, Mapping

import keras
import numpy as np

from models.stylegan2.discriminator import StyleGAN2Discriminator
from models.stylegan2.generator import StyleGAN2Generator
from models.stylegan2.styled import StyledConv2D, ToRGB


def named_weights(network: StyleGAN2Generator | StyleGAN2Discriminator) -> dict[str, keras.Variable]:
    """Every weight of a network, such as `b8_conv0/affine/kernel`; and the generator's `average_style`."""
    named = {f"{layer.name}/{name}": weight for layer in _layers(network) for name, weight in _of_layer(layer).items()}
    if isinstance(network, StyleGAN2Generator):
        named["average_style"] = network.average_style
    return named


def assign_weights(
    network: StyleGAN2Generator | StyleGAN2Discriminator, arrays: Mapping[str, np.ndarray], source: str
) -> None:
    """Gives a network all of its weights.

    Args:
        network: The network.
        arrays: Its weights by name.
        source: Where they are from, for errors.

    Raises:
        ValueError: If one is missing, is left over, or has another shape. The message names it; nothing is assigned then.
    """
    named = named_weights(network)
    different = sorted(named.keys() ^ arrays.keys())
    if different:
        where = "lacks" if different[0] in named else "has the unknown weight"
        raise ValueError(f"{source} {where} {different[0]} (and {len(different) - 1} more differ)")
    for name, weight in named.items():
        if tuple(weight.shape) != np.shape(arrays[name]):
            raise ValueError(f"{source}: {name} is {np.shape(arrays[name])}, expected {tuple(weight.shape)}")
    for name, weight in named.items():
        weight.assign(arrays[name])


def _layers(network: StyleGAN2Generator | StyleGAN2Discriminator) -> Iterator[keras.layers.Layer]:
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
