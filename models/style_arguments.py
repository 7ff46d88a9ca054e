"""What the models StyleGAN and StyleGAN2 share of their arguments."""

from typing import Any

CLAMP = 256.0  # of half precision
NOISE_MODES = ("random", "constant", "none")
PRECISIONS = {"float32": None, "float16": "mixed_float16", "bfloat16": "mixed_bfloat16"}


def check_arguments(
    channels: int,
    classes: int,
    mapping_layers: int | None,
    latent_dim: int,
    channel_base: int | None,
    channel_max: int,
) -> None:
    """Raises a ValueError for the first argument that no network has."""
    if channels not in (1, 3, 4):
        raise ValueError(f"`channels` must be 1, 3 or 4. Received: channels={channels}")
    if classes < 0:
        raise ValueError(f"`classes` must be >= 0. Received: classes={classes}")
    if mapping_layers is not None and mapping_layers < 0:
        raise ValueError(f"`mapping_layers` must be >= 0. Received: mapping_layers={mapping_layers}")
    if min(latent_dim, channel_max) < 1 or (channel_base is not None and channel_base < 1):
        raise ValueError(
            "`latent_dim`, `channel_max` and `channel_base` must be >= 1. "
            f"Received: latent_dim={latent_dim}, channel_max={channel_max}, channel_base={channel_base}"
        )


def half_precision(precision: str, resolutions: int) -> dict[str, Any]:
    """The networks' arguments for a `precision`: of half precision, the policy of the highest resolutions, with a clamp.

    Raises:
        ValueError: For an unknown one.
    """
    if precision not in PRECISIONS:
        raise ValueError(f"`precision` must be one of {', '.join(PRECISIONS)}. Received: precision={precision}")
    policy = PRECISIONS[precision]
    if policy is None:
        return {}
    return {"clamp": CLAMP, "half_precision_resolutions": resolutions, "half_precision": policy}


def check_call(styles: Any, noise: str, slots: int, style_dim: int) -> None:
    """Raises a ValueError for arguments that no synthesis network with so many slots takes."""
    if noise not in NOISE_MODES:
        raise ValueError(f"`noise` must be one of {', '.join(NOISE_MODES)}. Received: noise={noise}")
    if len(styles.shape) != 3 or tuple(styles.shape[1:]) != (slots, style_dim):
        raise ValueError(f"styles must be [batch, {slots}, {style_dim}]. Received: {tuple(styles.shape)}")
