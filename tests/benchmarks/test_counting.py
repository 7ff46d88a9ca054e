"""Arithmetic and memory, counted from traced graphs, against sums over the layers' shapes."""

import math

import numpy as np
import pytest
import tensorflow as tf

from benchmarks import counting
from models import DCGAN, SNGAN, StyleGAN2

BATCH = 4


def convolution_products(channels, widths, resolution, taps):
    """Products of D's convolutions at stride 2 on one image, layer by layer, and of the head over all."""
    counts = []
    for width in widths:
        resolution //= 2
        counts.append(resolution**2 * taps**2 * channels * width)
        channels = width
    return [*counts, resolution**2 * channels]


def test_of_dcgan_as_summed_over_its_layers():
    gan = DCGAN(16, latent_dim=5, base_width=3)
    gan.compile(jit_compile=False)
    step = convolution_products(3, [3, 6], 16, taps=4)
    forward = (
        sum(step),
        5 * 4 * 4 * 6 + 4**2 * 4**2 * 6 * 3 + 8**2 * 4**2 * 3 * 3,
    )  # of D; of G: the stem and two layers
    for gradients in gan._gradients:
        graph = counting.traced(gradients, (BATCH, 16, 16, 3))
        loss = sum(counting.flop(graph, [counting.loss_of(graph, gradients.phase)]).values())
        whole = sum(counting.flop(graph).values())
        if counting.phase_name(gradients.phase) == "D":
            assert loss == 2 * BATCH * (2 * forward[0] + forward[1])  # fakes are made, reals and fakes judged
            assert whole - loss == 2 * BATCH * 2 * (2 * forward[0] - step[0])  # no gradient by images
        else:
            assert loss == 2 * BATCH * sum(forward)
            stem = 5 * 4 * 4 * 6
            assert whole - loss == 2 * BATCH * (
                forward[0] + 2 * forward[1] - stem
            )  # D's by images, G's by both; no latents


def test_a_penalty_has_second_derivatives():
    gan = StyleGAN2(8, channel_base=64, mapping_layers=1)
    gan.compile(jit_compile=False)
    for gradients in gan._gradients:
        graph = counting.traced(gradients, (BATCH, 8, 8, 3))
        loss = counting.flop(graph, [counting.loss_of(graph, gradients.phase)])
        whole = counting.flop(graph)
        if counting.phase_name(gradients.phase) == "r1":
            assert loss["convolutions"] == loss["by images"] > 0  # each is passed forward, and back to the image
            assert loss["by kernel"] == 0
            assert whole["by kernel"] > loss["convolutions"]  # kernels count in both passes
    names = [counting.phase_name(gradients.phase) for gradients in gan._gradients]
    assert sorted(names) == sorted(["D", "r1", "G", "path length"])


def test_of_sngan_all_operations_are_known():
    gan = SNGAN(32, width=1 / 64)
    gan.compile(jit_compile=False)
    assert all(sum(counting.flop(counting.traced(g, (2, 32, 32, 3))).values()) > 0 for g in gan._gradients)


def graph_of(function, *shapes):
    return tf.function(function, autograph=False).get_concrete_function(*map(tf.TensorSpec, shapes)).graph


def test_products_of_matrices():
    graph = graph_of(lambda a, b: tf.matmul(a, b, transpose_a=True), (7, 2), (7, 3))
    assert counting.flop(graph)["dense"] == 2 * 2 * 3 * 7
    graph = graph_of(lambda a, b: tf.matmul(a, b), (5, 2, 7), (5, 7, 3))
    assert counting.flop(graph)["dense"] == 2 * 5 * 2 * 3 * 7


def test_what_cannot_be_counted_is_an_error():
    nested = tf.function(lambda x: tf.matmul(x, x))
    with pytest.raises(ValueError, match="PartitionedCall"):
        counting.flop(graph_of(nested, (2, 2)))
    with pytest.raises(ValueError, match="unknown shape"):
        counting.flop(graph_of(tf.matmul, (None, 2), (2, 3)))


def test_bytes_at_once():
    """A chain of elementwise operations takes its inputs' place; what the end reads stays beside it."""
    size = 4 * 1000
    assert counting.peak_bytes(graph_of(lambda x: tf.square(tf.square(x)) * 2.0, (1000,))) == size
    assert counting.peak_bytes(graph_of(lambda x: tf.exp(tf.exp(x)), (1000,))) == 2 * size
    three = graph_of(lambda x: tf.exp(tf.exp(tf.exp(x))) + x, (1000,))
    assert counting.peak_bytes(three) == 3 * size  # x, an input and an output


def test_what_nothing_reads_takes_no_memory():
    def function(x):
        tf.exp(tf.concat([x] * 50, 0))
        return x * 2.0

    assert counting.peak_bytes(graph_of(function, (1000,))) == 4 * 1000


def test_memory_grows_with_the_batch_and_what_stays_does_not():
    gan = DCGAN(16, latent_dim=5, base_width=3)
    gan.compile(jit_compile=False)
    peaks = [counting.peak_bytes(counting.traced(gan._gradients[0], (batch, 16, 16, 3))) for batch in (8, 16, 24)]
    np.testing.assert_allclose(peaks[2] - peaks[1], peaks[1] - peaks[0], rtol=0.05)
    networks = [sum(math.prod(w.shape) * 4 for w in n.weights) for n in (gan.generator, gan.discriminator)]
    moments = [2 * sum(math.prod(w.shape) * 4 for w in n.trainable_weights) for n in (gan.generator, gan.discriminator)]
    expected = 2 * networks[0] + networks[1] + sum(moments)
    assert expected <= counting.persistent_bytes(gan) <= expected + 100  # and the optimizers' counters
