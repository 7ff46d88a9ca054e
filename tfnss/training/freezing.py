"""FreezeD: layers of the discriminator that are not trained (Mo et al. 2020)."""

from collections.abc import Sequence
from typing import Any

import keras

from tfnss.training.roles import is_functional


def freezable_layers(discriminator: Any) -> list[list[keras.layers.Layer]]:
    """What can be frozen, in the order in which images pass: layers with kernels, each with what follows it up to the next.

    A network without the attribute `freezable_layers` is a functional or Sequential one. The last of its layers with
    kernels, which gives the logits, is not among them.

    Raises:
        ValueError: For a network that is neither.
    """
    own = getattr(discriminator, "freezable_layers", None)
    if own is not None:
        return [[layer] for layer in own]
    if not is_functional(discriminator):
        raise ValueError(
            f"{type(discriminator).__name__} does not tell the order of its layers: give it the attribute "
            "`freezable_layers`, a list of them from the image on, or build it as a functional model"
        )
    groups: list[list[keras.layers.Layer]] = []
    for layer in _flat(discriminator):
        if any(len(weight.shape) > 1 for weight in layer.weights):
            groups.append([layer])
        elif layer.weights and groups:  # a normalisation
            groups[-1].append(layer)
    return groups[:-1]


def freeze(discriminator: Any, layers: int) -> None:
    """Freezes the first `layers` of what can be frozen, and trains the others.

    Raises:
        ValueError: For a number outside these.
    """
    groups = freezable_layers(discriminator)
    if not isinstance(layers, int) or not 0 <= layers <= len(groups):
        raise ValueError(f"of this discriminator 0 to {len(groups)} layers can be frozen. Received: {layers}")
    for index, group in enumerate(groups):
        for layer in group:
            layer.trainable = index >= layers


def weights_to_train(player: keras.layers.Layer) -> Sequence[keras.Variable]:
    """The weights of a player that are trained, or would be if no layer were frozen, in the order of its weights."""
    own = {id(weight) for layer in player._flatten_layers() for weight in layer._trainable_variables}
    return [weight for weight in player.variables if id(weight) in own]


def _flat(network: Any) -> list[keras.layers.Layer]:
    """The layers of a functional network, those of networks in it among them."""
    return [part for layer in network.layers for part in (_flat(layer) if is_functional(layer) else [layer])]
