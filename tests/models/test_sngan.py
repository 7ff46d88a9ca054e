import keras
import numpy as np
import pytest
import tensorflow as tf

from models import SNGAN
from tests.layers.test_resample import padded
from tests.layers.test_resampled_convolution import correlated
from tests.layers.test_wavelet import bands_of
from tests.models.test_dcgan import trainable
from tfnss.layers import EuclideanNoise, RiemannianNoise, SpectralConv2D, SpectralDense
from tfnss.resolution import sides

PARAMETERS = {
    32: (4_276_739, 1_053_825),
    48: (4_878_083, 10_141_441),
    64: (12_220_675, 10_141_441),
    128: (32_150_787, 29_017_857),
}


def tiny(resolution=32, **kwargs):
    return SNGAN(resolution, **{"latent_dim": 5, "width": 1 / 32, **kwargs})


def random_array(*shape):
    return np.random.default_rng(0).normal(size=shape).astype("float32")


def spectral_layers(gan):
    return [layer for layer in gan.discriminator.layers if isinstance(layer, (SpectralConv2D, SpectralDense))]


def norms(gan):
    """Spectral norms of the kernels in use."""
    kernels = [layer.normalized_kernel().numpy() for layer in spectral_layers(gan)]
    return [np.linalg.norm(kernel.reshape(-1, kernel.shape[-1]), 2) for kernel in kernels]


@pytest.mark.parametrize("resolution", PARAMETERS)
def test_parameter_counts_are_those_of_the_paper(resolution, zero_weights):
    gan = SNGAN(resolution)
    assert (trainable(gan.generator), trainable(gan.discriminator)) == PARAMETERS[resolution]


@pytest.mark.parametrize(
    ("resolution", "channels", "downsampling"),
    [
        *((32, 1, "average"), (48, 3, "dwt"), (64, 1, "dwt"), (128, 3, "average"), (128, 1, "dwt")),
        *(((32, 48), 3, "average"), ((80, 48), 1, "dwt"), ([64, 96], 3, "dwt"), (96, 1, "average"), (24, 1, "dwt")),
    ],
)
def test_shapes(resolution, channels, downsampling):
    gan = tiny(resolution, channels=channels, downsampling=downsampling)
    images = gan.generator(random_array(2, 5))
    assert images.shape == (2, *sides(resolution), channels)
    assert np.abs(images).max() <= 1
    assert gan.discriminator(images).shape == (2, 1)


# -- the networks by their definitions -------------------------------------------------------------------------------


def relu(x):
    return np.maximum(x, 0)


def convolved(x, layer):
    kernel = layer.kernel.numpy()
    if isinstance(layer, SpectralConv2D):
        kernel = kernel / np.linalg.norm(kernel.reshape(-1, kernel.shape[-1]) @ layer.u.numpy())
    half = kernel.shape[0] // 2
    return correlated(padded(x, (half, half), (half, half)), kernel) + layer.bias.numpy()


def normalised(x, layer):
    gamma, beta, mean, variance = (weight.numpy() for weight in layer.weights)
    return (x - mean) / np.sqrt(variance + 1e-5) * gamma + beta


def interpolated(x):
    """Half-pixel bilinear: each new pixel takes 3/4 of the nearest old one and 1/4 of the next."""
    for axis in (1, 2):
        edges = [(1, 1) if i == axis else (0, 0) for i in range(4)]
        before, here, after = (np.take(np.pad(x, edges, "edge"), np.arange(x.shape[axis]) + i, axis) for i in range(3))
        x = np.stack([0.75 * here + 0.25 * before, 0.75 * here + 0.25 * after], axis + 1)
        shape = list(x.shape)
        x = x.reshape(*shape[:axis], -1, *shape[axis + 2 :])
    return x


def pooled(x):
    return sum(x[:, i::2, j::2] for i in (0, 1) for j in (0, 1)) / 4


def generator_block(x, get, name):
    residual = interpolated(relu(normalised(x, get(f"{name}_normalization0"))))
    residual = convolved(residual, get(f"{name}_conv0"))
    residual = convolved(relu(normalised(residual, get(f"{name}_normalization1"))), get(f"{name}_conv1"))
    return residual + convolved(interpolated(x), get(f"{name}_shortcut"))


def discriminator_block(x, get, name, first=False, halves=True, shortcut=True, rectified=True):
    residual = convolved(x if first else relu(x), get(f"{name}_conv0"))
    x = relu(x) if rectified and not first else x
    residual = convolved(relu(residual), get(f"{name}_conv1"))
    x = convolved(x, get(f"{name}_shortcut")) if shortcut else x
    return pooled(residual) + pooled(x) if halves else residual + x


def wavelet_block(x, get, name, first=False, halves=True, shortcut=True, rectified=True):
    if not halves:
        return discriminator_block(x, get, name, first, halves, shortcut, rectified)
    residual = convolved(x if first else relu(x), get(f"{name}_conv0"))
    x = relu(x) if rectified and not first else x
    residual = convolved(bands_of(relu(residual)), get(f"{name}_conv1"))
    return residual + convolved(bands_of(x), get(f"{name}_shortcut"))


def randomised(network):
    """Weights of no special value."""
    random = np.random.default_rng(1)
    for weight in network.trainable_weights:
        weight.assign_add(random.normal(size=weight.shape, scale=0.1))
    for layer in network.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.moving_mean.assign(random.normal(size=layer.moving_mean.shape))
            layer.moving_variance.assign(random.uniform(0.5, 2, size=layer.moving_variance.shape))
    return network


def test_the_generator_equals_its_definition():
    generator = randomised(tiny().generator)
    latents = random_array(2, 5)
    stem = generator.get_layer("stem")
    x = (latents @ stem.kernel.numpy() + stem.bias.numpy()).reshape(2, 4, 4, 8)
    for index in range(3):
        x = generator_block(x, generator.get_layer, f"block{index}")
    head = relu(normalised(x, generator.get_layer("head_normalization")))
    expected = np.tanh(convolved(head, generator.get_layer("head")))
    np.testing.assert_allclose(generator(latents, training=False), expected, atol=1e-4)


@pytest.mark.parametrize("shortcut", ["rectified", "plain"])
@pytest.mark.parametrize(("downsampling", "block"), [("average", discriminator_block), ("dwt", wavelet_block)])
def test_the_discriminator_equals_its_definition(downsampling, block, shortcut):
    for resolution, halvings, count in ((32, 2, 4), (48, 4, 5)):
        discriminator = randomised(tiny(resolution, downsampling=downsampling, shortcut=shortcut).discriminator)
        x = images = random_array(2, resolution, resolution, 3)
        for index in range(count):
            halves, widens = index < halvings, resolution == 48
            x = block(
                x,
                discriminator.get_layer,
                f"block{index}",
                index == 0,
                halves,
                halves or widens,
                shortcut == "rectified",
            )
        logits = discriminator.get_layer("logits")
        kernel = logits.kernel.numpy()
        expected = relu(x).sum((1, 2)) @ kernel / np.linalg.norm(kernel) + logits.bias.numpy()
        np.testing.assert_allclose(discriminator(images), expected, rtol=1e-3)


# -- weights ---------------------------------------------------------------------------------------------------------


def test_initial_weights_are_xaviers():
    gan = SNGAN(48)
    for network, name, gain in (
        (gan.generator, "stem", 1),
        (gan.generator, "block0_conv0", 2),
        (gan.generator, "block0_shortcut", 1),
        (gan.discriminator, "block4_conv1", 2),
        (gan.discriminator, "block4_shortcut", 1),
    ):
        layer = network.get_layer(name)
        kernel, bias = layer.kernel.numpy(), layer.bias.numpy()
        size = np.prod(kernel.shape[:-2], dtype=int)
        fan_in, fan_out = size * kernel.shape[-2], size * kernel.shape[-1]
        assert np.abs(kernel).max() == pytest.approx(np.sqrt(6 * gain / (fan_in + fan_out)), rel=1e-3)
        assert kernel.var() == pytest.approx(2 * gain / (fan_in + fan_out), rel=0.05)
        assert np.abs(bias).max() == pytest.approx(1 / np.sqrt(fan_in), rel=0.05)


def test_initial_weights_follow_the_seed():
    one, same, other = (tiny(seed=seed) for seed in (3, 3, 4))
    for player in ("generator", "discriminator"):
        arrays = [getattr(gan, player).get_weights() for gan in (one, same, other)]
        assert all(np.array_equal(a, b) for a, b in zip(*arrays[:2], strict=True))
        kernels = [(a, b) for a, b in zip(arrays[0], arrays[2], strict=True) if a.ndim > 1]
        assert not any(np.array_equal(a, b) for a, b in kernels)


@pytest.mark.parametrize("noise", ["euclidean", "riemannian"])
def test_noise_is_injected_after_each_normalisation(noise):
    gan = tiny(noise=noise)
    kind = {"euclidean": EuclideanNoise, "riemannian": RiemannianNoise}[noise]
    noises = [layer for layer in gan.generator.layers if isinstance(layer, kind)]
    normalised = [x.output for x in gan.generator.layers if isinstance(x, keras.layers.BatchNormalization)]
    assert len(noises) == len(normalised) == 7
    assert all(any(layer.input is x for x in normalised) for layer in noises)
    assert np.isfinite(gan.generate(2)).all()


# -- training --------------------------------------------------------------------------------------------------------


def test_defaults_of_compile():
    gan, large = tiny(), tiny(128)
    for model in (gan, large):
        model.compile(jit_compile=False)
    assert (gan.discriminator_steps, large.discriminator_steps) == (5, 2)
    assert type(gan.loss).__name__ == "Hinge"
    for optimizer in (gan.generator_optimizer, gan.discriminator_optimizer):
        config = optimizer.get_config()
        assert [config[name] for name in ("learning_rate", "beta_1", "beta_2")] == pytest.approx([2e-4, 0, 0.9])
    gan.compile(None, None)
    assert gan.generator_optimizer.get_config()["beta_1"] == gan.discriminator_optimizer.get_config()["beta_1"] == 0
    gan.compile(loss="wasserstein", discriminator_steps=1)
    assert (type(gan.loss).__name__, gan.discriminator_steps) == ("Wasserstein", 1)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("downsampling", "jit_compile"),
    [
        ("dwt", False),
        pytest.param("average", False, marks=pytest.mark.slow),
        pytest.param("average", True, marks=pytest.mark.exhaustive),
        pytest.param("dwt", True, marks=pytest.mark.exhaustive),
    ],
)
def test_training_moves_all_kernels_and_keeps_their_norms(pictures, downsampling, jit_compile):
    gan = tiny(downsampling=downsampling)
    start = gan.get_weights()
    gan.compile(discriminator_steps=2, jit_compile=jit_compile)
    history = gan.fit(pictures[:16], batch_size=4, epochs=2, verbose=0).history
    assert np.isfinite(history["d_loss"]).all()
    for weight, before in zip(gan.weights, start, strict=True):
        if weight.name == "kernel" or (weight.name == "u" and weight.shape != (1,)):
            assert np.abs(weight.numpy() - before).max() > 1e-6, weight.path
    assert norms(gan) == pytest.approx([1] * len(norms(gan)), abs=0.05)


def test_half_precision_keeps_logits_and_images_in_float32():
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        gan = tiny(downsampling="dwt")
    finally:
        keras.config.set_dtype_policy("float32")
    images = gan.generator(random_array(2, 5))
    logits = gan.discriminator(images, training=True)
    assert images.dtype == logits.dtype == tf.float32
    assert np.isfinite(logits).all()
    assert gan.discriminator.get_layer("block1").compute_dtype == "bfloat16"


def test_config():
    gan = tiny(48, channels=1, downsampling="dwt", noise="euclidean", seed=2)
    copy = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(gan))
    assert isinstance(copy, SNGAN)
    assert copy.get_config() == gan.get_config()
    assert [w.shape for w in copy.weights] == [w.shape for w in gan.weights]


@pytest.mark.slow
def test_shortcuts_are_rectified_unless_a_model_is_older():
    assert tiny().get_config()["shortcut"] == "rectified"
    config = tiny().get_config()
    del config["shortcut"]
    old = SNGAN.from_config(config)
    assert old.get_config()["shortcut"] == "plain"
    weights, images = old.discriminator.get_weights(), random_array(2, 32, 32, 3)
    logits = {}
    for shortcut in ("plain", "rectified"):
        discriminator = tiny(shortcut=shortcut).discriminator
        discriminator.set_weights(weights)
        logits[shortcut] = discriminator(images).numpy()
    np.testing.assert_array_equal(old.discriminator(images), logits["plain"])
    assert np.abs(logits["plain"] - logits["rectified"]).max() > 1e-3


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        ({"resolution": 100}, "resolution=100; the nearest right ones: 104 and 96"),
        ({"resolution": 16}, "from 8 to 32, in height"),
        ({"resolution": (256, 192)}, "resolution=192x256; the nearest right ones: .* .width x height."),
        ({"latent_dim": 0}, "latent_dim"),
        ({"width": 0}, "width"),
        ({"channels": 2}, "channels"),
        ({"downsampling": "stride"}, "downsampling"),
        ({"shortcut": "none"}, "shortcut"),
        ({"noise": "white"}, "noise"),
    ],
)
def test_rejects(arguments, name):
    with pytest.raises(ValueError, match=name):
        SNGAN(**arguments)
