"""Precisions of StyleGAN2's blocks, by their nominal resolution (`models.sizes`)."""

from collections.abc import Sequence


def policy_at(resolution: int, full_resolution: int, half_precision_resolutions: int, half_precision: str) -> str:
    """Keras' dtype policy of the blocks at a resolution: half precision at the highest, from 8 on."""
    lowest = max(8, 2 * full_resolution >> half_precision_resolutions)
    return half_precision if half_precision_resolutions and resolution >= lowest else "float32"


def check_architecture(name: str, value: str, choices: Sequence[str]) -> str:
    """Raises a ValueError for an unknown architecture."""
    if value not in choices:
        raise ValueError(f"`{name}` must be one of {', '.join(choices)}. Received: {name}={value}")
    return value
