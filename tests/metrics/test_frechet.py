import sys
import warnings

import numpy as np
import pytest
import scipy.linalg
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.metrics.networks_of_tests import whole_classifier_metrics, without
from tfnss.metrics import FrechetDistance, Moments, frechet_distance, tfgan


def activations(count, width, seed):
    random = np.random.default_rng(seed)
    mixture = np.random.default_rng(0).normal(size=(width, width)) / np.sqrt(width)
    scale = (1 + 0.1 * seed) * np.arange(1, width + 1) ** -0.5
    return np.maximum((random.normal(size=(count, width)) * scale) @ mixture + 0.02 * seed, 0)


def reference(a, b):
    covariances = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
    root = scipy.linalg.sqrtm(covariances[0] @ covariances[1]).real
    return np.sum((a.mean(axis=0) - b.mean(axis=0)) ** 2) + np.trace(covariances[0] + covariances[1] - 2 * root)


@pytest.mark.parametrize(
    ("width", "counts"),
    [(64, (500, 300)), (512, (1500, 900)), pytest.param(2048, (2200, 2100), marks=pytest.mark.exhaustive)],
)
def test_is_scipys(width, counts):
    a, b = activations(counts[0], width, 0), activations(counts[1], width, 1)
    assert frechet_distance(a, b) == pytest.approx(reference(a, b), rel=1e-6)


def test_is_tf_gans(monkeypatch):
    a, b = activations(500, 64, 0), activations(300, 64, 1)
    theirs = whole_classifier_metrics(monkeypatch).frechet_classifier_distance_from_activations(a, b)
    assert frechet_distance(a, b) == pytest.approx(float(theirs), rel=1e-6)


def test_of_known_gaussians():
    """Diagonal covariances: sum of (difference of means)² + (difference of standard deviations)²."""
    points = np.array([[1, 0], [-1, 0], [0, 1], [0, -1]]) * np.sqrt(1.5)  # covariance 1
    a, b = points * [2, 3] + [5, 0], points * [1, 7]
    assert frechet_distance(a, b) == pytest.approx(25 + 1 + 16)


@pytest.mark.parametrize("batch", [1, 7, 128])
def test_streaming_is_all_at_once(batch):
    a, b = activations(500, 16, 0) + 1000, activations(300, 16, 1) + 1000
    distance = FrechetDistance()
    for moments, array in ((distance.real, a), (distance.fake, b)):
        for start in range(0, len(array), batch):
            moments.update(array[start : start + batch])
    assert distance.result() == pytest.approx(frechet_distance(a, b), rel=1e-9)


@pytest.mark.parametrize("count", [600, 100])
def test_identical_sets(count):
    a = activations(count, 256, 1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        assert abs(frechet_distance(a, a)) < 1e-6


@settings(max_examples=20, deadline=None)
@given(scale=st.floats(1e-6, 1e6), shift=st.floats(-100, 100))
def test_scales_with_the_square_of_the_activations(scale, shift):
    a, b = activations(200, 8, 0), activations(200, 8, 1)
    moved = frechet_distance((a + shift) * scale, (b + shift) * scale)
    assert moved == pytest.approx(scale**2 * frechet_distance(a, b), rel=1e-6)


def test_fewer_activations_than_dimensions():
    a, b = activations(40, 64, 0), activations(30, 64, 1)
    with pytest.warns(UserWarning, match="rank") as warned:
        distance = frechet_distance(a, b)
    messages = [str(w.message) for w in warned if "rank" in str(w.message)]
    assert "40 activations of width 64 has rank 39" in messages[0]
    assert "30 activations of width 64 has rank 29" in messages[1]
    assert "use more than 64 images" in messages[0]
    assert distance == pytest.approx(reference(a, b), rel=1e-3)


def test_a_singular_covariance():
    a, b = (np.repeat(activations(500, 8, seed), 2, axis=1) for seed in (0, 1))
    with pytest.warns(UserWarning, match="rank 8"):
        assert frechet_distance(a, b) == pytest.approx(2 * frechet_distance(a[:, ::2], b[:, ::2]), rel=1e-6)
    with pytest.warns(UserWarning, match="rank 0"):
        assert frechet_distance(np.ones((5, 2)), np.full((5, 2), 3)) == 8


@pytest.mark.parametrize(
    ("a", "b", "says"),
    [
        (np.zeros((1, 4)), np.zeros((5, 4)), "at least 2 images"),
        (np.zeros((5, 4)), np.zeros((5, 3)), "differ in width: 4 and 3"),
        (np.zeros(5), np.zeros((5, 3)), r"\[count, d\]"),
        (np.zeros((5, 0)), np.zeros((5, 0)), r"\[count, d\]"),
        (np.full((5, 2), np.nan), np.zeros((5, 2)), "not finite"),
    ],
)
def test_bad_input(a, b, says):
    with pytest.raises(ValueError, match=says):
        frechet_distance(a, b)


def test_widths_of_a_stream():
    moments = Moments.of(np.zeros((3, 2)))
    with pytest.raises(ValueError, match="3 after 2"):
        moments.update(np.zeros((3, 3)))


def test_tf_gan_needs_nothing_else_and_leaves_no_half_packages(monkeypatch):
    """What it declares to need is the first to break beside newer packages, as TensorFlow Hub beside setuptools 82."""
    barred = ("tensorflow_hub", "tensorflow_probability", "tf_keras")
    for name in ("tensorflow_gan", *barred):
        without(monkeypatch, name)
    for name in barred:
        monkeypatch.setitem(sys.modules, name, None)
    functions = tfgan.classifier_metrics.__wrapped__()
    assert float(functions.trace_sqrt_product(np.eye(2), 4 * np.eye(2))) == pytest.approx(4)
    assert all(sys.modules[name] is None for name in barred)
    for name in ("tensorflow_gan", "tensorflow_gan.python", "tensorflow_gan.python.eval"):
        assert name not in sys.modules
