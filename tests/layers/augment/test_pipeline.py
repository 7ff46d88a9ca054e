import math

import keras
import numpy as np
import pytest
from keras import ops

from tests.layers.augment import reference
from tests.layers.augment.given import ADA, random_images, rows_of
from tests.layers.harness import check_layer
from tfnss import random
from tfnss.layers.augment import PIPELINES, Augment
from tfnss.layers.augment.parameters import from_draws
from tfnss.layers.augment.pipeline import SHARES

on_tensorflow = pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="differentiates with TensorFlow")


class Draws:
    """A source of random numbers that gives what NumPy draws."""

    def __init__(self, seed=0):
        self.generator = np.random.default_rng(seed)
        self.drawn = []

    def stream(self):
        return self

    def uniform(self, shape):
        return self._keep(self.generator.uniform(size=tuple(shape)))

    def normal(self, shape):
        return self._keep(self.generator.normal(size=tuple(shape)))

    def _keep(self, numbers):
        self.drawn.append(numbers.astype("float32"))
        return ops.convert_to_tensor(self.drawn[-1])


@pytest.mark.parametrize("pipeline", PIPELINES)
def test_is_a_keras_layer(pipeline):
    check_layer(lambda **kwargs: Augment(pipeline, seed=1, **kwargs), random_images(2, 8, 6, 3), extra=(0.5,))


@pytest.mark.parametrize(("pipeline", "probability", "more"), [(name, 0.6, 0) for name in ADA] + [("bgcfnc", 0.2, 9)])
@pytest.mark.parametrize(("height", "width", "channels"), [(24, 24, 1), (24, 24, 3), (24, 36, 3)])
def test_pipelines_equal_the_reference(pipeline, probability, more, height, width, channels):
    """The filter spreads what zeros the reference reads, so the whole comes once with margins that keep them away."""
    images, source = random_images(6, height, width, channels), Draws()
    with random.scope(source):
        augmented = ops.convert_to_numpy(Augment(pipeline)(images, probability))
    uniform, normal, *white = source.drawn
    drawn = from_draws(
        *map(ops.convert_to_tensor, (uniform, normal, np.float32(probability))),
        PIPELINES[pipeline],
        SHARES.get(pipeline, {}),
    )
    parameters = rows_of(map(ops.convert_to_numpy, drawn))
    expected, clean = images.astype("float64"), np.ones((6, height, width), bool)
    if pipeline in ("blit", "geom", "r3gan") or pipeline.startswith("bg"):
        expected, clean = reference.resample(
            images, [reference.inverse_matrix(p, height, width) for p in parameters], more
        )
    for i, p in enumerate(parameters):
        noise = p.noise * white[0][i] if white else 0
        expected[i] = reference.cut_out(reference.amplify(reference.recolour(expected[i], p), p.bands) + noise, p)
    if "bands" in PIPELINES[pipeline]:
        clean = np.broadcast_to(clean.all(axis=(1, 2), keepdims=True), clean.shape)
    np.testing.assert_allclose(augmented[clean], expected[clean], atol=1e-4)
    assert clean.mean() > (0.9 if more or "bands" not in PIPELINES[pipeline] else 0.1)


@pytest.mark.parametrize("pipeline", PIPELINES)
def test_probability_zero_changes_nothing(pipeline):
    images = random_images(3, 24, 16, 3)
    geometric = set(PIPELINES[pipeline]) & set(PIPELINES["bg"])
    found = ops.convert_to_numpy(Augment(pipeline)(images, 0))
    small = ops.convert_to_numpy(Augment(pipeline)(images[:, :4, :4], 0))
    np.testing.assert_allclose(small, images[:, :4, :4], atol=2e-5)
    np.testing.assert_allclose(found, images, atol=2e-5 if geometric or "bands" in PIPELINES[pipeline] else 1e-6)


@pytest.mark.parametrize("pipeline", ["bgcfnc", "diffaugment"])
def test_images_get_parameters_of_their_own(pipeline):
    same = np.repeat(random_images(1, 8, 8, 3), 8, axis=0)
    layer = Augment(pipeline, seed=0)
    augmented = np.concatenate([ops.convert_to_numpy(layer(same, 0.9)) for _ in range(2)])
    assert len({x.tobytes() for x in augmented}) == 16


@on_tensorflow
@pytest.mark.parametrize("pipeline", ["bgcfnc", "diffaugment"])
def test_replicas_augment_their_rows_of_the_global_batch(pipeline):
    from tfnss.random.stateless import training_source

    layer, images = Augment(pipeline), random_images(6, 16, 16, 3)

    def augmented(part, replica=0, replicas=1):
        with random.scope(training_source(7, 0, 64, replica, replicas)):
            return layer(part, 0.7).numpy()

    parts = [augmented(images[2 * i : 2 * i + 2], i, 3) for i in range(3)]
    np.testing.assert_allclose(np.concatenate(parts), augmented(images), atol=1e-4)


def test_the_probability_may_be_a_tensor():
    images = random_images(4, 8, 8, 3)
    for probability in (0.4, 3):
        number = Augment("bgc", seed=2)(images, probability)
        tensor = Augment("bgc", seed=2)(images, ops.convert_to_tensor(probability))
        np.testing.assert_array_equal(ops.convert_to_numpy(number), ops.convert_to_numpy(tensor))


@on_tensorflow
@pytest.mark.parametrize("pipeline", ["bg", "color", "filter", "cutout", "bgcfnc", "diffaugment"])
def test_compiled_by_xla_it_is_the_same(pipeline):
    import tensorflow as tf

    from tfnss.random.stateless import training_source

    layer, images = Augment(pipeline), random_images(4, 16, 16, 3)

    def augmented(images, probability):
        with random.scope(training_source(7, 0, 64, 0, 1)):
            return layer(images, probability)

    arguments = images, tf.constant(0.8)
    xla = tf.function(augmented, jit_compile=True)(*arguments)
    np.testing.assert_allclose(tf.function(augmented)(*arguments), xla, atol=1e-4)


@on_tensorflow
@pytest.mark.parametrize("jit_compile", [False, True])
@pytest.mark.parametrize("pipeline", ["bgcf", "cutout", "diffaugment"])
def test_second_derivatives(pipeline, jit_compile):
    """The gradient of a sum of cubes is quadratic, for which central differences of any step are exact."""
    import tensorflow as tf

    from tfnss.random.stateless import training_source

    layer, images = Augment(pipeline), tf.constant(random_images(2, 12, 10, 3))
    direction = tf.constant(np.random.default_rng(1).normal(size=images.shape).astype("float32"))

    def gradient(x):
        with tf.GradientTape() as tape, random.scope(training_source(7, 0, 64, 0, 1)):
            tape.watch(x)
            cubes = layer(x, 0.9) ** 3
        return tape.gradient(cubes, x)

    def slope(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            product = tf.reduce_sum(gradient(x) * direction)
        return tape.gradient(product, x)

    compiled = tf.function(gradient, jit_compile=jit_compile)
    numeric = (compiled(images + direction) - compiled(images - direction)) / 2
    analytic = tf.function(slope, jit_compile=jit_compile)(images)
    np.testing.assert_allclose(analytic, numeric, rtol=1e-3, atol=1e-3 * np.abs(numeric).max())


@on_tensorflow
@pytest.mark.parametrize("pipeline", ["bgcfnc", "diffaugment"])
def test_any_number_of_images_in_a_graph(pipeline):
    import tensorflow as tf

    layer = Augment(pipeline, seed=0)
    augmented = tf.function(layer, input_signature=[tf.TensorSpec((None, 8, 8, 3)), tf.TensorSpec(())])
    for count in (1, 3):
        assert augmented(random_images(count, 8, 8, 3), 0.5).shape == (count, 8, 8, 3)


def test_rejects_an_unknown_pipeline():
    with pytest.raises(ValueError, match="pipeline='bcg'"):
        Augment("bcg")


@pytest.mark.parametrize("probability", [-0.1, math.nan, math.inf, np.zeros(2, "float32")])
def test_rejects_a_bad_probability(probability):
    with pytest.raises(ValueError, match="probability"):
        Augment()(random_images(1, 8, 8, 3), probability)


@pytest.mark.parametrize("shape", [(8, 8, 3), (1, 8, 8, 2), (1, 8, 8, 5), (1, 3, 8, 3)])
def test_rejects_bad_images(shape):
    with pytest.raises(ValueError, match="takes images"):
        Augment()(np.zeros(shape, "float32"), 0.5)
