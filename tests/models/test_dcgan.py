import keras
import numpy as np
import pytest

from models import DCGAN
from tfnss.resolution import sides


def trainable(network):
    return sum(int(np.prod(w.shape)) for w in network.trainable_weights)


def test_canonical_parameter_counts():
    gan = DCGAN(resolution=64)
    assert trainable(gan.generator) == 3_576_704
    assert trainable(gan.discriminator) == 2_765_568


@pytest.mark.parametrize("resolution", [16, 32, 64, 128, 48, (32, 48), (40, 24), [96, 64]])
@pytest.mark.parametrize("channels", [1, 3])
def test_shapes(resolution, channels):
    gan = DCGAN(resolution, latent_dim=5, channels=channels, base_width=4)
    images = gan.generator(np.zeros((2, 5), "float32"))
    assert images.shape == (2, *sides(resolution), channels)
    assert DCGAN.from_config(gan.get_config()).generator.output_shape[1:3] == sides(resolution)
    assert gan.discriminator(images).shape == (2, 1)


def test_initial_weights_follow_the_seed():
    one, same, other = (DCGAN(32, base_width=8, seed=seed).generator.get_weights() for seed in (3, 3, 4))
    assert all(np.array_equal(a, b) for a, b in zip(one, same, strict=True))
    assert not np.array_equal(one[0], other[0])
    kernel = DCGAN(32).generator.get_layer("stem").get_weights()[0]
    assert kernel.std() == pytest.approx(0.02, rel=0.02)


def test_the_averaged_generator_starts_as_the_generator():
    gan = DCGAN(32, base_width=4)
    for average, weight in zip(gan.generator_ema.get_weights(), gan.generator.get_weights(), strict=True):
        np.testing.assert_array_equal(average, weight)


def test_generators_double_by_repeating_pixels_too():
    gan = DCGAN(32, base_width=4, upsampling="nearest")
    assert [layer.kernel.shape for layer in gan.generator.layers if "resize" in layer.name] == [
        (3, 3, 16, 8),
        (3, 3, 8, 4),
        (3, 3, 4, 3),
    ]
    assert gan.generate(2).shape == (2, 32, 32, 3)


@pytest.mark.parametrize("normalization", ["layer", None])
def test_normalization_of_the_discriminator(normalization):
    gan = DCGAN(32, base_width=4, discriminator_normalization=normalization)
    kinds = {type(layer).__name__ for layer in gan.discriminator.layers}
    assert "BatchNormalization" not in kinds
    assert ("LayerNormalization" in kinds) == (normalization == "layer")


def test_config():
    gan = DCGAN(32, latent_dim=7, base_width=4, discriminator_normalization=None, upsampling="nearest", seed=2)
    copy = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(gan))
    assert isinstance(copy, DCGAN)
    assert copy.get_config() == gan.get_config()


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        ({"resolution": 100}, "resolution=100; the nearest right ones: 104 and 96"),
        ({"resolution": 8}, "from 4 to 32, in height"),
        ({"resolution": (100, 80)}, "resolution=80x100; the nearest right ones: 80x104 and"),
        ({"latent_dim": 0}, "latent_dim"),
        ({"base_width": 0}, "base_width"),
        ({"channels": 2}, "channels"),
        ({"discriminator_normalization": "group"}, "discriminator_normalization"),
        ({"upsampling": "cubic"}, "`upsampling` must be 'transposed' or 'nearest'"),
    ],
)
def test_rejects(arguments, name):
    with pytest.raises(ValueError, match=name):
        DCGAN(**arguments)


@pytest.mark.parametrize("noise", ["euclidean", "riemannian"])
def test_noise_is_injected_after_each_normalisation(noise):
    gan = DCGAN(32, latent_dim=5, base_width=4, noise=noise)
    names = [type(layer).__name__ for layer in gan.generator.layers]
    places = [i for i, name in enumerate(names) if name.endswith("Noise")]
    assert len(places) == 3
    assert all((names[i - 1], names[i + 1]) == ("BatchNormalization", "ReLU") for i in places)
    assert np.isfinite(gan.generate(2)).all()
    with pytest.raises(ValueError, match="noise=white"):
        DCGAN(32, noise="white")
