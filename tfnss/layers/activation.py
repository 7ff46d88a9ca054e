"""The activation of StyleGAN2's layers."""

import math
from typing import Any

from keras import ops

ACTIVATIONS = (None, "leaky_relu")


def scaled_leaky_relu(x: Any) -> Any:
    """sqrt(2) leaky_relu(x, 0.2): the root about keeps the power of a signal of zero mean, and belongs to no weight.

    Args:
        x: Floats of any shape.

    Returns:
        Floats of the same shape.

    Reference: Karras et al. 2020, Analyzing and Improving the Image Quality of StyleGAN.
    """
    return ops.leaky_relu(x, negative_slope=0.2) * math.sqrt(2)


def check_activation(activation: str | None) -> str | None:
    if activation not in ACTIVATIONS:
        raise ValueError(f"`activation` must be None or 'leaky_relu'. Received: activation={activation!r}")
    return activation
