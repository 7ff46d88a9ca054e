"""Perceptual path length (Karras et al. 2019, section 4.1; StyleGAN2, section 2)."""

from collections.abc import Callable
from typing import Any

import numpy as np
from rich.progress import track

from tfnss.generators import has_styles, in_float32
from tfnss.metrics.image_sets import Sampler
from tfnss.random import stateless

MAX_SIZE = 256  # larger images are averaged down before the distance


def perceptual_path_length(
    generator: Any,
    distance: Callable[[Any, Any], Any],
    space: str = "z",
    sampling: str = "full",
    crop: bool = True,
    count: int = 50_000,
    epsilon: float = 1e-4,
    batch_size: int = 16,
    seed: int = 0,
    latent_dim: int | None = None,
    progress: bool = False,
) -> float:
    """Mean of d(G(t), G(t + ε)) / ε² over paths, without those below the 1st and above the 99th percentile.

    Paths in Z are great circles of radius sqrt(latent_dim) between two latents' directions; StyleGAN's own, of radius 1,
    are the same for generators that normalise their latents. Paths in W are straight. The noise of layers that draw it
    from `tfnss.random` is the same at both ends. A network of half precision is computed in float32, as the step is below
    its rounding.

    Args:
        generator: As in `GeneratedImages`, giving floats in [-1, 1]; a plain function is given latents in float64. For
            `space="w"` with the attributes `mapping`, `styles` (latents to styles, as `synthesis` takes them) and
            `synthesis` (styles to images).
        distance: Distances `[batch]` of two batches of images in [-1, 1]; `lambda x, y: lpips((x, y))` of an `LPIPS`.
        space: `z` or `w`.
        sampling: `full` for t uniform in [0, 1], `end` for t = 0.
        crop: Whether images are cropped to StyleGAN's face region: rows 3/8 to 7/8, columns 2/8 to 6/8. Larger
            images are averaged down to 256 pixels on the shorter side after the crop.
        count: Number of paths.
        epsilon: Step ε.
        batch_size: Paths at a time, rounded up to a multiple of 4.
        seed: Seed of the paths and the noise.
        latent_dim: Width of the latents; for a model it is known.
        progress: Whether to show a progress line.

    Raises:
        ValueError: For values outside these, a generator without styles where they are asked for, or one whose images are
            not finite.
    """
    if space not in ("z", "w") or sampling not in ("full", "end"):
        raise ValueError(
            f"`space` must be z or w, `sampling` full or end. Received: space={space}, sampling={sampling}"
        )
    if count < 1 or not epsilon > 0:
        raise ValueError(f"`count` and `epsilon` must be above 0. Received: count={count}, epsilon={epsilon}")
    network = in_float32(getattr(generator, "generator_ema", generator))
    if space == "w" and not has_styles(network):
        raise ValueError(
            "paths in W need a generator with styles (`mapping`, `styles` and `synthesis`); take those in Z"
        )
    images = Sampler(network, latent_dim, seed, part="synthesis" if space == "w" else None)
    styles = Sampler(network, images.latent_dim, seed, part="styles") if space == "w" else None
    batch_size += -batch_size % 4
    lengths = []
    starts = range(0, count, batch_size)
    for start in track(starts, f"path length in {space.upper()}, {sampling}", disable=not progress):
        size = min(batch_size, count - start)
        pairs, t = (np.asarray(x, np.float64) for x in stateless.latent_pairs(size, images.latent_dim, seed, start))
        t = np.zeros(size) if sampling == "end" else t
        ends = [_path(pairs, t, styles, start), _path(pairs, t + epsilon, styles, start)]
        compared = [shown(images(end, start), crop) for end in ends]
        lengths.append(np.asarray(distance(*compared), np.float64) / epsilon**2)
        check_finite(lengths[-1])
    return trimmed_mean(np.concatenate(lengths))


def trimmed_mean(lengths: np.ndarray) -> float:
    """Mean of the values between the 1st percentile (rounded down to a value) and the 99th (rounded up)."""
    low = np.percentile(lengths, 1, method="lower")
    high = np.percentile(lengths, 99, method="higher")
    return float(lengths[(lengths >= low) & (lengths <= high)].mean())


def check_finite(lengths: np.ndarray) -> None:
    """Raises a ValueError for path lengths of images that are not finite."""
    if not np.isfinite(lengths).all():
        raise ValueError("path lengths are NaN or infinite: the generator has diverged")


def _path(pairs: np.ndarray, t: np.ndarray, styles: Sampler | None, clock: int) -> np.ndarray:
    """Points at `t` of the paths between pairs of latents `[count, 2, latent_dim]`, float64."""
    if styles is None:
        return _great_circle(pairs[:, 0], pairs[:, 1], t)
    first, second = (np.asarray(styles(pairs[:, i], clock), np.float64) for i in (0, 1))
    return first + (second - first) * t.reshape(-1, *[1] * (first.ndim - 1))


def _great_circle(first: np.ndarray, second: np.ndarray, t: np.ndarray) -> np.ndarray:
    first, second = (x / np.linalg.norm(x, axis=1, keepdims=True) for x in (first, second))
    cosine = np.clip(np.sum(first * second, axis=1, keepdims=True), -1, 1)
    angle = t[:, None] * np.arccos(cosine)
    normal = second - cosine * first
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), np.finfo(float).tiny)
    return np.sqrt(first.shape[1]) * (first * np.cos(angle) + normal * np.sin(angle))


def shown(images: np.ndarray, crop: bool) -> np.ndarray:
    """What of float images `[batch, height, width, channels]` a path length compares: cropped, and averaged down."""
    if images.dtype == np.uint8:
        raise ValueError("path lengths need a generator that gives floats in [-1, 1]; 8 bits hide its small steps")
    if crop:
        height, width = (n // 8 for n in images.shape[1:3])
        images = images[:, 3 * height : 7 * height, 2 * width : 6 * width]
    block = min(images.shape[1:3]) // MAX_SIZE
    if block > 1:
        count, (height, width), channels = len(images), (n // block for n in images.shape[1:3]), images.shape[3]
        images = images[:, : height * block, : width * block]
        images = images.reshape(count, height, block, width, block, channels).mean(axis=(2, 4))
    return images
