import keras
import numpy as np
import pytest
import tensorflow as tf

from models import StyleGAN, StyleGAN2
from models.stylegan2 import named_weights, preset
from tfnss.training import R1, Growth, PathLength

SMALL = {"latent_dim": 8, "channel_max": 4, "mapping_layers": 2}


def model(config, resolution=16, **kwargs):
    settings = {} if config == "a" else {"config": config}
    return (StyleGAN if config == "a" else StyleGAN2)(resolution, **settings, **SMALL, **kwargs)


def images(count=8):
    return np.random.default_rng(0).integers(0, 256, (count, 16, 16, 3), np.uint8)


@pytest.mark.parametrize(
    ("config", "interval", "path_length"), [("a", 1, False), ("b", 1, False), ("c", 16, False), ("d", 16, True)]
)
def test_the_defaults_are_the_papers(config, interval, path_length):
    gan = model(config)
    gan.compile()
    assert gan.growth.get_config() == Growth().get_config()
    parts = gan.regularizers
    assert [type(part) for part in parts] == [R1, PathLength][: 1 + path_length]
    assert (parts[0].weight, parts[0].interval) == (10.0, interval)
    assert gan.generator.mixing_probability == 0.9
    assert gan.ema_half_life_kimg == 10.0
    lazy = interval > 1
    found = [
        [float(optimizer.learning_rate), optimizer.beta_1, optimizer.beta_2, optimizer.epsilon]
        for optimizer in (gan.generator_optimizer, gan.discriminator_optimizer)
    ]
    expected = [[0.001 * c, 0.0, 0.99**c, 1e-8] for c in ((4 / 5, 16 / 17) if lazy else (1, 1))]
    np.testing.assert_allclose(found, expected, rtol=1e-6)


@pytest.mark.parametrize("config", ["b", "c", "d"])
def test_configurations_that_grow_have_the_width_of_stylegan(config):
    chosen = preset(config, 1024)
    assert (chosen.channel_base, chosen.generator, chosen.discriminator) == (16384, "grown", "grown")


@pytest.mark.parametrize(
    ("config", "classes"),
    [
        ("a", 0),
        pytest.param("d", 3, marks=pytest.mark.slow),
        pytest.param("a", 3, marks=pytest.mark.exhaustive),
        pytest.param("d", 0, marks=pytest.mark.exhaustive),
    ],
)
def test_models_train_save_and_load(config, classes, tmp_path):
    gan = model(config, classes=classes)
    gan.compile(growth=False)
    labels = [np.arange(8) % 3] if classes else []
    gan.fit(images(), *labels, batch_size=4, epochs=1, verbose=0)
    assert float(gan.generator_ema.lod.numpy()) == 0
    assert all(np.isfinite(np.asarray(weight)).all() for weight in gan.weights)
    assert np.any(gan.generator.average_style.numpy())
    gan.generator.save(tmp_path / "generator.keras")
    copy = keras.models.load_model(tmp_path / "generator.keras")
    for name, weight in named_weights(gan.generator).items():
        np.testing.assert_array_equal(named_weights(copy)[name], weight)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("config", "lod"),
    [
        ("a", 0.5),
        ("d", 1.0),
        *(
            pytest.param(*case, marks=pytest.mark.exhaustive)
            for case in (("a", 0.0), ("a", 1.0), ("d", 0.0), ("d", 0.5))
        ),
    ],
)
def test_exports_are_of_the_level_of_detail(config, lod, tmp_path):
    gan = model(config, noise=None)
    gan.compile()
    gan.generator_ema.lod.assign(lod)
    gan.export(tmp_path / "exported")
    latents = np.random.default_rng(1).normal(size=(2, 8)).astype("float32")
    exported = tf.saved_model.load(tmp_path / "exported").signatures["serving_default"]
    found = exported(latents=tf.constant(latents))["images"].numpy()
    drawn = gan.generator_ema(latents).numpy()
    assert np.abs(found - (drawn * 127.5 + 127.5).clip(0, 255)).max() <= 1
    if lod == 1:
        np.testing.assert_array_equal(found, found[:, ::2, ::2].repeat(2, 1).repeat(2, 2))


def test_stylegan_starts_from_ones_and_its_seed():
    one, other = model("a", seed=3), model("a", seed=3)
    for name, weight in named_weights(one.generator).items():
        np.testing.assert_array_equal(weight, named_weights(other.generator)[name])
    assert (one.generator.synthesis.constant.constant.numpy() == 1).all()
    different = model("a", seed=4).generator.synthesis.convs["b4_conv"].conv.kernel.numpy()
    assert (different != one.generator.synthesis.convs["b4_conv"].conv.kernel.numpy()).any()


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: StyleGAN(4), "resolution=4"),
        (lambda: StyleGAN(36 * 31), "nearest"),
        (lambda: StyleGAN(channels=2), "channels=2"),
        (lambda: StyleGAN(classes=-1), "classes=-1"),
        (lambda: StyleGAN(noise="white"), "noise=white"),
        (lambda: StyleGAN(precision="float8"), "precision=float8"),
        (lambda: StyleGAN(latent_dim=0), "latent_dim=0"),
        (lambda: StyleGAN(16, mixing_probability=2, **SMALL), "mixing_probability=2"),
        (lambda: StyleGAN2(16, "b", discriminator="resnet"), "must both be 'grown'"),
    ],
)
def test_bad_input(make, says):
    with pytest.raises(ValueError, match=says):
        make()
