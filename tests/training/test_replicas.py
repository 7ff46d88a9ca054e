"""Two replicas against one, on logical CPU devices."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import tfnss
from models import DCGAN
from tests.training.networks import tiny_gan, tiny_images
from tfnss.data import Images
from tfnss.training.callbacks import Checkpoint, restore


def dcgan(regularizers=(), **kwargs):
    # With this seed no activation comes within rounding of the kink at 0, where gradients jump.
    gan = DCGAN(32, latent_dim=8, base_width=4, **{"seed": 1, **kwargs.pop("model", {})})
    gan.compile(
        view=tfnss.NoisyScaleSpace(), annealing=tfnss.ExponentialAnnealing(64), regularizers=regularizers, **kwargs
    )
    return gan


def train(gan, images, steps, **kwargs):
    gan.fit(Images(images, 16), steps_per_epoch=steps, verbose=0, **kwargs)
    return np.concatenate([w.ravel() for w in gan.get_weights()])


@pytest.mark.slow
@pytest.mark.parametrize("interval", [None, 2])
def test_two_replicas_give_the_weights_of_one(mirrored, pictures, interval, caplog):
    """DCGAN with batch normalisation, with and without R1 through it; asked for XLA, which one of the two can use."""
    regularizers = [tfnss.R1(1.0, interval)] if interval else []
    one = train(dcgan(regularizers), pictures, steps=10)
    with mirrored.scope():
        gan = dcgan(regularizers, jit_compile=True)
    assert "XLA is off" in caplog.text
    np.testing.assert_allclose(train(gan, pictures, steps=10), one, atol=1e-5)


@pytest.mark.slow
def test_xla_compiles_on_two_replicas(mirrored, pictures):
    """Networks without batch normalisation stay compiled."""
    results = []
    for strategy in (tf.distribute.get_strategy(), mirrored):
        with strategy.scope():
            gan = tiny_gan()
            parts = {"regularizers": [tfnss.R1(1.0, 2)], "jit_compile": True}
            gan.compile(view=tfnss.NoisyScaleSpace(), annealing=tfnss.ExponentialAnnealing(8), **parts)
        assert all(hasattr(gradients.of_part, "get_concrete_function") for gradients in gan._gradients)
        results.append(train(gan, tiny_images(pictures), steps=10))
    np.testing.assert_allclose(*results, atol=1e-5)


@pytest.mark.slow
def test_replicas_agree_on_every_variable(mirrored, pictures):
    with mirrored.scope():
        gan = dcgan()
    train(gan, pictures, steps=3)
    for variable in gan.variables:
        values = [v.numpy() for v in mirrored.experimental_local_results(variable.value)]
        if variable.name != "seed_generator_state":  # seeds of stock layers differ, as they must
            assert all(np.array_equal(values[0], value) for value in values), variable.path


def test_replicas_need_an_even_share_of_the_batch_each(mirrored, pictures):
    with mirrored.scope():
        gan = tiny_gan()
        gan.compile()
    with pytest.raises(ValueError, match="multiple of 4"):
        gan.fit(tiny_images(pictures), batch_size=6)


def test_replicas_draw_different_noise(mirrored):
    with mirrored.scope():
        gan = tiny_gan(dropout=True)
        gan.compile()

    def draw():
        replica = tf.distribute.get_replica_context().replica_id_in_sync_group
        gan._gradients[0].seed_stock_layers(replica)
        source = tfnss.random.stateless.GlobalBatchSource(1, 2, 0, replica, 2)
        states = [tf.identity(v.value) for v in gan.variables if v.name == "seed_generator_state"]
        return source.stream().normal((4, 4)), states

    noise, states = tf.function(lambda: mirrored.run(draw))()
    assert len(states) == 1
    for per_replica in (noise, *states):
        first, second = mirrored.experimental_local_results(per_replica)
        assert not np.array_equal(first, second)


def test_stock_layers_follow_the_clock(pictures):
    """A network with Dropout resumes exactly, though Keras saves no state of its seed."""
    results = []
    for _ in range(2):
        gan = tiny_gan(dropout=True)
        gan.compile(keras.optimizers.SGD(0.1), keras.optimizers.SGD(0.1))
        results.append(train(gan, tiny_images(pictures), steps=3))
        keras.random.uniform((3,))  # moves Keras' global generator
    np.testing.assert_array_equal(*results)


@pytest.mark.slow
def test_a_run_saved_on_two_replicas_resumes_on_one(mirrored, pictures, tmp_path):
    whole = train(dcgan(), pictures, steps=5, epochs=2)
    with mirrored.scope():
        gan = dcgan()
    stop = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: setattr(gan, "stop_training", True))
    train(gan, pictures, steps=5, epochs=2, callbacks=[Checkpoint(tmp_path / "a.weights.h5"), stop])
    resumed = dcgan()
    restore(resumed, tmp_path / "a.weights.h5")
    np.testing.assert_allclose(train(resumed, pictures, steps=5, epochs=2, initial_epoch=1), whole, atol=1e-5)
