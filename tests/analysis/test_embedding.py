import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.analysis.linear import LinearGenerator
from tests.analysis.test_inversion import own_images, tiny
from tfnss.analysis import embedding, inversion
from tfnss.metrics.networks import vgg16_features
from tfnss.random.stateless import sampling_latents


@pytest.fixture
def eager():
    """A few steps are faster without a graph."""
    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


@pytest.mark.parametrize("space", ["w", "w+"])
def test_of_a_linear_generator_is_least_squares(space):
    generator = LinearGenerator()
    targets = np.random.default_rng(1).uniform(-0.3, 0.3, (2, 4, 4, 1)).astype("float32")
    styles, images = generator.nearest(targets)
    found = embedding.embed(generator, targets, None, steps=3000, space=space)
    np.testing.assert_allclose(found.styles.mean(axis=1), styles, atol=0.02)
    np.testing.assert_allclose(found.losses[:, -1], ((images - targets) ** 2).mean((1, 2, 3)) / 4, rtol=1e-3)
    assert (found.losses[:, 0] > 1.05 * found.losses[:, -1]).all()


def test_a_projection_of_a_linear_generator_is_least_squares():
    """The other search, which explores and has rates of its own."""
    generator = LinearGenerator()
    targets = np.random.default_rng(1).uniform(-0.3, 0.3, (2, 4, 4, 1)).astype("float32")
    styles, _ = generator.nearest(targets)
    found = inversion.project(generator, targets, inversion.squared_difference, steps=400)
    np.testing.assert_allclose(found.styles[:, 0], styles, atol=0.02)


def test_steps_are_kerass(eager):
    """Loss, start and steps against Keras' Adam on the loss as it is written, with features of two scales."""
    generator = tiny()
    target = own_images(generator)

    def features(images):
        return [3 * images[:, ::2], tf.square(images)]

    def losses(styles):
        images = generator.synthesis(styles, noise="constant")
        return sum(
            tf.reduce_mean(tf.square(one - other), axis=(1, 2, 3))
            for one, other in (
                ((images + 1) / 2, (target + 1) / 2),
                (3 * images[:, ::2], 3 * target[:, ::2]),
                (images**2, target**2),
            )
        )

    mean = np.asarray(generator.mapping(sampling_latents(10_000, 6, 3)), np.float64).mean(axis=0)
    styles = keras.Variable(np.tile(mean, (2, 4, 1)).astype("float32"))
    optimizer, expected = keras.optimizers.Adam(0.01, epsilon=1e-8), []
    for _ in range(5):
        with tf.GradientTape() as tape:
            loss = losses(styles.value)
        expected.append(loss)
        optimizer.apply([tape.gradient(loss, styles.value)], [styles])
    found = embedding.embed(generator, target, features, steps=5, seed=3)
    np.testing.assert_allclose(found.losses, np.stack([*expected, losses(styles.value)], axis=1), rtol=1e-3)
    np.testing.assert_allclose(found.styles, styles, atol=1e-4)
    np.testing.assert_allclose(found.from_mean, np.linalg.norm(np.asarray(styles) - mean, axis=-1), atol=1e-4)
    shown = np.asarray(generator.synthesis(found.styles, noise="constant"))
    np.testing.assert_array_equal(found.images, np.clip(np.round((shown + 1) * 127.5), 0, 255))


def test_w_plus_comes_nearer_than_w():
    generator = tiny()
    targets = np.random.default_rng(0).integers(0, 256, (2, 8, 8, 3), dtype=np.uint8)
    single, own = (embedding.embed(generator, targets, None, steps=200, space=space) for space in ("w", "w+"))
    assert (own.losses[:, -1] < single.losses[:, -1]).all()
    assert np.ptp(single.styles, axis=1).max() == 0
    assert np.ptp(own.styles, axis=1).max() > 0


def test_an_image_is_embedded_alone_as_among_others(eager):
    generator = tiny(noise="riemannian")
    images = own_images(generator, 3)
    together = embedding.embed(generator, images, None, steps=3)
    apart = embedding.embed(generator, images, None, steps=3, batch_size=2)
    np.testing.assert_allclose(apart.styles, together.styles, atol=1e-5)
    np.testing.assert_allclose(apart.losses, together.losses, rtol=1e-4)


def test_features_of_vgg16():
    """Activations after the rectifier, on the scale of unit deviation, whichever weights."""
    keras.utils.set_random_seed(0)
    features = vgg16_features(None)
    keras.utils.set_random_seed(0)
    network = keras.applications.VGG16(weights=None, include_top=False, input_shape=(None, None, 3))
    images = np.random.default_rng(0).uniform(-1, 1, (2, 32, 32, 3)).astype("float32")
    caffe = ((images + 1) * 127.5)[..., ::-1] - np.array([103.939, 116.779, 123.68])
    x = caffe.astype("float32")
    names = {}
    for layer in network.layers[1:]:
        x = names[layer.name] = layer(x)
    found = features(images)
    for name, values in zip(("block1_conv1", "block1_conv2", "block3_conv2", "block4_conv2"), found, strict=True):
        np.testing.assert_allclose(values, np.asarray(names[name]) / 57.63, rtol=1e-3, atol=1e-4)
        assert np.min(values) == 0
    torch = (images[..., :] + 1) / 2
    torch = (torch - np.array([0.485, 0.456, 0.406])) / np.array([0.229, 0.224, 0.225])
    keras.utils.set_random_seed(0)
    found = vgg16_features(None, preprocessing="torch")(images)[0]
    np.testing.assert_allclose(found, network.layers[1](torch.astype("float32")), rtol=1e-3, atol=1e-4)
    with pytest.raises(ValueError, match="preprocessing"):
        vgg16_features(None, preprocessing="other")


def test_bad_input(eager):
    generator, images = tiny(), np.zeros((1, 8, 8, 3), np.uint8)
    bare = LinearGenerator()
    bare.synthesis = lambda styles, training=False: styles
    cases = [
        ((keras.Sequential(), images), {}, "styles"),
        ((bare, images), {}, 'noise="constant"'),
        ((generator, images[:, :4]), {}, r"\[count, 8, 8, 3\]"),
        ((generator, images), {"space": "z"}, "space=z"),
        ((generator, images), {"steps": 0}, "steps=0"),
        ((generator, images), {"batch_size": 0}, "batch_size=0"),
        ((generator, images), {"seed": -1}, "seed=-1"),
    ]
    for arguments, options, says in cases:
        with pytest.raises(ValueError, match=says):
            embedding.embed(*arguments, None, **options)
