"""How much each resolution contributes to a generator's images (StyleGAN2, figure 8)."""

import math
from collections import defaultdict
from typing import Any

import numpy as np
import tensorflow as tf
from rich.progress import track

from tfnss import random
from tfnss.layers import upsample2d
from tfnss.metrics.image_sets import Sampler
from tfnss.random.stateless import noise_source, sampling_latents


def resolution_usage(
    generator: Any, count: int = 1024, seed: int = 0, batch_size: int = 8, progress: bool = False
) -> dict[int, float]:
    """The share of each resolution's RGB layer in the images of a StyleGAN2 generator with skip connections.

    Such a generator adds up the outputs of its RGB layers. The contribution of a layer is the standard deviation of its
    output over images, pixels and channels, after the upsampling that carries it to the size of the images; the shares
    are the contributions divided by their sum. Styles are not truncated, noise is random, and a conditional generator is
    given its classes in turn.

    Args:
        generator: A `tfnss.GAN` (its average is used), or a generator whose `synthesis` has a method `rgb_outputs`: the
            outputs of its RGB layers, by nominal resolution (`models.sizes`), of styles `[batch, slots, style_dim]`.
        count: Number of images, each of a style of its own.
        seed: Seed of the latents and the noise, in [0, 2**31).
        batch_size: Images at a time, rounded up to an even number. Layers draw other noise for another batch size.
        progress: Whether to show a progress line.

    Returns:
        The shares by nominal resolution, from the lowest on; their sum is 1.

    Raises:
        ValueError: For a generator with fewer than two RGB layers (the architectures `resnet` and `orig`, and networks
            other than StyleGAN2's), for numbers outside these, and for outputs that are not finite or all constant.

    Reference: Karras et al., Analyzing and Improving the Image Quality of StyleGAN, CVPR 2020, section 4.2. It does not say
    whether the deviation is that before or after the upsampling.
    """
    if count < 1 or batch_size < 1:
        raise ValueError(
            f"`count` and `batch_size` must be at least 1. Received: count={count}, batch_size={batch_size}"
        )
    if not 0 <= seed < 2**31:
        raise ValueError(f"`seed` must lie in [0, 2**31). Received: seed={seed}")
    network = getattr(generator, "generator_ema", generator)
    if not hasattr(getattr(network, "synthesis", None), "rgb_outputs"):
        raise ValueError("the usage of resolutions needs a StyleGAN2 generator, which has RGB layers")
    styles = Sampler(network, seed=seed, part="styles")
    moments = tf.function(_moments, autograph=False)
    values, sums, squares = 0, defaultdict[int, float](float), defaultdict[int, float](float)
    batch_size += batch_size % 2  # where the latents of a batch may begin
    for start in track(range(0, count, batch_size), "usage of resolutions", disable=not progress):
        latents = sampling_latents(min(batch_size, count - start), styles.latent_dim, seed, start)
        found, size = moments(network.synthesis, styles(latents, start), seed, tf.constant(start, tf.int64))
        values += int(size)
        for resolution, (total, square) in found.items():
            sums[resolution] += float(total)
            squares[resolution] += float(square)
    return _shares({r: squares[r] / values - (sums[r] / values) ** 2 for r in sums})


def has_rgb_layers(generator: Any) -> bool:
    """Whether a generator adds up RGB layers of several resolutions, so that `resolution_usage` can tell their shares."""
    synthesis = getattr(generator, "synthesis", None)
    return hasattr(synthesis, "rgb_outputs") and getattr(synthesis, "architecture", None) == "skip"


def _moments(synthesis: Any, styles: Any, seed: int, clock: Any) -> tuple[dict[int, tuple[Any, Any]], Any]:
    """Sum and sum of squares of each RGB layer's output at the size of the images, float64, and how many values it has."""
    with random.scope(noise_source(seed, clock)):
        outputs = synthesis.rgb_outputs(styles)
    if len(outputs) < 2:
        raise ValueError(
            "the usage of resolutions needs a generator with an RGB layer for each of them (StyleGAN2's architecture skip); "
            "this one has a single RGB layer, as resnet and orig do"
        )
    largest, found = max(outputs), {}
    for resolution, output in outputs.items():
        for _ in range(round(math.log2(largest // resolution))):
            output = upsample2d(output)
        output = tf.cast(output, tf.float64)
        found[resolution] = tf.reduce_sum(output), tf.reduce_sum(tf.square(output))
    return found, tf.size(output, tf.int64)


def _shares(variances: dict[int, float]) -> dict[int, float]:
    if not np.isfinite(list(variances.values())).all():
        raise ValueError("the outputs of RGB layers hold NaN or infinity: the generator has diverged")
    deviations = {resolution: math.sqrt(max(variance, 0.0)) for resolution, variance in variances.items()}
    whole = sum(deviations.values())
    if whole == 0:
        raise ValueError("the outputs of all RGB layers are constant, so that no resolution has a share")
    return {resolution: deviation / whole for resolution, deviation in deviations.items()}
