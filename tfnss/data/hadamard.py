"""The embedded toy set of NSS-GAN (section 4.3): stripes that are random sums of eight Hadamard bases."""

import functools

import numpy as np
import scipy

RESOLUTION, COUNT = 8, 200_000
_SEED = 20_240


def hadamard_bases() -> np.ndarray:
    """The vertical bases in sequency order: float32 `[8, 8, 8]` of ±1; basis i changes its sign i times along a row."""
    rows = scipy.linalg.hadamard(RESOLUTION)
    changes = (np.diff(rows, axis=1) != 0).sum(axis=1)
    rows = rows[np.argsort(changes)].astype(np.float32)
    return np.repeat(rows[:, None, :], RESOLUTION, axis=1)


@functools.lru_cache(maxsize=1)
def hadamard_images(count: int = COUNT, channels: int = 1) -> np.ndarray:
    """float32 `[count, 8, 8, channels]` in [-1, 1]: the sum of the bases, each times a number uniform in (-1, 1), over 8.

    They are always the same. Three channels are three times the grey one; the fourth is an opaque alpha.
    """
    coefficients = np.random.default_rng(_SEED).uniform(-1, 1, (count, RESOLUTION)).astype(np.float32)
    grey = np.tensordot(coefficients, hadamard_bases(), axes=1)[..., None] / RESOLUTION
    images = np.repeat(grey, min(channels, 3), axis=-1)
    if channels == 4:
        images = np.concatenate([images, np.ones_like(grey)], axis=-1)
    images.flags.writeable = False  # shared by every caller
    return images


def hadamard_coefficients(images: np.ndarray) -> tuple[np.ndarray, float]:
    """What the bases say of images, by least squares.

    The bases are orthogonal, so the coefficient of B in 8x is <8x, B> / 64.

    Args:
        images: Floats `[count, 8, 8]` or `[count, 8, 8, 1]`, of the scale of `hadamard_images`.

    Returns:
        The coefficients `[count, 8]`, float64, which are uniform in (-1, 1) for the set's own images; and the share of the
        images' squares that the bases leave: 0 for vertical stripes.

    Raises:
        ValueError: For images of another shape.
    """
    if images.shape[1:] not in ((RESOLUTION, RESOLUTION), (RESOLUTION, RESOLUTION, 1)):
        raise ValueError(f"expected images [count, 8, 8] or [count, 8, 8, 1]. Received: shape {images.shape}")
    pixels = RESOLUTION * images.reshape(-1, RESOLUTION**2).astype(np.float64)
    bases = hadamard_bases().reshape(RESOLUTION, -1).astype(np.float64)
    coefficients = pixels @ bases.T / RESOLUTION**2
    left, whole = np.sum((pixels - coefficients @ bases) ** 2), np.sum(pixels**2)
    return coefficients, float(left / whole) if whole else 0.0
