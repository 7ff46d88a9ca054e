"""The activations of StyleGAN's and StyleGAN2's layers."""

import math
from typing import Any

from keras import ops

ACTIVATIONS = (None, "leaky_relu", "unscaled_leaky_relu")
_SLOPE = 0.2


def scaled_leaky_relu(x: Any) -> Any:
    """sqrt(2) leaky_relu(x, 0.2): the root about keeps the power of a signal of zero mean, and belongs to no weight.

    Args:
        x: Floats of any shape.

    Returns:
        Floats of the same shape.

    Reference: Karras et al. 2020, Analyzing and Improving the Image Quality of StyleGAN.
    """
    return ops.leaky_relu(x, negative_slope=_SLOPE) * math.sqrt(2)


def activate(x: Any, activation: str | None) -> Any:
    """The activation of a name: None for `x` itself, "leaky_relu" for sqrt(2) leaky_relu(x, 0.2), as in StyleGAN2, and
    "unscaled_leaky_relu" for leaky_relu(x, 0.2), as in StyleGAN, which has the root in the weights (`kernel_gain`).
    """
    if activation is None:
        return x
    return scaled_leaky_relu(x) if activation == "leaky_relu" else ops.leaky_relu(x, negative_slope=_SLOPE)


def check_activation(activation: str | None) -> str | None:
    if activation not in ACTIVATIONS:
        raise ValueError(
            f"`activation` must be None, 'leaky_relu' or 'unscaled_leaky_relu'. Received: activation={activation!r}"
        )
    return activation
