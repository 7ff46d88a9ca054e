import numpy as np
import pytest
import scipy.stats
import tensorflow as tf

from tfnss import random
from tfnss.random.stateless import GlobalBatchSource, latent_pairs, latents_of_seeds, sampling_latents, training_source


def draw(kind, shape, replica=0, replicas=1, images_seen=0):
    source = training_source(7, 1, tf.constant(images_seen, tf.int64), replica, replicas)
    return getattr(source.stream(), kind)(shape).numpy()


@pytest.mark.parametrize("kind", ["normal", "uniform"])
@pytest.mark.parametrize("row", [(3,), (3, 5), (4, 4, 2)])
def test_replicas_hold_the_rows_of_the_global_batch(kind, row):
    whole = draw(kind, (6, *row))
    parts = [draw(kind, (2, *row), replica, 3) for replica in range(3)]
    np.testing.assert_allclose(np.concatenate(parts), whole, atol=1e-6)


def test_distributions():
    """False alarms: 1e-6 each (Kolmogorov-Smirnov)."""
    assert scipy.stats.kstest(draw("normal", (1000, 99)).ravel(), "norm").pvalue > 1e-6
    assert scipy.stats.kstest(draw("uniform", (1000, 99)).ravel(), "uniform").pvalue > 1e-6
    pairs = draw("normal", (50_000, 2)).astype("float64")
    assert abs(np.mean(pairs[:, 0] * pairs[:, 1])) < 5 / np.sqrt(50_000)


def test_the_clock_and_the_order_of_requests_part_the_streams():
    source = training_source(7, 1, 0, 0, 1)
    draws = [source.stream().normal((4,)), source.stream().normal((4,))]
    draws += [draw("normal", (4,), images_seen=seen) for seen in (1, 2**31, 2**31 + 1)]
    draws += [training_source(seed, phase, 0, 0, 1).stream().normal((4,)) for seed, phase in ((7, 2), (8, 1))]
    assert len({np.asarray(x).tobytes() for x in draws}) == len(draws)


def test_numbers_are_the_same_under_xla():
    def numbers(clock):
        stream = training_source(3, 1, clock, tf.constant(1), 2).stream()
        return stream.normal((8, 5)), stream.uniform((8, 5))

    clock = tf.constant(2**40 + 17)
    for graph, xla in zip(tf.function(numbers)(clock), tf.function(numbers, jit_compile=True)(clock), strict=True):
        np.testing.assert_allclose(graph, xla, atol=2e-6)


def test_latents_depend_on_seed_and_row_alone():
    latents = sampling_latents(9, 5, seed=1)
    np.testing.assert_allclose(latents[:4], sampling_latents(4, 5, seed=1), atol=1e-6)
    assert not np.array_equal(latents, sampling_latents(9, 5, seed=2))


def test_scope_decides_where_streams_come_from():
    source = GlobalBatchSource(1, 2)
    with random.scope(source):
        inside = random.stream().normal((3,))
    np.testing.assert_array_equal(inside, GlobalBatchSource(1, 2).stream().normal((3,)))
    assert not np.array_equal(random.stream().normal((3,)), inside)


@pytest.mark.parametrize("latent_dim", [4, 7, 100])
def test_latents_from_the_middle_of_the_sequence(latent_dim):
    whole = sampling_latents(20, latent_dim, seed=3)
    for start in (0, 2, 14):
        part = sampling_latents(20 - start, latent_dim, 3, start)
        np.testing.assert_allclose(part, whole[start:], atol=1e-6)  # a vectorised cosine differs at the end of an array
    pairs, uniform = latent_pairs(20, latent_dim, seed=3)
    later_pairs, later_uniform = latent_pairs(12, latent_dim, 3, start=8)
    np.testing.assert_allclose(later_pairs, pairs[8:], atol=1e-6)
    np.testing.assert_array_equal(later_uniform, uniform[8:])
    assert len(np.unique(np.asarray(pairs))) == pairs.shape.num_elements()


def test_rows_begin_at_a_step_of_the_counter():
    with pytest.raises(ValueError, match="rows from 3 on"):
        sampling_latents(2, 5, 0, start=3)


@pytest.mark.parametrize("seed", [-1, 2**31, np.int64(2**32)])
def test_seeds_have_a_range(seed):
    with pytest.raises(ValueError, match=f"from 0 to 2147483647. Received: seed={seed}"):
        latents_of_seeds([0, seed], 4)
