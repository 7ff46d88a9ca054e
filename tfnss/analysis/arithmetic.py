"""Generators of the weights of others: the mean of checkpoints, and low resolutions of one with high ones of another."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from tfnss.generators import copied
from tfnss.training.roles import weights_by_role

_RESOLUTION = re.compile(r"(?:^|/)b(\d+)_")  # in the names of layers


def mean_weights(sets: Iterable[Sequence[Any]]) -> list[np.ndarray]:
    """The mean of networks of the same kind, weight by weight, summed in float64.

    It is meant for checkpoints of one run, or of runs that began from the same weights: means of others make noise.
    Weights that are no floats are the last network's.

    Args:
        sets: The weights of each network, as `get_weights` gives them; at least 1 network.

    Returns:
        Weights for `set_weights`.

    Raises:
        ValueError: For no networks, and networks of other shapes.

    Reference: Izmailov et al., Averaging Weights Leads to Wider Optima and Better Generalization, UAI 2018.
    """
    totals: list[np.ndarray] = []
    last: list[np.ndarray] = []
    count = 0
    for weights in sets:
        last = [np.asarray(weight) for weight in weights]
        if count and [weight.shape for weight in last] != [total.shape for total in totals]:
            raise ValueError(f"network {count} has weights of other shapes than those before it")
        totals = (
            [total + weight for total, weight in zip(totals, last, strict=True)]
            if count
            else [weight.astype(np.float64) for weight in last]
        )
        count += 1
    if not count:
        raise ValueError("a mean needs at least 1 network")
    return [
        (total / count).astype(weight.dtype) if weight.dtype.kind == "f" else weight
        for total, weight in zip(totals, last, strict=True)
    ]


def blended(low: Any, high: Any, resolution: int) -> Any:
    """A generator with the low resolutions of one and the high ones of another.

    Poses and shapes come from the one, textures and colours from the other; both should have begun from the same weights,
    as a model and one that is fine-tuned from it.

    Args:
        low: A generator with a layer for each resolution (models.StyleGAN2's): its mapping, its average style and its
            layers below `resolution` are taken.
        high: The same with other weights: its layers from `resolution` on are taken.
        resolution: The lowest resolution of the layers that are `high`'s.

    Returns:
        A new generator; the others stay as they are.

    Raises:
        ValueError: For generators without such layers, whose layers differ in kind or shape, and a resolution that splits
            nothing off.

    Reference: Pinkney and Adler, Resolution Dependent GAN Interpolation for Controllable Image Synthesis Between Domains,
    2020.
    """
    new = copied(low)
    taken, given = (weights_by_role(network, image_last=True) for network in (new, high))
    found = {role: _resolution(role) for role in taken}
    known = sorted({each for each in found.values() if each is not None})
    if not known:
        raise ValueError("a blend needs generators with layers for each resolution (as models.StyleGAN2 has)")
    if resolution not in known[1:]:
        raise ValueError(f"the resolution must be one of {', '.join(map(str, known[1:]))}. Received: {resolution}")
    for role in taken | given:
        shapes = [_shapes(network.get(role, {})) for network in (taken, given)]
        if shapes[0] != shapes[1]:
            raise ValueError(f"the generators differ in {role}, so that no blend of them fits together")
    for role, weights in taken.items():
        if (found[role] or 0) >= resolution:
            for name, weight in weights.items():
                weight.assign(given[role][name])
    return new


def _resolution(role: str) -> int | None:
    match = _RESOLUTION.search(role)
    return int(match[1]) if match else None


def _shapes(weights: Any) -> dict[str, tuple]:
    return {name: tuple(weight.shape) for name, weight in weights.items()}
