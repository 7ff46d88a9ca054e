"""What a discriminator does not see of the high frequencies (SSD-GAN, figure 2)."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tfnss.layers.spectrum import radii as radii_of
from tfnss.uint8 import as_floats


def amplify_bands(images: np.ndarray, radius: int, factor: float) -> np.ndarray:
    """Multiplies the amplitudes of the high frequencies of each channel, and keeps their phases.

    Args:
        images: `[count, height, width, channels]`, uint8 or floats in [-1, 1].
        radius: Least radius of these frequencies in cycles per shorter side (see `azimuthal_average`); 0 is for all.
        factor: Their factor, >= 0; 0 takes them away, 1 changes nothing.

    Returns:
        float32, shaped as the images. Values may leave [-1, 1].

    Raises:
        ValueError: For other numbers.
    """
    images = as_floats(images, "images")
    return images + np.float32(factor - 1) * _bands(images, radius)


def discriminator_response(
    discriminate: Callable[[np.ndarray], Any],
    images: np.ndarray,
    radii: Sequence[int],
    factors: Sequence[float],
    batch_size: int = 64,
) -> tuple[np.ndarray, float]:
    """The mean of a discriminator's logits at images with changed high frequencies.

    A discriminator that sees a band answers with another mean when the band changes; the paper's is blind to all but wide
    ones. The paper takes 1,000 real images, and does not give its factors.

    Args:
        discriminate: Function from float32 images `[batch, height, width, channels]` to logits `[batch]` or `[batch, 1]`.
        images: `[count, height, width, channels]`, uint8 or floats in [-1, 1].
        radii: The least radii of the changed frequencies, as in `amplify_bands`.
        factors: The factors of their amplitudes.
        batch_size: Images at a time.

    Returns:
        The means `[len(factors), len(radii)]`, and that at the unchanged images.

    Raises:
        ValueError: For other numbers.
    """
    changed, unchanged = np.zeros((len(factors), len(radii))), 0.0
    for start in range(0, len(images), batch_size):
        batch = as_floats(images[start : start + batch_size], "images")
        share = len(batch) / len(images)
        unchanged += share * _mean(discriminate(batch))
        for column, radius in enumerate(radii):
            bands = _bands(batch, radius)  # transformed once for all factors
            for row, factor in enumerate(factors):
                changed[row, column] += share * _mean(discriminate(batch + np.float32(factor - 1) * bands))
    return changed, unchanged


def _bands(images: np.ndarray, radius: int) -> np.ndarray:
    """float32: what the frequencies from `radius` on contribute to the images."""
    height, width = images.shape[1:3]
    high = radii_of(height, width)[:, : width // 2 + 1, None] >= radius
    spectra = np.fft.rfft2(np.asarray(images, np.float64), axes=(1, 2))
    return np.fft.irfft2(spectra * high, s=(height, width), axes=(1, 2)).astype(np.float32)


def _mean(logits: Any) -> float:
    return float(np.mean(np.asarray(logits), dtype=np.float64))
