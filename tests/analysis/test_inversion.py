import keras
import numpy as np
import pytest
import tensorflow as tf

from models.stylegan2 import StyleGAN2Generator
from tfnss import random
from tfnss.analysis import inversion
from tfnss.random.stateless import noise_source, projection_source, sampling_latents

TINY = {"latent_dim": 6, "style_dim": 8, "mapping_layers": 2, "channel_base": 32, "channel_max": 4}
HALF = {"half_precision_resolutions": 1, "clamp": 256}


def tiny(resolution=8, **options):
    """An untrained generator whose noise shows."""
    keras.utils.set_random_seed(0)
    generator = StyleGAN2Generator(resolution, **{**TINY, **options})
    for conv in generator.synthesis.convs.values():
        if options.get("noise", "euclidean") == "euclidean":
            conv.noise.strength.assign(0.02)
    return generator


def own_images(generator, count=2):
    """Images of the generator, floats of more than 8 bits."""
    with random.scope(noise_source(7, 0)):
        return np.asarray(generator.synthesis(generator.styles(sampling_latents(count, 6, 5))))


def search(generator, images, **options):
    return inversion.project(generator, images, inversion.squared_difference, **options)


@pytest.fixture
def eager():
    """A few steps are faster without a graph."""
    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


@pytest.fixture(scope="module")
def searched():
    """A generator, images that it made, and their projection."""
    generator = tiny()
    images = own_images(generator)
    return generator, images, search(generator, images, steps=300)


# -- formulas ---


def test_learning_rate():
    """Up over the first 50 of 1000 steps, down by a cosine over the last 250."""
    steps = np.arange(1000)
    up = np.where(steps < 50, steps / 50, 1)
    down = np.where(steps > 750, (1 + np.cos(np.pi * (steps - 750) / 250)) / 2, 1)
    found = [float(inversion.learning_rate(tf.constant(step / 1000, tf.float32))) for step in steps]
    np.testing.assert_allclose(found, 0.1 * up * down, rtol=1e-4, atol=1e-7)


def test_exploration():
    steps = np.arange(1000)
    found = [float(inversion.exploration(tf.constant(step / 1000, tf.float32))) for step in steps]
    np.testing.assert_allclose(found, 0.05 * np.where(steps < 750, 1 - steps / 750, 0) ** 2, rtol=1e-3, atol=1e-7)


def pyramid_sum(noise):
    """The regulariser of one map `[side, side]`, pixel by pixel."""
    side, total = len(noise), 0.0
    while True:
        for shift in ((0, 1), (1, 0)):
            products = [
                noise[y, x] * noise[y - shift[0], x - shift[1]] for y in range(len(noise)) for x in range(len(noise))
            ]
            total += np.mean(products) ** 2
        if len(noise) <= 8:
            return total
        side = len(noise) // 2
        noise = np.array(
            [[noise[2 * y : 2 * y + 2, 2 * x : 2 * x + 2].mean() for x in range(side)] for y in range(side)]
        )


@pytest.mark.parametrize("side", [4, 8, 32])
def test_noise_regularizer(side):
    noise = np.random.default_rng(0).normal(size=(2, side, side, 2)).astype("float32")
    noise[1] += 1
    expected = [sum(pyramid_sum(maps[..., channel]) for channel in (0, 1)) for maps in noise.astype("float64")]
    np.testing.assert_allclose(inversion.noise_regularizer(noise), expected, rtol=1e-4)
    np.testing.assert_allclose(inversion.noise_regularizer(np.ones((1, 32, 32, 1), "float32")), [6], rtol=1e-6)


def test_normalized():
    noise = np.random.default_rng(0).uniform(size=(3, 8, 4, 2)).astype("float32")
    expected = (noise - noise.mean((1, 2), keepdims=True)) / noise.std((1, 2), keepdims=True)
    np.testing.assert_allclose(inversion.normalized(noise), expected, rtol=1e-4, atol=1e-5)


def test_squared_difference():
    first, second = np.random.default_rng(0).normal(size=(2, 3, 4, 4, 2)).astype("float32")
    np.testing.assert_allclose(
        inversion.squared_difference(first, second), ((first - second) ** 2).mean((1, 2, 3)), rtol=1e-6
    )


def test_steps_are_those_of_adam():
    start, gradients = np.array([1.0, -2.0], "float32"), np.random.default_rng(0).normal(size=(5, 2)).astype("float32")
    rates = np.linspace(0.01, 0.1, 5)
    variable, optimizer = keras.Variable(start), keras.optimizers.Adam(epsilon=1e-8)
    state = inversion.AdamState([start], [tf.zeros(2)], [tf.zeros(2)])
    for index, (gradient, rate) in enumerate(zip(gradients, rates, strict=True)):
        optimizer.learning_rate = rate
        optimizer.apply([tf.constant(gradient)], [variable])
        state = inversion.adam_step(state, [gradient], tf.constant(index), rate)
        np.testing.assert_allclose(state.values[0], variable, rtol=1e-5)


def test_the_first_step_begins_at_the_mean_of_w(eager):
    """The start, its exploration and its distance from NumPy's statistics of 10,000 styles."""
    generator = tiny(noise=None)
    target = own_images(generator)
    styles = np.asarray(generator.mapping(sampling_latents(10_000, 6, 3)), np.float64)
    mean = styles.mean(axis=0)
    deviation = np.sqrt(np.sum((styles - mean) ** 2) / 10_000)
    explored = mean + deviation * 0.05 * np.asarray(projection_source(3, 0).stream().normal((1, 1, 8)))
    image = np.asarray(generator.synthesis(np.repeat(explored, generator.slots, axis=1).astype("float32")))
    result = search(generator, target, steps=1, seed=3)
    np.testing.assert_allclose(result.distances[:, 0], ((image - target) ** 2).mean((1, 2, 3)), rtol=1e-4)
    np.testing.assert_allclose(result.styles, np.broadcast_to(mean, result.styles.shape), atol=1e-5)  # rate 0
    assert result.noise == []


def test_large_images_are_averaged_down():
    images = np.random.default_rng(0).normal(size=(1, 1024, 1024, 1)).astype("float32")
    blocks = images.reshape(1, 256, 4, 256, 4, 1)
    np.testing.assert_allclose(inversion.averaged_down(images), blocks.mean((2, 4)), atol=1e-5)
    assert inversion.averaged_down(images[:, :256, :256]).shape == (1, 256, 256, 1)
    assert inversion.averaged_down(np.zeros((1, 1024, 512, 1), np.float32)).shape == (
        1,
        512,
        256,
        1,
    )  # by the shorter side


# -- projections ---


def test_a_generators_own_images_are_found(searched):
    """Their styles nearly, and images as near as those of their true styles with noise of another seed."""
    generator, images, result = searched
    true = np.asarray(generator.styles(sampling_latents(2, 6, 5)))
    with random.scope(noise_source(8, 0)):
        others = np.asarray(generator.synthesis(true))
    assert result.distances.shape == (2, 301)
    assert (result.distances[:, -1] < 0.05 * result.distances[:, 0]).all()
    assert (result.distances[:, -1] < 2 * ((others - images) ** 2).mean((1, 2, 3))).all()
    assert np.abs(result.styles - true).mean() < 0.15 * np.abs(true - true.mean(axis=0)).mean()


def test_noise_stays_noise(searched):
    _, _, result = searched
    assert [maps.shape for maps in result.noise] == [(2, 4, 4, 1), (2, 8, 8, 1), (2, 8, 8, 1)]
    for maps in result.noise:
        np.testing.assert_allclose(maps.mean((1, 2)), 0, atol=1e-5)
        np.testing.assert_allclose(maps.std((1, 2)), 1, atol=1e-5)
        assert (np.asarray(inversion.noise_regularizer(maps)) < 1e-3).all()


def test_styles_and_noise_give_the_images_again(searched):
    generator, images, result = searched
    again = inversion.synthesize(generator, result.styles, result.noise)
    np.testing.assert_array_equal(np.clip(np.round((again + 1) * 127.5), 0, 255), result.images)
    distances = inversion.squared_difference(again, images)
    np.testing.assert_allclose(distances, result.distances[:, -1], rtol=1e-4)


def test_given_noise_is_the_layers_noise():
    generator = tiny()
    styles = generator.styles(sampling_latents(2, 6, 0))
    with random.scope(noise_source(4, 0)):
        expected = generator.synthesis(styles)
    source = noise_source(4, 0)
    maps = [source.stream().normal((2, side, side, 1)) for side in (4, 8, 8)]
    np.testing.assert_array_equal(inversion.synthesize(generator, styles, maps), expected)


@pytest.mark.parametrize("space", ["w", "w+"])
def test_an_image_is_projected_alone_as_among_others(space, eager):
    generator = tiny()
    images = own_images(generator, 3)
    together = search(generator, images, steps=4, space=space)
    apart = search(generator, images, steps=4, space=space, batch_size=2)
    alone = search(generator, images[2:], steps=4, space=space)
    for other, rows in ((apart, slice(0, 3)), (alone, slice(2, 3))):
        np.testing.assert_allclose(other.styles, together.styles[rows], rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(other.distances, together.distances[rows], rtol=1e-4)
    equal_slots = np.ptp(together.styles, axis=1).max() == 0
    assert equal_slots == (space == "w")


@pytest.mark.slow
def test_without_the_regulariser_noise_shows_the_image():
    """Its neighbours are alike, and it comes nearer; mean and variance are kept."""
    generator = tiny(16)
    for conv in generator.synthesis.convs.values():
        conv.noise.strength.assign(0.5)
    image = np.zeros((1, 16, 16, 3), "float32")
    image[:, :, 8:] = 0.8
    free, kept = (search(generator, image, steps=150, noise_weight=weight) for weight in (0, 1e5))
    assert free.distances[0, -1] < kept.distances[0, -1]
    assert inversion.noise_regularizer(free.noise[-1])[0] > 10 * inversion.noise_regularizer(kept.noise[-1])[0]
    np.testing.assert_allclose(free.noise[-1].std(), 1, atol=1e-5)


def test_the_seed_decides(eager):
    generator = tiny()
    images = own_images(generator)
    first, again, other = (search(generator, images, steps=3, seed=seed) for seed in (0, 0, 1))
    for one, same, different in zip(first.noise, again.noise, other.noise, strict=True):
        np.testing.assert_array_equal(one, same)
        assert np.abs(one - different).max() > 0.1
    np.testing.assert_array_equal(first.styles, again.styles)
    assert np.abs(first.styles - other.styles).max() > 0


@pytest.mark.parametrize(
    "options",
    [{"noise": "riemannian"}, {"noise": None}, {"architecture": "resnet", "channels": 1}, {"classes": 3}, HALF],
)
def test_every_generator_with_styles(options, eager):
    generator = tiny(**options)
    images = np.random.default_rng(0).integers(0, 256, (1, 8, 8, options.get("channels", 3)), dtype=np.uint8)
    result = search(generator, images, steps=6, space="w+")
    assert result.distances[0, -1] < result.distances[0, 0]
    assert result.images.shape == images.shape


def test_bad_input(eager):
    generator, images = tiny(), np.zeros((1, 8, 8, 3), np.uint8)
    lost = tiny()
    lost.synthesis.constant.constant.assign(np.full((4, 4, 4), np.nan))
    cases = [
        ((keras.Sequential(), images), {}, "styles"),
        ((generator, images[:, :4]), {}, r"\[count, 8, 8, 3\]"),
        ((generator, images[0]), {}, r"\[count, 8, 8, 3\]"),
        ((generator, images[:0]), {}, r"\[count, 8, 8, 3\]"),
        ((generator, images.astype(int)), {}, "int64"),
        ((generator, np.full((1, 8, 8, 3), np.nan)), {}, "finite"),
        ((generator, images), {"space": "z"}, "space=z"),
        ((generator, images), {"steps": 0}, "steps=0"),
        ((generator, images), {"batch_size": 0}, "batch_size=0"),
        ((generator, images), {"seed": -1}, "seed=-1"),
        ((generator, images), {"noise_weight": -1}, "noise_weight=-1"),
        ((lost, images), {}, "diverged"),
    ]
    for arguments, options, says in cases:
        with pytest.raises(ValueError, match=says):
            search(*arguments, **options)
    with pytest.raises(ValueError, match="a number for each image"):
        inversion.project(generator, images, lambda x, y: tf.reduce_mean(x - y), steps=1)


def test_bad_noise():
    generator = tiny()
    styles, maps = np.zeros((1, 4, 8), "float32"), [np.zeros((1, side, side, 1)) for side in (4, 8, 8)]
    for noise, says in (
        (maps[:2], "2 maps, fewer"),
        ([*maps, maps[0]], "4 maps; .* no more than 3"),
        (maps[::-1], r"noise map 0 must be \(1, 4, 4, 1\)"),
    ):
        with pytest.raises(ValueError, match=says):
            inversion.synthesize(generator, styles, noise)
    generator.synthesis.constant.call = lambda styles: random.stream().uniform((1, 4, 4, 4))
    with pytest.raises(ValueError, match="uniform"):
        inversion.synthesize(generator, styles, maps)
