"""Ranking on data manifolds (Zhou et al. 2004): images by their nearness to given ones, along paths through all of them."""

from typing import TYPE_CHECKING

import numpy as np
import tensorflow as tf
from rich.progress import track

from tfnss.metrics.activations import as_pair

if TYPE_CHECKING:
    from scipy import sparse

NEIGHBOURS, ALPHA, DIMENSIONS = 50, 0.99, 128
_SIMILARITIES, _ROWS = 2**26, 4096  # held in memory at a time
_TOLERANCE, _STEPS = 1e-8, 10_000  # of the solution


def manifold_ranking(
    activations: np.ndarray,
    queries: np.ndarray | None = None,
    neighbours: int = NEIGHBOURS,
    alpha: float = ALPHA,
    dimensions: int = DIMENSIONS,
    progress: bool = False,
) -> np.ndarray:
    """How high images rank, from their activations under a feature network: the higher the score, the closer to the queries.

    The images and the queries make a graph: each with its nearest neighbours, both ways, W_ij = exp(-d²/(2σ²)), where σ is
    the median distance to the last of the neighbours. With S = D^(-1/2) W D^(-1/2), D the sums of W's rows, the scores are
    (1 - α)(I - αS)^(-1) y; y is 1 for queries and 0 for images. Without queries y is 1 for all, a density ranking: images
    with many close neighbours rank high. Distances are those of the activations' first principal components, scaled to
    norm 1. Time O(n²), memory O(n).

    Args:
        activations: `[count, d]`, 2 or more.
        queries: The same of the queries, `[queries, d]`; None for a density ranking.
        neighbours: Neighbours of each, >= 1; at most all others.
        alpha: Share of a score that comes from the neighbours, in [0, 1).
        dimensions: Number of principal components, >= 1; at most d.
        progress: Whether to show a progress line.

    Returns:
        float64 `[count]`, >= 0; 0 for images that no path leads to from a query.

    Raises:
        ValueError: For values outside these, or activations that are not finite.

    Reference: Zhou, Weston, Gretton, Bousquet and Schölkopf, Ranking on Data Manifolds. They connect the nearest pairs until
    the graph is connected, which is no way for many images: hence the neighbours.
    """
    if neighbours < 1 or dimensions < 1 or not 0 <= alpha < 1:
        raise ValueError(
            "`neighbours` and `dimensions` must be at least 1, `alpha` must lie in [0, 1). "
            f"Received: neighbours={neighbours}, dimensions={dimensions}, alpha={alpha}"
        )
    activations, others = as_pair(activations, activations if queries is None else queries)
    if len(activations) < 2:
        raise ValueError(f"a ranking needs at least 2 images. Received: {len(activations)}")
    count, points, given = len(activations), activations, np.ones(len(activations))
    if queries is not None:
        points = np.concatenate([activations, others])
        given = np.repeat([0.0, 1.0], [count, len(others)])
    graph = neighbour_graph(principal_directions(points, dimensions), neighbours, progress)
    return _diffused(graph, given, alpha)[:count]


def principal_directions(points: np.ndarray, dimensions: int) -> np.ndarray:
    """The first principal components of points `[count, d]`, scaled to norm 1: float32 `[count, min(dimensions, d)]`."""
    mean = points.mean(axis=0, dtype=np.float64)
    covariance = np.zeros((points.shape[1],) * 2)
    for start in range(0, len(points), 10_000):
        centred = points[start : start + 10_000] - mean
        covariance += centred.T @ centred
    directions = np.linalg.eigh(covariance)[1][:, ::-1][:, :dimensions].astype(np.float32)
    components = points.astype(np.float32, copy=False) @ directions - (mean @ directions).astype(np.float32)
    norms = np.linalg.norm(components, axis=1, keepdims=True)
    return components / np.maximum(norms, np.finfo(np.float32).tiny)


def neighbour_graph(points: np.ndarray, neighbours: int, progress: bool = False) -> "sparse.csr_array":
    """W of `manifold_ranking` for points of norm 1 `[count, d]`: a symmetric sparse matrix `[count, count]`."""
    from scipy import sparse

    count = len(points)
    neighbours = min(neighbours, count - 1)
    nearest = np.empty((count, neighbours), np.int64)
    squared = np.empty((count, neighbours), np.float64)
    columns, step = tf.constant(points), max(1, min(_ROWS, _SIMILARITIES // count))
    for start in track(range(0, count, step), "neighbours", disable=not progress):
        stop = min(start + step, count)
        nearest[start:stop] = _nearest(columns, start, columns[start:stop], neighbours)
        differences = points[start:stop, None] - points[nearest[start:stop]]  # exact, where similarities are rounded
        squared[start:stop] = np.sum(differences**2, axis=2, dtype=np.float64)
    last = np.sqrt(squared.max(axis=1))
    sigma = np.median(last[last > 0]) if last.any() else 1.0  # equal images have no distance
    weights = np.exp(-squared / (2 * sigma**2))
    starts = np.repeat(np.arange(count), neighbours)
    one_way = sparse.csr_array((weights.ravel(), (starts, nearest.ravel())), shape=(count, count))
    return one_way.maximum(one_way.T)


def _nearest(columns: tf.Tensor, start: int, rows: tf.Tensor, neighbours: int) -> np.ndarray:
    """The numbers of the columns nearest to each row, but for itself: row i is column `start` + i."""
    similarities = tf.matmul(rows, columns, transpose_b=True)
    own = tf.range(len(rows))
    similarities = tf.tensor_scatter_nd_update(
        similarities, tf.stack([own, start + own], axis=1), tf.fill([len(rows)], np.float32(-np.inf))
    )
    return tf.math.top_k(similarities, neighbours, sorted=False).indices.numpy()


def _diffused(graph: "sparse.csr_array", given: np.ndarray, alpha: float) -> np.ndarray:
    """(1 - α)(I - αS)^(-1) y, by conjugate gradients."""
    from scipy import sparse
    from scipy.sparse.linalg import cg

    degrees = np.asarray(graph.sum(axis=1)).ravel()
    scale = sparse.diags_array(np.where(degrees > 0, 1 / np.sqrt(np.maximum(degrees, np.finfo(float).tiny)), 0))
    system = sparse.eye_array(len(given)) - alpha * (scale @ graph @ scale)
    scores, unfinished = cg(system.tocsr(), (1 - alpha) * given, rtol=_TOLERANCE, maxiter=_STEPS)
    if unfinished:
        raise ValueError(f"the ranking did not settle in {_STEPS} steps: take a smaller alpha. Received: alpha={alpha}")
    return np.maximum(scores, 0)  # rounding goes below
