import numpy as np
import pytest

from tfnss.metrics import manifold_ranking
from tfnss.metrics.ranking import neighbour_graph, principal_directions


def reference(activations, queries, neighbours, alpha, dimensions):
    """By the closed form on dense float64 matrices, and loops."""
    points = np.concatenate([activations, queries]) if len(queries) else activations
    centred = points - points.mean(0)
    _, _, axes = np.linalg.svd(centred, full_matrices=False)
    unit = centred @ axes[:dimensions].T
    unit /= np.linalg.norm(unit, axis=1, keepdims=True)
    count = len(points)
    distances = np.array([[np.sqrt(((a - b) ** 2).sum()) for b in unit] for a in unit])
    edges, last = np.zeros((count, count), bool), []
    for i in range(count):
        order = [j for j in np.argsort(distances[i], kind="stable") if j != i][:neighbours]
        edges[i, order] = True
        last.append(distances[i, order[-1]])
    sigma = np.median(last)
    weights = np.where(edges | edges.T, np.exp(-(distances**2) / (2 * sigma**2)), 0)
    root = np.diag(weights.sum(1) ** -0.5)
    y = np.ones(count)
    if len(queries):
        y[: len(activations)] = 0
    scores = (1 - alpha) * np.linalg.inv(np.eye(count) - alpha * root @ weights @ root) @ y
    return scores[: len(activations)]


@pytest.mark.parametrize("alpha", [0.0, 0.5, 0.99])
@pytest.mark.parametrize("count_of_queries", [0, 3])
def test_scores_are_those_of_the_closed_form(count_of_queries, alpha):
    random = np.random.default_rng(0)
    activations, queries = random.normal(size=(60, 12)), random.normal(size=(count_of_queries, 12))
    found = manifold_ranking(activations, queries if count_of_queries else None, 5, alpha, 6)
    np.testing.assert_allclose(found, reference(activations, queries, 5, alpha, 6), rtol=1e-4, atol=1e-8)


def test_it_does_not_matter_how_many_distances_are_in_memory(monkeypatch):
    activations = np.random.default_rng(0).normal(size=(40, 8)).astype("float32")
    whole = manifold_ranking(activations, neighbours=4)
    monkeypatch.setattr("tfnss.metrics.ranking._SIMILARITIES", 100)
    np.testing.assert_allclose(manifold_ranking(activations, neighbours=4), whole, rtol=1e-5)


def test_scores_follow_the_manifold():
    """Two arcs: along its own, the far end of the query's arc ranks before the other arc, which is nearer to the query."""
    angles = np.linspace(0, np.pi, 40)
    inner = np.stack([np.cos(angles), np.sin(angles), np.zeros(40)], axis=1)
    outer = np.stack([1.6 * np.cos(angles), 1.6 * np.sin(angles), np.ones(40)], axis=1)
    scores = manifold_ranking(np.concatenate([inner, outer]), inner[:1], neighbours=3, dimensions=3)
    assert scores[:40].min() > scores[40:].max() == 0


def test_without_queries_dense_places_rank_high():
    random = np.random.default_rng(0)
    dense, far = random.normal(size=(1, 6)) + 0.05 * random.normal(size=(50, 6)), random.normal(size=(10, 6))
    scores = manifold_ranking(np.concatenate([dense, far]), neighbours=5)
    assert set(np.argsort(-scores)[:40]) <= set(range(50))


def test_equal_images_are_ranked():
    scores = manifold_ranking(np.ones((6, 4)), neighbours=2)
    assert np.isfinite(scores).all()
    twice = np.random.default_rng(0).normal(size=(8, 4)).repeat(2, axis=0)
    scores = manifold_ranking(twice, neighbours=3)
    np.testing.assert_allclose(scores[::2], scores[1::2], rtol=0.2)


def test_graphs_are_symmetric_and_without_loops():
    points = principal_directions(np.random.default_rng(0).normal(size=(30, 9)), 4)
    assert points.shape == (30, 4)
    np.testing.assert_allclose(np.linalg.norm(points, axis=1), 1, rtol=1e-5)
    graph = neighbour_graph(points, 3).toarray()
    np.testing.assert_array_equal(graph, graph.T)
    assert not graph.diagonal().any()
    assert ((graph > 0).sum(1) >= 3).all()
    assert (neighbour_graph(points, 500).toarray() > 0).sum() == 30 * 29


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"neighbours": 0}, "neighbours=0"),
        ({"dimensions": 0}, "dimensions=0"),
        ({"alpha": 1.0}, "alpha=1.0"),
        ({"activations": np.ones((1, 3))}, "at least 2 images"),
        ({"activations": np.full((4, 3), np.nan)}, "not finite"),
        ({"queries": np.ones((2, 5))}, "differ in width"),
        ({"queries": np.ones((0, 3))}, "expected activations"),
    ],
)
def test_rejects(given, says):
    with pytest.raises(ValueError, match=says):
        manifold_ranking(**{"activations": np.eye(4, 3), **given})
