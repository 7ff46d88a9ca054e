"""Image variance along the scale-spaces (NSS-GAN, figure 2)."""

from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from tfnss import random
from tfnss.layers import NoiseSpace, NoisyScaleSpace, ScaleSpace
from tfnss.random import stateless
from tfnss.uint8 import as_floats, check_whole


def variance_curves(
    images: np.ndarray,
    times: Sequence[float],
    stddev: float = 0.15,
    kernel_stddev: float = 0.5,
    seed: int = 0,
) -> dict[str, np.ndarray]:
    """Variance of the pixels of one image and channel, averaged over images and channels, at each time of three spaces.

    Args:
        images: `[count, height, width, channels]`, uint8 or floats in [-1, 1]; the paper takes 128.
        times: Times t >= 0.
        stddev: Standard deviation of the noise of one pass.
        kernel_stddev: Width of the smoothing kernel in pixels.
        seed: Seed of the noise.

    Returns:
        `noise-space`, `scale-space` and `noisy scale-space`, each `[len(times)]`, for images in [-1, 1].

    Raises:
        ValueError: For other numbers.
    """
    check_whole(images, "images")
    images = tf.constant(as_floats(images, "images"))
    spaces = {
        "noise-space": NoiseSpace(stddev),
        "scale-space": ScaleSpace(kernel_stddev),
        "noisy scale-space": NoisyScaleSpace(stddev, kernel_stddev),
    }
    curves = {}
    for name, space in spaces.items():
        with random.scope(stateless.noise_source(seed, 0)):
            shown = [space(images, tf.constant(time, tf.float32)) for time in times]
        curves[name] = np.array([float(tf.reduce_mean(tf.math.reduce_variance(x, axis=(1, 2)))) for x in shown])
    return curves
