"""The weights of StyleGAN and StyleGAN2 by name: `LAYER/WEIGHT`."""

import re
from collections.abc import Iterator, Mapping, Sequence

import keras
import numpy as np

from models.style_based import StyleBasedGenerator, for_each_class
from models.stylegan2.discriminator import StyleGAN2Discriminator

Network = StyleBasedGenerator | StyleGAN2Discriminator


def named_weights(network: Network) -> dict[str, keras.Variable]:
    """Every weight of a network, such as `b8_conv0/affine/kernel`; and the generator's `average_style` and, if it grows,
    `lod`.
    """
    named = {f"{layer.name}/{name}": weight for layer in _layers(network) for name, weight in _of_layer(layer).items()}
    if isinstance(network, StyleBasedGenerator):
        named["average_style"] = network.average_style
        if network.lod is not None:
            named["lod"] = network.lod
    return named


def check_weights(network: Network, arrays: Mapping[str, np.ndarray], source: str) -> None:
    """Raises a ValueError if `arrays` are not all the weights of a network, naming `source` and the first difference."""
    named, arrays = named_weights(network), _with_averages(network, arrays)
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
        arrays: Its weights by name. One average style is that of every class, where the network has classes: official
            checkpoints have no more.
        source: Where they are from, for errors.

    Raises:
        ValueError: If one is missing, is left over, or has another shape. The message names it; nothing is assigned then.
    """
    check_weights(network, arrays, source)
    arrays = _with_averages(network, arrays)
    for name, weight in named_weights(network).items():
        weight.assign(arrays[name])


def randomize(network: Network, seed: Sequence[int]) -> None:
    """Draws the initial weights anew, each with a seed of its own: standard normal, as equalised learning rates have it;
    but for StyleGAN's constant, which is one.

    The mapping's are 100 times that, for its learning rate multiplier of 0.01.
    """
    synthesis = getattr(network, "synthesis", None)
    kept = {"b4_constant/constant"} if synthesis is not None and synthesis.constant.initial == "ones" else set()
    for index, (name, weight) in enumerate(named_weights(network).items()):
        if name in kept:
            continue
        if name.rpartition("/")[2] in ("kernel", "constant", "noise_constant"):
            scale = 100 if re.match(r"(label_)?dense\d", name) else 1
            weight.assign(scale * np.random.default_rng([*seed, index]).standard_normal(weight.shape, "float32"))


def _with_averages(network: Network, arrays: Mapping[str, np.ndarray]) -> Mapping[str, np.ndarray]:
    """The arrays with an average style for each class, where they hold one for all of them."""
    average = arrays.get("average_style")
    if average is None or np.ndim(average) != 1 or not getattr(network, "classes", 0):
        return arrays
    return {**arrays, "average_style": for_each_class(average, network.classes)}


def _layers(network: Network) -> Iterator[keras.layers.Layer]:
    if isinstance(network, StyleGAN2Discriminator):
        yield from (*network.blocks.values(), network.dense, network.output_dense, *network.label_dense)
        embed = network.embed
    else:
        yield from network.mapping.dense
        yield from network.synthesis.parts
        embed = network.mapping.embed
    if embed is not None:
        yield embed


def _of_layer(layer: keras.layers.Layer) -> dict[str, keras.Variable]:
    if hasattr(layer, "named_weights"):
        return layer.named_weights()
    return {weight.name: weight for weight in layer.weights}
