import keras
import numpy as np
import pytest

import tfnss
from models import MLPGAN
from tests.models.test_dcgan import trainable
from tfnss.data import Images
from tfnss.training.callbacks import Checkpoint, restore


def tiny(**kwargs):
    return MLPGAN(**{"latent_dim": 5, "generator_widths": (7, 6), "discriminator_widths": (6,), **kwargs})


def compiled(gan, **parts):
    space = {"view": tfnss.NoisyScaleSpace(0.112), "annealing": tfnss.ConstantAnnealing(8)}
    gan.compile(**{"total_kimg": 0.096, "jit_compile": False, **space, **parts})
    return gan


def stripes(batch_size=16):
    return tfnss.data.load("hadamard", 8, batch_size, channels=1)


def flat(gan):
    return np.concatenate([w.ravel() for w in gan.get_weights()])


def test_parameter_counts_are_those_of_dense_layers():
    gan = MLPGAN()
    assert trainable(gan.generator) == 33 * 256 + 257 * 256 + 257 * 64
    assert trainable(gan.discriminator) == 65 * 256 + 257 * 256 + 257


@pytest.mark.parametrize(("resolution", "channels"), [(8, 1), (5, 3), (1, 1)])
def test_shapes(resolution, channels):
    gan = tiny(resolution=resolution, channels=channels)
    images = gan.generator(np.zeros((2, 5), "float32"))
    assert images.shape == (2, resolution, resolution, channels)
    assert gan.discriminator(images).shape == (2, 1)
    assert gan.generate(3).shape == (3, resolution, resolution, channels)


def test_the_networks_equal_their_definition():
    gan = tiny()
    random = np.random.default_rng(0)
    for weight in gan.trainable_weights:
        weight.assign(random.normal(size=weight.shape))
    latents = random.normal(size=(3, 5)).astype("float32")
    k1, b1, k2, b2, k3, b3 = (w.numpy() for w in gan.generator.trainable_weights)
    images = np.maximum(np.maximum(latents @ k1 + b1, 0) @ k2 + b2, 0) @ k3 + b3
    np.testing.assert_allclose(np.reshape(gan.generator(latents), (3, 64)), images, rtol=1e-4, atol=1e-4)
    assert np.abs(images).max() > 1  # the output is linear
    k1, b1, k2, b2 = (w.numpy() for w in gan.discriminator.trainable_weights)
    hidden = images @ k1 + b1
    logits = np.where(hidden > 0, hidden, 0.2 * hidden) @ k2 + b2
    np.testing.assert_allclose(gan.discriminator(images.reshape(3, 8, 8, 1)), logits, rtol=1e-3, atol=1e-3)


def test_initial_weights_follow_the_seed():
    one, same, other = (tiny(seed=seed) for seed in (3, 3, 4))
    np.testing.assert_array_equal(flat(one), flat(same))
    assert not np.array_equal(flat(one), flat(other))


def test_config_and_saved_model(tmp_path):
    gan = tiny(seed=2)
    copy = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(gan))
    assert isinstance(copy, MLPGAN)
    assert copy.get_config() == gan.get_config()
    compiled(gan).fit(stripes(), steps_per_epoch=2, verbose=0)
    gan.save(tmp_path / "gan.keras")
    read = keras.models.load_model(tmp_path / "gan.keras")
    np.testing.assert_array_equal(flat(read), flat(gan))


PARTS = {
    "noise-space": {"view": tfnss.NoiseSpace(), "annealing": tfnss.ExponentialAnnealing(64)},
    "scale-space, all": {"view": None, "annealing": None},
    "least squares": {"loss": "least_squares", "discriminator_steps": 2, "accumulation_steps": 2},
    "penalties": {"regularizers": [tfnss.R1(1.0, 2), tfnss.R2(1.0, 2), tfnss.LeCam(0.1)], "loss": "relativistic"},
    "dragan": {"regularizers": [tfnss.DRAGAN(10.0)], "loss": "minimax"},
    "wasserstein": {"regularizers": [tfnss.GradientPenalty(10.0)], "loss": "wasserstein"},
    "diffaugment": {"augmentation": tfnss.Augmentation("diffaugment", probability=1)},
    "ssd": {"spectral_realness": tfnss.SpectralRealness()},
}
EVERY_DAY = ("noise-space", "penalties", "ssd")


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name in EVERY_DAY else pytest.mark.exhaustive) for name in PARTS]
)
def test_plays_with_every_part(name):
    parts = dict(PARTS[name])
    if name == "scale-space, all":
        parts["view"] = tfnss.training.View(tfnss.ScaleSpace(), tfnss.ConstantAnnealing(8), half_batch=False)
    if name == "diffaugment":
        images = Images(tfnss.data.load("hadamard", 8, channels=3).take(range(64)), 16)
        gan = tiny(channels=3)
    else:
        images, gan = stripes(), tiny()
    before = flat(gan)
    history = compiled(gan, **parts).fit(images, steps_per_epoch=4, verbose=0).history
    assert np.isfinite(list(history.values())).all()
    if name != "noise-space":
        assert history["time"][-1] == 8
    assert not np.array_equal(flat(gan)[: len(before)], before)


def test_a_resumed_run_is_the_same_run(tmp_path):
    whole = compiled(tiny())
    whole.fit(stripes(), epochs=2, steps_per_epoch=3, verbose=0)
    first, path = compiled(tiny()), tmp_path / "checkpoint.weights.h5"
    first.fit(stripes(), epochs=1, steps_per_epoch=3, verbose=0, callbacks=[Checkpoint(path)])
    second = compiled(tiny(seed=0))
    restore(second, path)
    second.fit(stripes(), epochs=2, steps_per_epoch=3, verbose=0, resume=True)
    np.testing.assert_array_equal(flat(second), flat(whole))


def test_two_replicas_give_the_weights_of_one(mirrored):
    one = compiled(tiny())
    one.fit(stripes(), steps_per_epoch=5, verbose=0)
    with mirrored.scope():
        two = compiled(tiny())
    two.fit(stripes(), steps_per_epoch=5, verbose=0)
    np.testing.assert_allclose(flat(two), flat(one), atol=1e-5)


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        ({"resolution": 0}, "resolution"),
        ({"latent_dim": 0}, "latent_dim"),
        ({"channels": 2}, "channels"),
        ({"generator_widths": ()}, "generator_widths"),
        ({"discriminator_widths": (4, 0)}, "discriminator_widths"),
    ],
)
def test_rejects(arguments, name):
    with pytest.raises(ValueError, match=name):
        MLPGAN(**arguments)
