"""What a layer is to its network, whatever the size: by this, layers of two networks are matched."""

import collections
import re
from collections.abc import Iterator
from typing import Any

import keras

Weights = dict[str, dict[str, keras.Variable]]


def weights_by_role(network: keras.Model, image_last: bool = False) -> Weights:
    """The weights of a network by the role of their layer in it, and there by name.

    Layers of a functional or Sequential network are counted kind by kind from the image, so that those of a network for
    other resolutions match as far as they are alike: "conv2d0", "conv2d1", "batch_normalization0". Those with names of
    their own in which there is no number ("stem", "head") have these for roles. In other networks, names that the code
    gives are roles ("b8_conv0", "mapping/dense0").

    Args:
        network: The network, built.
        image_last: Whether it makes images, rather than taking them.
    """
    found: Weights = {}
    for role, layer in _layers(network, image_last):
        weights = _weights(layer)
        if weights:
            found[role] = weights
    return found


def is_functional(network: Any) -> bool:
    """Whether a network's layers stand in the order in which data pass them."""
    return isinstance(network, keras.Sequential) or (
        isinstance(network, keras.Model) and hasattr(network, "operations")
    )


def _layers(network: keras.Model, image_last: bool) -> Iterator[tuple[str, Any]]:
    """Layers by their roles; the weights of a network itself by their names."""
    for weight in _own_weights(network):
        yield weight.name, weight
    layers = [layer for layer in _children(network) if layer.weights]
    if is_functional(network) and image_last:
        layers.reverse()
    counts: collections.Counter[str] = collections.Counter()
    for layer in layers:
        role = _name(layer, numbers=not is_functional(network))
        if role is None:
            kind = _kind(layer)
            inner_network = isinstance(layer, keras.Model) and not counts[kind]
            role = kind if inner_network else f"{kind}{counts[kind]}"
            counts[kind] += 1
        if isinstance(layer, keras.Model):
            yield from ((f"{role}/{inner}", part) for inner, part in _layers(layer, image_last))
        else:
            yield role, layer


def _name(layer: keras.layers.Layer, numbers: bool) -> str | None:
    """The name of a layer, if Keras did not make it up and it tells a role."""
    made_up = re.fullmatch(rf"{_kind(layer)}(_\d+)?", layer.name)
    return None if made_up or (not numbers and re.search(r"\d", layer.name)) else layer.name


def _kind(layer: keras.layers.Layer) -> str:
    """A class' name as Keras makes names of it."""
    name = re.sub(r"\W+", "", type(layer).__name__)
    return re.sub("([a-z])([A-Z])", r"\1_\2", re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)).lower()


def _weights(layer: Any) -> dict[str, keras.Variable]:
    """The weights of a layer and of the layers in it, whose kinds are part of the names."""
    if not isinstance(layer, keras.layers.Layer):
        return {layer.name: layer}
    named: dict[str, keras.Variable] = {}
    for weight in _own_weights(layer):
        same = sum(name.partition(":")[0] == weight.name for name in named)
        named[f"{weight.name}:{same}" if same else weight.name] = weight
    for place, part in enumerate(_children(layer)):
        role = _name(part, numbers=True) or f"{_kind(part)}{place}"
        named |= {f"{role}({type(part).__name__})/{name}": weight for name, weight in _weights(part).items()}
    return named


def _own_weights(layer: keras.layers.Layer) -> list[keras.Variable]:
    inner = {id(weight) for part in _children(layer) for weight in part.weights}
    return [weight for weight in layer.weights if id(weight) not in inner]


def _children(layer: keras.layers.Layer) -> list[keras.layers.Layer]:
    if is_functional(layer):
        return list(layer.layers)
    return list(layer._flatten_layers(include_self=False, recursive=False))
