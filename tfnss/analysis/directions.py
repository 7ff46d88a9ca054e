"""Directions in W along which images change: of the weights (SeFa), and of the styles' own variance (GANSpace)."""

import os
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from rich.progress import track

from tfnss import files
from tfnss.generators import has_styles, labels_in_turn, latent_width, number_of_classes
from tfnss.random.stateless import sampling_latents

KINDS = ("pca", "sefa")
_BATCH = 10_000  # styles at a time


class Directions(NamedTuple):
    """Directions in W, the strongest first.

    Attributes:
        kind: `pca` or `sefa`.
        vectors: float64 `[count, style_dim]`, of length 1, orthogonal; the largest component of each is positive.
        scales: float64 `[count]`, the length of one step: the standard deviation of styles along the direction for `pca`, 1
            for `sefa`.
        strengths: float64 `[count]`: what the directions are sorted by, the variance of styles along them for `pca`, the
            squared length of what the layers make of them for `sefa`.
        layers: The slots of styles that they are meant for; `sefa` looked at no others.
    """

    kind: str
    vectors: np.ndarray
    scales: np.ndarray
    strengths: np.ndarray
    layers: tuple[int, ...]


def sefa(kernels: Sequence[Any]) -> tuple[np.ndarray, np.ndarray]:
    """The directions that layers answer to most: eigenvectors of AAᵀ, where A is all their kernels side by side.

    The columns of A are brought to length 1 (those of zeros stay), so that a scale of the weights changes nothing.

    Args:
        kernels: `[style_dim, channels]` each: the kernels of the affine layers that styles go through, without the biases.

    Returns:
        The eigenvectors as rows, float64 `[style_dim, style_dim]`, and their eigenvalues, from the largest on.

    Raises:
        ValueError: For no kernels, other shapes, and numbers that are not finite.

    Reference: Shen and Zhou, Closed-Form Factorization of Latent Semantics in GANs, CVPR 2021.
    """
    arrays = [np.asarray(kernel, np.float64) for kernel in kernels]
    if not arrays or any(array.ndim != 2 or len(array) != len(arrays[0]) for array in arrays):
        raise ValueError(
            f"`kernels` must be [style_dim, channels] each. Received: shapes {[array.shape for array in arrays]}"
        )
    columns = np.concatenate(arrays, axis=1)
    lengths = np.linalg.norm(columns, axis=0)
    columns = columns / np.where(lengths > 0, lengths, 1.0)
    return _eigenvectors(columns @ columns.T)


def principal_components(batches: Iterable[Any]) -> tuple[np.ndarray, np.ndarray]:
    """The directions in which points vary most: eigenvectors of their exact covariance, summed up in float64.

    Args:
        batches: Points `[batch, width]`, a batch after the other; 2 points or more.

    Returns:
        The eigenvectors as rows, float64 `[width, width]`, and the (population) variances along them, from the largest on.

    Raises:
        ValueError: For fewer points, other shapes, and numbers that are not finite.
    """
    count = 0
    shift: Any = 0.0
    total: Any = 0.0
    products: Any = 0.0
    for batch in batches:
        points = np.asarray(batch, np.float64)
        if points.ndim != 2:
            raise ValueError(f"`batches` must be [batch, width] each. Received: shape {points.shape}")
        if not count:
            shift = points.mean(axis=0)  # keeps the digits of points far from 0
        points = points - shift
        count, total, products = count + len(points), total + points.sum(axis=0), products + points.T @ points
    if count < 2:
        raise ValueError(f"principal components need at least 2 points. Received: {count}")
    mean = total / count
    return _eigenvectors(products / count - np.outer(mean, mean))


def sefa_directions(generator: Any, layers: Sequence[int] | None = None) -> Directions:
    """The directions of the weights of a generator's layers (`sefa`).

    Args:
        generator: A `tfnss.GAN` (its average is used), or a generator whose `synthesis` has `style_kernels`: the kernel of
            the affine layer of each slot.
        layers: Slots of styles whose layers are looked at; None for all. In a generator of 18 slots 0-3 are about the pose,
            4-7 about shapes, and the others about colours.

    Raises:
        ValueError: For a generator without such layers, and for slots that it has not.
    """
    network = getattr(generator, "generator_ema", generator)
    kernels = getattr(getattr(network, "synthesis", None), "style_kernels", None)
    if kernels is None:
        raise ValueError("SeFa needs a generator whose layers styles steer (models.StyleGAN2, not an exported model)")
    chosen = _checked(layers, network.slots)
    vectors, strengths = sefa([kernels[slot] for slot in chosen])
    return Directions("sefa", vectors, np.ones(len(vectors)), strengths, chosen)


def pca_directions(
    generator: Any, count: int = 100_000, seed: int = 0, layers: Sequence[int] | None = None, progress: bool = False
) -> Directions:
    """The principal components of a generator's styles (`principal_components`).

    Args:
        generator: A `tfnss.GAN` (its average is used), or a generator with styles. A conditional one is given its classes
            in turn.
        count: Number of styles, at least 2.
        seed: Seed of the latents, in [0, 2**31).
        layers: Slots of styles that the directions are meant for; None for all. The components do not depend on them.
        progress: Whether to show a progress line.

    Raises:
        ValueError: For values outside these, and a generator without styles.

    Reference: Härkönen et al., GANSpace: Discovering Interpretable GAN Controls, NeurIPS 2020, which approximates them.
    """
    network = getattr(generator, "generator_ema", generator)
    if not has_styles(network):
        raise ValueError("directions need a generator with styles (as models.StyleGAN2 has)")
    if count < 2 or not 0 <= seed < 2**31:
        raise ValueError(
            f"`count` must be at least 2, and `seed` lie in [0, 2**31). Received: count={count}, seed={seed}"
        )
    return pca_of_styles(_styles(network, count, seed, progress), network.slots, layers)


def pca_of_styles(batches: Iterable[Any], slots: int, layers: Sequence[int] | None = None) -> Directions:
    """The same of styles `[batch, style_dim]` that are there, a batch after the other, for images of so many slots.

    Raises:
        ValueError: As `principal_components`, and for layers beyond the slots.
    """
    chosen = _checked(layers, slots)
    vectors, variances = principal_components(batches)
    return Directions("pca", vectors, np.sqrt(np.maximum(variances, 0)), variances, chosen)


def along(styles: np.ndarray, directions: Directions, index: int, steps: float) -> np.ndarray:
    """Styles `[batch, slots, style_dim]` moved along a direction, in the slots that it is meant for.

    Args:
        styles: Where to start.
        directions: Which.
        index: Number of the direction, 0 for the strongest.
        steps: How far, in the direction's own steps (`Directions.scales`); negative for the other way.

    Raises:
        ValueError: For a number that there is not, and styles of another width or of fewer slots.
    """
    count, width = directions.vectors.shape
    if not 0 <= index < count:
        raise ValueError(f"there are directions 0 to {count - 1}. Received: {index}")
    if styles.shape[-1] != width or styles.shape[-2] <= max(directions.layers):
        raise ValueError(
            f"the directions are for styles of width {width} and slots up to {max(directions.layers)}, of another model. "
            f"Received: {styles.shape[-2]} slots of width {styles.shape[-1]}"
        )
    slots = np.isin(np.arange(styles.shape[-2]), directions.layers)[:, np.newaxis]
    return styles + slots * (steps * directions.scales[index] * directions.vectors[index])


def save_directions(directions: Directions, path: str | os.PathLike) -> None:
    """Writes directions as an archive of NumPy arrays."""
    with files.replacing(files.expanded(path)) as temporary, open(temporary, "wb") as file:
        np.savez(file, allow_pickle=False, **{name: np.asarray(value) for name, value in directions._asdict().items()})


def load_directions(path: str | os.PathLike) -> Directions:
    """Reads what `save_directions` wrote. Nothing in the file is executed.

    Raises:
        ValueError: For a file that is missing, damaged or another. The message names it.
    """
    path = files.expanded(path)
    try:
        with np.load(path, allow_pickle=False) as saved:
            found = {name: saved[name] for name in Directions._fields}
        kind, vectors, scales, strengths, layers = found.values()
        whole = (
            str(kind) in KINDS
            and vectors.ndim == 2
            and scales.shape == strengths.shape == vectors.shape[:1]
            and all(np.isfinite(array).all() for array in (vectors, scales, strengths))
            and layers.ndim == 1
            and len(layers)
            and layers.min() >= 0
        )
        if not whole:
            raise ValueError("its arrays are of other kinds or shapes")
    except (OSError, KeyError, ValueError, TypeError, EOFError, zipfile.BadZipFile) as error:
        raise ValueError(f"{path} is missing, damaged or holds no directions ({error})") from error
    return Directions(str(kind), vectors, scales, strengths, tuple(map(int, layers)))


def _eigenvectors(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Of a symmetric matrix as rows, with the eigenvalues, from the largest on. Their signs are a convention."""
    if not np.isfinite(matrix).all():
        raise ValueError("the numbers hold NaN or infinity: the model has diverged")
    values, vectors = np.linalg.eigh(matrix)
    values, rows = values[::-1], vectors.T[::-1]
    largest = np.take_along_axis(rows, np.abs(rows).argmax(axis=1)[:, np.newaxis], axis=1)
    return rows * np.where(largest < 0, -1.0, 1.0), values


def _styles(network: Any, count: int, seed: int, progress: bool) -> Iterator[np.ndarray]:
    classes = number_of_classes(network)
    for start in track(range(0, count, _BATCH), "styles", disable=not progress):
        size = min(_BATCH, count - start)
        labels = [labels_in_turn(start, size, classes)] if classes else []
        yield np.asarray(network.mapping(sampling_latents(size, latent_width(network), seed, start), *labels))


def _checked(layers: Sequence[int] | None, slots: int) -> tuple[int, ...]:
    chosen = tuple(range(slots) if layers is None else layers)
    if not chosen or min(chosen) < 0 or max(chosen) >= slots:
        raise ValueError(f"`layers` must lie in 0 to {slots - 1}. Received: {list(chosen)}")
    return chosen
