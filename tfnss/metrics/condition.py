"""Condition numbers of a generator (Riemannian noise injection, equation 19 and table 2)."""

from typing import Any

import numpy as np
from rich.progress import track

from tfnss.generators import in_float32
from tfnss.metrics.image_sets import Sampler
from tfnss.random import stateless


def condition_numbers(
    generator: Any,
    count: int = 50_000,
    stddev: float = 0.01,
    batch_size: int = 64,
    seed: int = 0,
    latent_dim: int | None = None,
    progress: bool = False,
) -> np.ndarray:
    """(|G(z) - G(z + δ)| / |G(z)|) / (|δ| / |z|) at latents z with perturbations δ of variance 1e-4.

    The noise of layers that draw it from `tfnss.random` is the same for z and z + δ. A network of half precision is computed
    in float32, whose rounding is far below the changes.

    Args:
        generator: As in `GeneratedImages`, giving floats in [-1, 1]; a plain function is given latents in float64.
        count: Number of pairs.
        stddev: Standard deviation of δ. The paper's N(0, 1e-4) is read as a variance.
        batch_size: Pairs at a time, rounded up to a multiple of 4.
        seed: Seed of the pairs and the noise.
        latent_dim: Width of the latents; for a model it is known.
        progress: Whether to show a progress line.

    Returns:
        float64 `[count]`.

    Raises:
        ValueError: For values outside these, or a generator whose images are of 8 bits, not finite, or 0 everywhere.
    """
    if count < 1 or not stddev > 0:
        raise ValueError(f"`count` and `stddev` must be above 0. Received: count={count}, stddev={stddev}")
    images = Sampler(in_float32(getattr(generator, "generator_ema", generator)), latent_dim, seed)
    batch_size += -batch_size % 4
    numbers = []
    for start in track(range(0, count, batch_size), "condition numbers", disable=not progress):
        pairs, _ = stateless.latent_pairs(min(batch_size, count - start), images.latent_dim, seed, start)
        latents = np.asarray(pairs, np.float64)[:, 0]
        perturbations = stddev * np.asarray(pairs, np.float64)[:, 1]
        clean, perturbed = images(latents, start), images(latents + perturbations, start)
        if clean.dtype == np.uint8:
            raise ValueError(
                "condition numbers need a generator that gives floats in [-1, 1]; 8 bits hide small changes"
            )
        numbers.append(_relative_changes(clean, perturbed) / (_norms(perturbations) / _norms(latents)))
    return np.concatenate(numbers)


def mean_conditions(numbers: np.ndarray, top: int = 1000) -> tuple[float, float]:
    """MC and TTMC: the mean of condition numbers, and the mean of the `top` largest.

    Raises:
        ValueError: For fewer numbers than `top`.
    """
    if not 1 <= top <= len(numbers):
        raise ValueError(f"`top` must lie between 1 and the {len(numbers)} numbers. Received: top={top}")
    return float(numbers.mean()), float(np.sort(numbers)[-top:].mean())


def _relative_changes(clean: np.ndarray, perturbed: np.ndarray) -> np.ndarray:
    if not (np.isfinite(clean).all() and np.isfinite(perturbed).all()):
        raise ValueError("images hold NaN or infinity: the generator has diverged")
    sizes = _norms(clean)
    if not sizes.all():
        raise ValueError(
            "an image is 0 everywhere, so that no change can be compared with it: the generator has collapsed"
        )
    return _norms(clean.astype(np.float64) - perturbed) / sizes


def _norms(arrays: np.ndarray) -> np.ndarray:
    return np.linalg.norm(np.asarray(arrays, np.float64).reshape(len(arrays), -1), axis=1)
