import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.training.growing import growing_gan
from tfnss import random
from tfnss.layers import LayerNormalization
from tfnss.random.stateless import GlobalBatchSource
from tfnss.training import DRAGAN, R1, R2, Augmentation, GradientPenalty, LeCam, PathLength, SpectralRegularization

REAL = tf.constant(np.random.default_rng(0).uniform(-1, 1, (3, 2, 2, 1)), tf.float32)
FAKE = tf.constant(np.random.default_rng(1).uniform(-1, 1, (3, 2, 2, 1)), tf.float32)


def quadratic(images):
    """A discriminator with a known gradient: 2 x."""
    return tf.reduce_sum(tf.square(images), axis=[1, 2, 3])


def penalty(regularizer, seed=0):
    with random.scope(GlobalBatchSource(seed, 0)):
        return float(regularizer(quadratic, REAL, lambda: FAKE))


def test_r1_equals_its_formula():
    expected = 3.0 / 2 * np.mean(np.sum(np.square(2 * REAL.numpy()), axis=(1, 2, 3)))
    assert penalty(R1(3.0)) == pytest.approx(expected, rel=1e-5)


def test_r2_is_r1_at_fake_images():
    expected = 3.0 / 2 * np.mean(np.sum(np.square(2 * FAKE.numpy()), axis=(1, 2, 3)))
    assert penalty(R2(3.0)) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("make", [GradientPenalty, DRAGAN])
def test_unit_norm_penalties_equal_their_formulas(make):
    with random.scope(source := GlobalBatchSource(4, 0)):
        value = float(make(5.0)(quadratic, REAL, lambda: FAKE))
    source = GlobalBatchSource(4, 0)
    real, fake = REAL.numpy(), FAKE.numpy()
    if make is DRAGAN:
        fake = real + 0.5 * real.std() * source.stream().uniform(real.shape).numpy()
    alpha = source.stream().uniform((3, 1, 1, 1)).numpy()
    norms = np.sqrt(np.sum(np.square(2 * (real + alpha * (fake - real))), axis=(1, 2, 3)))
    assert value == pytest.approx(5.0 * np.mean(np.square(norms - 1)), rel=1e-5)
    assert value != penalty(make(5.0), seed=5)


def test_a_flat_discriminator_has_finite_gradients():
    weight = tf.Variable(0.0)
    with tf.GradientTape() as tape:
        value = GradientPenalty(1.0)(lambda x: weight * quadratic(x), REAL, lambda: FAKE)
    assert np.isfinite(tape.gradient(value, weight))


def _network(normalization):
    layers = keras.layers
    keras.utils.set_random_seed(3)
    images = x = keras.Input((8, 8, 3))
    for _ in range(3):
        x = layers.Conv2D(4, 3, kernel_initializer=keras.initializers.RandomNormal(stddev=0.3))(x)
        x = layers.Activation("tanh")(normalization()(x))
    return keras.Model(images, layers.Dense(1)(layers.Flatten()(x)))


class _Plain(keras.layers.Layer):
    """Normalisation from elementary operations, over the given axes."""

    def __init__(self, axes, epsilon):
        super().__init__()
        self.axes, self.epsilon = axes, epsilon

    def call(self, x):
        centred = x - tf.reduce_mean(x, self.axes, keepdims=True)
        return centred / tf.sqrt(tf.reduce_mean(centred**2, self.axes, keepdims=True) + self.epsilon)


@pytest.mark.parametrize(
    ("normalization", "axes", "epsilon"),
    [
        (LayerNormalization, (1, 2, 3), 1e-5),
        # The way that the engine switches batch normalisation to under a penalty.
        (lambda: keras.layers.BatchNormalization(synchronized=True), (0, 1, 2), 1e-3),
    ],
)
def test_second_derivatives_through_normalisation(normalization, axes, epsilon):
    images = tf.constant(np.random.default_rng(0).normal(size=(8, 8, 8, 3)), tf.float32)

    def gradient(network):
        with tf.GradientTape() as tape:
            value = R1(1.0)(lambda x: network(x, training=True), images, None)
        return tape.gradient(value, network.trainable_variables[0].value).numpy()

    expected = gradient(_network(lambda: _Plain(axes, epsilon)))
    np.testing.assert_allclose(gradient(_network(normalization)), expected, atol=1e-5 * np.abs(expected).max())


@pytest.mark.parametrize("jit_compile", [False, True])
@pytest.mark.parametrize("make", [R1, R2])
@pytest.mark.parametrize("augmented", [False, True])
def test_the_penalty_s_gradient_equals_finite_differences(make, augmented, jit_compile):
    """By the discriminator's weights, along a random direction; the image's gradient passes through DiffAugment."""
    generator = np.random.default_rng(5)
    network = _network(lambda: _Plain((1, 2, 3), 1e-3))
    augmentation = Augmentation("diffaugment", probability=1)
    real, fake = (tf.constant(generator.uniform(-1, 1, (4, 8, 8, 3)), tf.float32) for _ in range(2))
    weights = [v.value for v in network.trainable_variables]
    directions = [tf.constant(generator.normal(size=w.shape), tf.float32) for w in weights]

    def discriminate(images):
        return network(augmentation(images, tf.zeros(3)) if augmented else images)

    def value():
        with random.scope(GlobalBatchSource(6, 0)):
            return make(2.0)(discriminate, real, lambda: fake)

    def slope():
        with tf.GradientTape() as tape:
            penalty = value()
        gradients = tape.gradient(penalty, weights, unconnected_gradients="zero")
        return tf.add_n([tf.reduce_sum(g * d) for g, d in zip(gradients, directions, strict=True)])

    def moved(step):
        for weight, direction in zip(weights, directions, strict=True):
            weight.assign_add(step * direction)
        return float(compiled())

    compiled = tf.function(value, jit_compile=jit_compile)
    analytic = float(tf.function(slope, jit_compile=jit_compile)())
    step = 2e-3
    numeric = (moved(step) - moved(-2 * step)) / (2 * step)
    assert analytic == pytest.approx(numeric, rel=5e-3)
    assert abs(analytic) > 1e-4


@pytest.mark.parametrize("interval", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_a_graph_of_parts_of_the_batch_has_every_penalty(interval, plain_graphs):
    """Where each part takes its rows of the global batch's random numbers, whose shape has to be known."""
    lazy = [make(0.1, interval=interval) for make in (R1, R2, GradientPenalty, DRAGAN)]
    penalties = [*lazy, PathLength(0.1, interval=interval), LeCam(0.1), SpectralRegularization(0.1)]
    gan = growing_gan(most_halvings=0)
    gan.compile(regularizers=penalties, accumulation_steps=2)
    logs = gan.train_on_batch(np.random.default_rng(0).integers(0, 256, (8, 8, 8, 3), np.uint8))
    assert {penalty.name for penalty in penalties} < set(logs)
    assert np.isfinite(list(logs.values())).all()


@pytest.mark.parametrize("count", [3, None])
def test_dragan_of_a_part_of_the_batch_in_a_graph(count):
    """Of images whose shape is known while the graph is traced, and of those whose count is not."""

    def value(real):
        with random.scope(GlobalBatchSource(2, 0, 0, 1, 2)):
            return DRAGAN(1.0)(quadratic, real, None)

    traced = tf.function(value, input_signature=[tf.TensorSpec((count, 2, 2, 1))])
    assert float(traced(REAL)) == pytest.approx(float(value(REAL)), rel=1e-5)


@pytest.mark.parametrize("make", [R1, R2, GradientPenalty, DRAGAN])
def test_serialization_and_bad_values(make):
    copy = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(make(2.0, interval=3)))
    assert copy.get_config() == {"weight": 2.0, "interval": 3}
    with pytest.raises(ValueError, match="weight"):
        make(-1.0)
    with pytest.raises(ValueError, match="interval"):
        make(1.0, interval=0)
