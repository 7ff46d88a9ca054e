"""Adam's step by one kernel beside Keras' own, in all that Keras' optimizers can do around it."""

import contextlib

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.training.networks import tiny_gan, tiny_images
from tfnss.training import fused_adam
from tfnss.training.fused_adam import fused
from tfnss.training.scheduled_adam import ScheduledAdam

_DECAY = keras.optimizers.schedules.ExponentialDecay(0.1, 2, 0.5)
OPTIMIZERS = {
    "Adam": lambda: keras.optimizers.Adam(0.1, beta_1=0.5),
    "StyleGAN2's": lambda: keras.optimizers.Adam(0.1, beta_1=0.0, beta_2=0.99, epsilon=1e-8),
    "AdamW": lambda: keras.optimizers.AdamW(0.1, weight_decay=0.1),
    "clipped": lambda: keras.optimizers.Adam(0.1, global_clipnorm=0.5),
    "accumulating": lambda: keras.optimizers.Adam(0.1, gradient_accumulation_steps=2),
    "averaging": lambda: keras.optimizers.Adam(0.1, use_ema=True, ema_overwrite_frequency=2),
    "rate by a schedule": lambda: keras.optimizers.Adam(_DECAY),
    "decay by a schedule": lambda: ScheduledAdam(
        0.1, beta_2=keras.optimizers.schedules.CosineDecay(0.9, 4, alpha=0.99 / 0.9)
    ),
    "AMSGrad": lambda: keras.optimizers.Adam(0.1, amsgrad=True),
    "RMSprop": lambda: keras.optimizers.RMSprop(0.1),
    "Nadam": lambda: keras.optimizers.Nadam(0.1),
}


def variables(dtype="float32"):
    values = np.random.default_rng(0).normal(size=(2, 3, 4))
    return [keras.Variable(values, dtype=dtype), keras.Variable(values[0, 0], dtype=dtype)]


def gradient_of(step, variable):
    draws = np.random.default_rng(step).normal(size=variable.shape)
    return tf.cast(draws * (step % 2), variable.dtype)  # every other one is zero


def moved(optimizer, how, within, dtype="float32"):
    """Weights and the optimizer's state after five steps."""
    weights = variables(dtype)
    optimizer.build(weights)

    def apply(*gradients):
        with within(optimizer):
            optimizer.apply(gradients, weights)

    apply = apply if how == "eager" else tf.function(apply, autograph=False)
    for step in range(5):
        apply(*(gradient_of(step, weight) for weight in weights))
    return [np.array(keras.ops.cast(v, "float64")) for v in (*weights, *optimizer.variables)]


@pytest.mark.parametrize("how", ["graph", "eager"])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_the_numbers_are_those_of_keras(name, how):
    optimizer = OPTIMIZERS[name]()
    ours = moved(optimizer, how, fused)
    theirs = moved(OPTIMIZERS[name](), how, contextlib.nullcontext)
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a, b, rtol=5e-5, atol=5e-6)
    assert "update_step" not in vars(optimizer)


@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 5e-5), ("bfloat16", 0.02), ("float16", 0.005)])
def test_variables_of_other_dtypes(dtype, tolerance):
    ours = moved(OPTIMIZERS["Adam"](), "graph", fused, dtype)
    theirs = moved(OPTIMIZERS["Adam"](), "graph", contextlib.nullcontext, dtype)
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance)


def operations(optimizer):
    """Names of the operations that a step is made of."""
    weights = variables()
    optimizer.build(weights)

    @tf.function(autograph=False)
    def step():
        with fused(optimizer):
            optimizer.apply([tf.ones(weight.shape) for weight in weights], weights)

    return [operation.type for operation in step.get_concrete_function().graph.get_operations()]


def test_one_kernel_moves_a_variable():
    assert operations(keras.optimizers.Adam()).count("ResourceApplyAdam") == 2
    assert "Sqrt" not in operations(keras.optimizers.Adam())


class Other(keras.optimizers.Adam):
    def update_step(self, gradient, variable, learning_rate):
        self.assign_sub(variable, learning_rate * gradient)


def test_another_rule_stays():
    assert "ResourceApplyAdam" not in operations(Other())
    assert "ResourceApplyAdam" not in operations(keras.optimizers.Adam(amsgrad=True))


def test_gradients_of_a_few_rows():
    tables = [keras.Variable(np.ones((4, 2))) for _ in range(2)]
    for table, within in zip(tables, (fused, contextlib.nullcontext), strict=True):
        optimizer = keras.optimizers.Adam(0.1)
        optimizer.build([table])
        with within(optimizer):
            optimizer.apply([tf.IndexedSlices(tf.ones((1, 2)), tf.constant([2]), tf.constant([4, 2]))], [table])
    np.testing.assert_array_equal(*map(np.array, tables))
    assert (np.array(tables[0])[2] < 1).all()


def test_an_error_leaves_the_optimizer_as_it_was():
    optimizer = keras.optimizers.Adam()
    with pytest.raises(RuntimeError), fused(optimizer):
        raise RuntimeError
    assert "update_step" not in vars(optimizer)


def test_replicas(mirrored):
    with mirrored.scope():
        ours, theirs = variables(), variables()
        optimizers = [keras.optimizers.Adam(0.1), keras.optimizers.Adam(0.1)]
        for optimizer, weights in zip(optimizers, (ours, theirs), strict=True):
            optimizer.build(weights)

    @tf.function(autograph=False)
    def run(step):
        def replica():
            mine = tf.cast(tf.distribute.get_replica_context().replica_id_in_sync_group + 1, tf.float32)
            gradients = [tf.fill(weight.shape, mine * step) for weight in ours]
            with fused(optimizers[0]):
                optimizers[0].apply(gradients, ours)
            optimizers[1].apply(gradients, theirs)

        mirrored.run(replica)

    for step in (1.0, -2.0, 0.5):
        run(tf.constant(step))
    for a, b in zip([*ours, *optimizers[0].variables], [*theirs, *optimizers[1].variables], strict=True):
        parts = [np.array(part) for part in mirrored.experimental_local_results(a.value)]
        np.testing.assert_allclose(parts[0], np.array(b), rtol=5e-5, atol=5e-6)
        np.testing.assert_array_equal(parts[0], parts[-1])


def test_training_takes_it(pictures, monkeypatch):
    """The weights are those of a run whose optimizers are not Adam to `fused`."""
    weights, taken = [], []
    numbers = fused_adam._numbers
    monkeypatch.setattr(
        fused_adam, "_numbers", lambda optimizer, *rest: taken.append(optimizer) or numbers(optimizer, *rest)
    )
    for adam in (keras.optimizers.Adam, type("Plain", (keras.optimizers.Adam,), {"update_step": _plain})):
        gan = tiny_gan()
        gan.compile(adam(1e-3, beta_1=0.5), adam(1e-3, beta_1=0.5))
        gan.fit(tiny_images(pictures)[:16], batch_size=8, epochs=3, verbose=0)
        weights.append([np.array(v) for v in gan.generator.weights + gan.discriminator.weights])
    assert {type(optimizer) for optimizer in taken} == {keras.optimizers.Adam}
    for a, b in zip(*weights, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-6)


def _plain(self, *arguments):
    keras.optimizers.Adam.update_step(self, *arguments)
