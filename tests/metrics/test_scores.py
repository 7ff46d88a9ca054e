"""The Inception score, the kernel distance, precision and recall."""

import sys

import numpy as np
import pytest
import tensorflow as tf

from tfnss.metrics import (
    InceptionScore,
    KernelDistance,
    PrecisionRecall,
    inception_score,
    kernel_distance,
    precision_recall,
    tfgan,
)
from tfnss.metrics.kernel import kernel_distance_and_error


def normal(count, width, seed, shift=0.0):
    return np.random.default_rng(seed).normal(size=(count, width)) + shift


class TestInceptionScore:
    def test_known_probabilities(self):
        assert inception_score(np.eye(10).repeat(3, axis=0)) == pytest.approx(10)
        assert inception_score(np.full((50, 10), 0.1)) == pytest.approx(1)
        entropy, conditional = -(0.75 * np.log(0.75) + 0.25 * np.log(0.25)), 0.5 * np.log(2)
        assert inception_score(np.array([[1, 0], [0.5, 0.5]])) == pytest.approx(np.exp(entropy - conditional))

    def test_is_tf_gans(self):
        logits = normal(200, 12, 0) * 2
        theirs = tfgan.classifier_metrics().classifier_score_from_logits(tf.constant(logits))
        assert inception_score(tf.nn.softmax(logits).numpy()) == pytest.approx(float(theirs), rel=1e-9)

    @pytest.mark.parametrize("splits", [1, 3])
    def test_streaming_is_all_at_once(self, splits):
        probabilities = np.random.default_rng(0).dirichlet(np.ones(5), 100)
        score = InceptionScore(splits, 100)
        for start in range(0, 100, 7):
            score.update(probabilities[start : start + 7])
        assert score.result() == pytest.approx(inception_score(probabilities, splits))

    def test_splits_are_consecutive_parts(self):
        probabilities = np.random.default_rng(0).dirichlet(np.ones(5), 100)
        parts = [inception_score(part) for part in np.split(probabilities, 4)]
        assert inception_score(probabilities, 4) == pytest.approx((np.mean(parts), np.std(parts)))

    @pytest.mark.parametrize(
        "wrong", [np.full((4, 3), 0.5), np.array([[2.0, -1.0]]), np.zeros(3), np.full((2, 2), np.nan)]
    )
    def test_what_is_no_probability(self, wrong):
        with pytest.raises(ValueError, match="expected probabilities"):
            inception_score(wrong)

    def test_counts(self):
        with pytest.raises(ValueError, match="splits=0"):
            inception_score(np.eye(3), splits=0)
        with pytest.raises(ValueError, match="5 splits need as many"):
            inception_score(np.eye(3), splits=5)
        score = InceptionScore(1, 4)
        score.update(np.eye(3))
        with pytest.raises(ValueError, match=r"4 images were announced. Received: 3"):
            score.result()
        with pytest.raises(ValueError, match="more probabilities than the 4"):
            score.update(np.eye(3))


class TestKernelDistance:
    def test_unbiased_on_one_distribution(self):
        """Over many draws, the mean is 0 within its standard error, though every draw is not."""
        distances = [kernel_distance(normal(60, 8, 2 * i), normal(60, 8, 2 * i + 1)) for i in range(60)]
        assert min(distances) < 0 < max(distances)
        assert abs(np.mean(distances)) < 3 * np.std(distances) / np.sqrt(len(distances))

    def test_is_its_formula(self):
        a, b = normal(30, 4, 0), normal(20, 4, 1, shift=1)

        def mean_kernel(x, y, own):
            kernel = (x @ y.T / 4 + 1) ** 3
            return (kernel.sum() - np.trace(kernel)) / (len(x) * (len(x) - 1)) if own else kernel.mean()

        expected = mean_kernel(a, a, True) + mean_kernel(b, b, True) - 2 * mean_kernel(a, b, False)
        assert kernel_distance(a, b) == pytest.approx(expected)

    def test_blocks(self):
        a, b = normal(64, 4, 0), normal(64, 4, 1, shift=1)
        parts = [kernel_distance(x, y) for x, y in zip(np.split(a, 4), np.split(b, 4), strict=True)]
        mean, error = kernel_distance_and_error(a, b, block_size=16)
        assert mean == pytest.approx(np.mean(parts))
        assert error == pytest.approx(np.std(parts, ddof=1) / 2)

    def test_streaming(self):
        a, b = (normal(40, 4, seed).astype(np.float32) for seed in (0, 1))
        distance = KernelDistance()
        for start in range(0, 40, 16):
            distance.real.update(a[start : start + 16])
            distance.fake.update(b[start : start + 16])
        assert distance.result() == pytest.approx(kernel_distance(a, b), rel=1e-6)

    @pytest.mark.parametrize(
        ("a", "b", "says"),
        [
            (np.zeros((1, 3)), np.zeros((5, 3)), "2 activations of each set"),
            (np.zeros((3000, 3)), np.zeros((5, 3)), "2 activations of each set"),
            (np.zeros((5, 2)), np.zeros((5, 3)), "differ in width: 2 and 3"),
            (np.full((5, 3), np.inf), np.zeros((5, 3)), "not finite"),
        ],
    )
    def test_bad_input(self, a, b, says):
        with pytest.raises(ValueError, match=says):
            kernel_distance(a, b)


class TestPrecisionRecall:
    def test_equal_sets(self):
        a = normal(200, 16, 0)
        assert precision_recall(a, a) == (1, 1)
        assert precision_recall(np.ones((9, 4)), np.ones((9, 4))) == (1, 1)

    def test_disjoint_sets(self):
        assert precision_recall(normal(50, 16, 0), normal(60, 16, 1, shift=100)) == (0, 0)

    def test_collapse_is_precise_and_recalls_little(self):
        real = normal(300, 2, 0)
        precision, recall = precision_recall(real, real[:10].repeat(20, axis=0) * 1.0001)
        assert precision == 1
        assert recall < 0.1

    @pytest.mark.parametrize("k", [1, 3])
    def test_is_its_definition(self, k, monkeypatch):
        monkeypatch.setattr(sys.modules["tfnss.metrics.precision_recall"], "_DISTANCES", 200)  # several blocks
        real, fake = normal(40, 3, 0), normal(30, 3, 1, shift=0.5)

        def share(points, others):
            radii = [sorted(np.linalg.norm(others - o, axis=1))[k] for o in others]
            return np.mean(
                [any(np.linalg.norm(p - o) <= r for o, r in zip(others, radii, strict=True)) for p in points]
            )

        assert precision_recall(real, fake, k) == (share(fake, real), share(real, fake))

    def test_streaming(self):
        real, fake = (normal(40, 3, seed).astype(np.float32) for seed in (0, 1))
        both = PrecisionRecall()
        both.real.update(real)
        for part in np.split(fake, 4):
            both.fake.update(part)
        assert both.result() == precision_recall(real, fake)

    def test_bad_input(self):
        with pytest.raises(ValueError, match="k=3, 3 and 9"):
            precision_recall(np.zeros((3, 2)), np.zeros((9, 2)))
        with pytest.raises(ValueError, match="call `update` first"):
            PrecisionRecall().result()
