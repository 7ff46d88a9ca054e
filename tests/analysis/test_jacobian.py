import keras
import numpy as np
import pytest
import tensorflow as tf

from models import DCGAN
from models.stylegan2 import StyleGAN2Generator
from models.stylegan2.weights import randomize
from tfnss import random
from tfnss.analysis import JacobianSpectra, jacobian, jacobian_spectra
from tfnss.random.stateless import EqualRows, noise_source, sampling_latents

TINY = {"latent_dim": 6, "style_dim": 5, "mapping_layers": 2, "channel_base": 32, "channel_max": 4}
SIDE, WIDTH, SLOTS = 4, 6, 2


class Linear:
    """Styles are the latents; an image is the sum of a product for each slot."""

    latent_dim, slots = WIDTH, SLOTS
    matrices = np.random.default_rng(0).normal(size=(SLOTS, WIDTH, SIDE * SIDE)).astype("float32")

    def mapping(self, latents):
        return latents

    def styles(self, latents):
        return tf.repeat(latents[:, None], SLOTS, axis=1)

    def synthesis(self, styles, training=False):
        return tf.reshape(tf.einsum("bsw,swp->bp", styles, self.matrices), (-1, SIDE, SIDE, 1))

    def __call__(self, latents, training=False):
        return self.synthesis(self.styles(latents))


def linear_values(size=SIDE):
    images = Linear.matrices.sum(axis=0).reshape(WIDTH, size, SIDE // size, size, SIDE // size).mean(axis=(2, 4))
    return np.linalg.svd(images.reshape(WIDTH, -1), compute_uv=False)


@pytest.mark.parametrize("space", ["w", "z"])
def test_a_linear_generators_values_are_its_matrix(space):
    found = jacobian_spectra(Linear(), count=3, space=space, batch_size=4)
    np.testing.assert_allclose(found.singular_values, np.tile(linear_values(), (3, 1)), rtol=1e-5)
    np.testing.assert_allclose(found.std, 0, atol=1e-6)


def test_images_are_averaged_down_first():
    found = jacobian_spectra(Linear(), count=1, size=2)
    expected = np.zeros(WIDTH)
    expected[:4] = linear_values(2)[:4]
    np.testing.assert_allclose(found.singular_values[0], expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("sides", "size", "shape"), [((4, 6), 2, (2, 3)), ((6, 4), 3, (3, 2))])
def test_rectangles_are_averaged_down_in_square_blocks(sides, size, shape):
    (height, width), pixels = sides, np.prod(sides)
    wide = Linear()
    wide.matrices = np.random.default_rng(0).normal(size=(SLOTS, WIDTH, pixels)).astype("float32")
    wide.synthesis = lambda styles, training=False: tf.reshape(
        tf.einsum("bsw,swp->bp", styles, wide.matrices), (-1, height, width, 1)
    )
    images = wide.matrices.sum(axis=0).reshape(WIDTH, shape[0], 2, shape[1], 2).mean(axis=(2, 4))
    expected = np.linalg.svd(images.reshape(WIDTH, -1), compute_uv=False)
    found = jacobian_spectra(wide, count=1, size=size)
    np.testing.assert_allclose(found.singular_values[0], expected, rtol=1e-4)
    says = rf"must be one of {height}, {size} for images of {height}x{width} pixels. Received: size=1$"
    with pytest.raises(ValueError, match=says):
        jacobian_spectra(wide, count=1, size=1)


def full_jacobians(network, count, seed, space):
    """By reverse mode: each pixel of a copy of the image of its own."""
    latents, pixels, found = sampling_latents(count, 6, seed), 8 * 8 * 3, []
    for index, latent in enumerate(tf.split(latents, count)):
        label = tf.one_hot([index % network.classes], network.classes) if network.classes else None
        point = network.mapping(latent, label) if space == "w" else latent
        points, labels = (None if x is None else tf.repeat(x, pixels, axis=0) for x in (point, label))
        with tf.GradientTape() as tape, random.scope(EqualRows(noise_source(seed, 0))):
            tape.watch(points)
            styles = tf.repeat(points[:, None], network.slots, axis=1)
            images = network.synthesis(styles) if space == "w" else network(points, labels)
            chosen = tf.linalg.diag_part(tf.reshape(images, (pixels, pixels)))
        found.append(tape.gradient(chosen, points))
    return np.array(found, "float64")


@pytest.mark.parametrize(
    ("space", "options"),
    [
        ("w", {"noise": "euclidean"}),
        ("w", {"noise": "riemannian", "classes": 2}),
        ("z", {"architecture": "resnet"}),
        ("z", {"classes": 2}),
    ],
)
def test_is_the_full_jacobian(space, options):
    network = StyleGAN2Generator(8, **TINY, **options)
    randomize(network, [0])
    for conv in network.synthesis.convs.values():
        conv.noise.strength.assign(0.3)
    found = jacobian_spectra(network, count=2, space=space, seed=3, batch_size=4)
    expected = np.linalg.svd(full_jacobians(network, 2, 3, space), compute_uv=False)
    np.testing.assert_allclose(found.singular_values, expected, rtol=1e-3, atol=1e-5 * expected.max())


def test_a_generator_without_styles_has_a_jacobian_in_z():
    gan = DCGAN(16, latent_dim=3, base_width=4)
    found = jacobian_spectra(gan, count=1, space="z")
    assert found.singular_values.shape == (1, 3)
    assert (found.singular_values > 0).all()
    with pytest.raises(ValueError, match=r"styles .*; take that in Z"):
        jacobian_spectra(gan, count=1)


@pytest.mark.parametrize("columns", [1, 2, 5])
def test_little_memory_makes_no_difference(columns):
    """Of blocks with room for so many columns."""
    found = jacobian_spectra(Linear(), count=2, batch_size=2, memory_gb=(columns + 0.5) * 4 * SIDE * SIDE / 1e9)
    np.testing.assert_allclose(found.singular_values, np.tile(linear_values(), (2, 1)), rtol=1e-5)


def test_blocks_fit_into_memory():
    """The Jacobian of 1024x1024 pixels has 6.4 GB."""
    pixels = 3 * 1024**2
    assert jacobian._blocks(512, pixels, 4.0) == [slice(0, 256), slice(256, 512)]
    assert jacobian._blocks(512, pixels // 4, 4.0) == [slice(0, 512)]
    for block in jacobian._blocks(512, pixels, 1.0):
        assert (block.stop - block.start) * pixels * 4 <= 1e9


def test_sums_over_many_rows(monkeypatch):
    monkeypatch.setattr(jacobian, "_ROWS", 5)
    first, second = np.random.default_rng(0).normal(size=(2, 3, 17)).astype("float32")
    np.testing.assert_allclose(jacobian.products(first, second), first.astype("float64") @ second.T, rtol=1e-5)


def test_summaries_of_known_values():
    values = np.array([[2.0, 2.0, 2.0, 0.0], [10.0, 2.0, 0.5, 0.0]])
    spectra = JacobianSpectra(values)
    np.testing.assert_allclose(spectra.relative, [[1, 1, 1, 0], [1, 0.2, 0.05, 0]])
    np.testing.assert_allclose(spectra.mean, [1, 0.6, 0.525, 0])
    np.testing.assert_allclose(spectra.std, np.std(spectra.relative, axis=0, ddof=1))
    assert spectra.ranks().tolist() == [[3, 3, 3], [2, 3, 3]]
    p = np.array([1, 0.04, 0.0025]) / 1.0425
    np.testing.assert_allclose(spectra.effective_ranks, [3, np.prod(p**-p)])
    np.testing.assert_array_equal(JacobianSpectra(values[:1]).std, 0)


def test_an_image_that_does_not_change():
    """As one does whose activations are all clamped."""
    constant = Linear()
    constant.matrices = 0 * Linear.matrices
    found = jacobian_spectra(constant, count=2)
    for values in (found.singular_values, found.relative, found.std, found.effective_ranks, found.ranks()):
        np.testing.assert_array_equal(values, 0)


def test_the_radius_of_normalised_latents_does_not_show():
    """Z's rank is one less than its width: images do not change along a latent that is normalised."""
    network = StyleGAN2Generator(8, **TINY)
    randomize(network, [0])
    found = jacobian_spectra(network, count=2, space="z")
    assert (found.relative[:, -1] < 1e-4).all()
    assert (found.relative[:, -2] > 1e-4).all()


def test_bad_input():
    for options, says in (
        ({"count": 0}, "count=0"),
        ({"batch_size": 0}, "batch_size=0"),
        ({"memory_gb": 0}, "memory_gb=0"),
        ({"memory_gb": 1e-9}, "must hold a column"),
        ({"seed": -1}, "seed=-1"),
        ({"space": "w+"}, "space=w"),
        ({"size": 3}, "size=3"),
        ({"size": 8}, "size=8"),
        ({"size": 0}, "size=0"),
    ):
        with pytest.raises(ValueError, match=says):
            jacobian_spectra(Linear(), **options)
    lost = Linear()
    lost.matrices = np.nan * Linear.matrices
    with pytest.raises(ValueError, match="diverged"):
        jacobian_spectra(lost, count=1)
    with pytest.raises(ValueError, match="styles"):
        jacobian_spectra(keras.Sequential())
