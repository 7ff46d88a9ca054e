import keras
import numpy as np
import pytest
import tensorflow as tf

from tfnss.layers import azimuthal_spectrum
from tfnss.training import SpectralRegularization

REAL, FAKE = np.random.default_rng(0).uniform(-1, 1, (2, 6, 16, 16, 3)).astype("float32")


def penalty(regularizer, real=REAL, fake=FAKE):
    value, logs = regularizer(None, tf.constant(real), lambda: tf.constant(fake), labels=None, state=None)
    assert tuple(logs) == regularizer.logged
    assert logs["spectral_regularization"] is value
    return float(value)


def test_equals_its_formula():
    target = azimuthal_spectrum(REAL).numpy().astype("float64").mean(axis=0)
    prediction = np.clip(azimuthal_spectrum(FAKE).numpy().astype("float64"), 1e-6, 1 - 1e-6)
    total = 0.0
    for row in prediction:
        for t, p in zip(target, row, strict=True):
            total -= t * np.log(p) + (1 - t) * np.log(1 - p)
    assert penalty(SpectralRegularization(0.3)) == pytest.approx(0.3 * total / prediction.size, rel=1e-3)


def test_fakes_with_the_spectra_of_reals_are_best():
    """Cutting the fakes' high frequencies raises the penalty."""
    real = np.broadcast_to(REAL[:1], REAL.shape)
    low = np.fft.fft2(real, axes=(1, 2)) * (np.abs(np.fft.fftfreq(16)) < 0.3)[:, None, None]
    smooth = np.fft.ifft2(low, axes=(1, 2)).real.astype("float32")
    assert penalty(SpectralRegularization(), real, real) < penalty(SpectralRegularization(), real, smooth)


@pytest.mark.parametrize("jit_compile", [False, True])
def test_gradient_reaches_the_fakes_alone(jit_compile):
    real, fake = tf.constant(REAL), tf.constant(FAKE)

    @tf.function(jit_compile=jit_compile)
    def gradients(real, fake):
        with tf.GradientTape() as tape:
            tape.watch([real, fake])
            value, _ = SpectralRegularization()(None, real, lambda: fake)
        return tape.gradient(value, [real, fake], unconnected_gradients="zero")

    of_real, of_fake = (x.numpy() for x in gradients(real, fake))
    np.testing.assert_array_equal(of_real, 0)
    assert np.isfinite(of_fake).all()
    assert np.abs(of_fake).max(axis=(1, 2, 3)).all()
    step = 1e-3 * of_fake / np.abs(of_fake).max()
    assert penalty(SpectralRegularization(), REAL, FAKE - step) < penalty(SpectralRegularization(), REAL, FAKE)


def test_serialization_and_bad_values():
    regularizer = SpectralRegularization(2.5)
    assert (regularizer.player, regularizer.name, regularizer.interval) == ("generator", "spectral_regularization", 1)
    copy = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(regularizer))
    assert copy.get_config() == {"weight": 2.5}
    for weight in (-1.0, float("inf"), float("nan")):
        with pytest.raises(ValueError, match="`weight` must be a finite number >= 0"):
            SpectralRegularization(weight)
