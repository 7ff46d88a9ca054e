"""How much noise maps are still noise (StyleGAN2, figure 18)."""

from typing import Any

import numpy as np


def neighbour_correlations(noise: Any) -> np.ndarray:
    """Lag-1 autocorrelations of noise maps along their rows and columns: of each pixel with the one to the right, and below.

    Those of white noise on r x r pixels lie within about 2 / r of 0.

    Args:
        noise: `[batch, height, width, channels]` with sides of at least 2.

    Returns:
        float64 `[batch, 2]`: along x and along y, as means over the channels; 0 for a constant map.

    Raises:
        ValueError: For an array of another shape.
    """
    noise = np.asarray(noise, np.float64)
    if noise.ndim != 4 or min(noise.shape[1:3]) < 2:
        raise ValueError(
            f"`noise` must be [batch, height, width, channels] of at least 2x2. Received: shape {noise.shape}"
        )
    centred = noise - noise.mean(axis=(1, 2), keepdims=True)
    variance = np.square(centred).mean(axis=(1, 2))
    products = (
        (centred[:, :, 1:] * centred[:, :, :-1]).mean(axis=(1, 2)),
        (centred[:, 1:] * centred[:, :-1]).mean(axis=(1, 2)),
    )
    safe = np.where(variance > 0, variance, 1)
    return np.stack([np.where(variance > 0, each / safe, 0).mean(axis=-1) for each in products], axis=1)
