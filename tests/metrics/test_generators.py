"""Path lengths and condition numbers, against closed forms of linear generators."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from models import StyleGAN2
from tfnss import random
from tfnss.generators import has_styles
from tfnss.metrics import condition_numbers, mean_conditions, perceptual_path_length
from tfnss.metrics.path_length import shown as shown_of
from tfnss.metrics.path_length import trimmed_mean
from tfnss.random.stateless import latent_pairs

WIDTH, SIZE = 6, 4
MATRIX = np.random.default_rng(0).normal(size=(WIDTH, SIZE * SIZE * 3))


def linear(latents):
    return (np.asarray(latents) @ MATRIX).reshape(-1, SIZE, SIZE, 3)


def squared_distance(a, b):
    return np.sum((a - b) ** 2, axis=(1, 2, 3))


class LinearWithStyles:
    """Styles are the latents times a matrix; images are the styles times another."""

    mapping_matrix = np.random.default_rng(1).normal(size=(WIDTH, WIDTH))

    def mapping(self, latents):
        return np.asarray(latents) @ self.mapping_matrix

    styles = mapping

    def synthesis(self, styles):
        return linear(styles)

    def __call__(self, latents):
        return self.synthesis(self.mapping(latents))


def pairs(count, seed):
    both, t = latent_pairs(count, WIDTH, seed)
    return np.asarray(both, np.float64), np.asarray(t, np.float64)


@pytest.mark.parametrize("sampling", ["full", "end"])
def test_length_in_w_is_its_closed_form(sampling):
    """|A (w' - w)|², trimmed, on straight paths of a linear synthesis."""
    both, _ = pairs(200, seed=3)
    styles = both @ LinearWithStyles.mapping_matrix
    expected = trimmed_mean(np.sum(((styles[:, 1] - styles[:, 0]) @ MATRIX) ** 2, axis=1))
    found = perceptual_path_length(
        LinearWithStyles(), squared_distance, "w", sampling, crop=False, count=200, seed=3, latent_dim=WIDTH
    )
    assert found == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("sampling", ["full", "end"])
def test_length_in_z_is_its_closed_form(sampling):
    """|A d/dt slerp|² on great circles of radius sqrt(width): the derivative is the angle times the unit tangent."""
    both, t = pairs(200, seed=3)
    t = t * (sampling == "full")
    a, b = (x / np.linalg.norm(x, axis=1, keepdims=True) for x in (both[:, 0], both[:, 1]))
    omega = np.arccos(np.sum(a * b, axis=1))[:, None]
    angle = omega * (t[:, None] + 0.5e-4)  # the middle of the step
    # d/dt of (a sin((1 - t) w) + b sin(t w)) / sin(w)
    tangent = omega * (b * np.cos(angle) - a * np.cos(omega - angle)) / np.sin(omega)
    expected = trimmed_mean(WIDTH * np.sum((tangent @ MATRIX) ** 2, axis=1))
    found = perceptual_path_length(
        linear, squared_distance, "z", sampling, crop=False, count=200, seed=3, latent_dim=WIDTH
    )
    assert found == pytest.approx(expected, rel=1e-5)


def test_length_does_not_depend_on_the_batch():
    lengths = [
        perceptual_path_length(linear, squared_distance, crop=False, count=30, batch_size=size, latent_dim=WIDTH)
        for size in (4, 7, 64)
    ]
    np.testing.assert_allclose(lengths, lengths[0], rtol=1e-9)


def test_noise_is_the_same_at_both_ends():
    def noisy(latents):
        noise = random.stream().normal((latents.shape[0], SIZE, SIZE, 3))
        return linear(latents) + 100 * np.asarray(noise, np.float64)

    arguments = {"crop": False, "count": 20, "latent_dim": WIDTH}
    expected = perceptual_path_length(linear, squared_distance, **arguments)
    assert perceptual_path_length(noisy, squared_distance, **arguments) == pytest.approx(expected, rel=1e-6)
    numbers = condition_numbers(noisy, count=20, latent_dim=WIDTH)
    assert numbers.max() < condition_numbers(linear, count=20, latent_dim=WIDTH).max()


def test_crop_and_downsampling():
    seen = []

    def distance(a, b):
        seen.append(a)
        return squared_distance(a, b)

    def ramps(size):
        rows, columns = np.meshgrid(np.arange(size), np.arange(size), indexing="ij")
        return lambda latents: np.stack([rows, columns], axis=-1)[None].repeat(len(latents), 0) + 0.0 * latents[0, 0]

    perceptual_path_length(ramps(16), distance, crop=True, count=4, latent_dim=WIDTH)
    assert seen[-1].shape == (4, 8, 8, 2)
    np.testing.assert_array_equal(seen[-1][0, :, 0, 0], np.arange(6, 14))  # rows 3/8 to 7/8
    np.testing.assert_array_equal(seen[-1][0, 0, :, 1], np.arange(4, 12))  # columns 2/8 to 6/8
    perceptual_path_length(ramps(512), distance, crop=False, count=4, latent_dim=WIDTH)
    assert seen[-1].shape == (4, 256, 256, 2)
    np.testing.assert_array_equal(seen[-1][0, :3, 0, 0], [0.5, 2.5, 4.5])
    perceptual_path_length(ramps(512), distance, crop=True, count=4, latent_dim=WIDTH)
    assert seen[-1].shape == (4, 256, 256, 2)
    np.testing.assert_array_equal(seen[-1][0, :2, 0, 0], [192, 193])


def test_trimming():
    lengths = np.arange(200.0)
    lengths[0], lengths[-1] = -1e9, 1e9
    assert trimmed_mean(lengths) == pytest.approx(np.sort(lengths)[1:-1].mean())


def test_condition_numbers_of_a_linear_generator():
    both, _ = pairs(300, seed=5)
    z, delta = both[:, 0], 0.01 * both[:, 1]
    norm = np.linalg.norm
    expected = norm(delta @ MATRIX, axis=1) / norm(z @ MATRIX, axis=1) / (norm(delta, axis=1) / norm(z, axis=1))
    found = condition_numbers(linear, count=300, seed=5, latent_dim=WIDTH)
    np.testing.assert_allclose(found, expected, rtol=1e-9)
    mean, top = mean_conditions(found, top=10)
    assert mean == pytest.approx(expected.mean())
    assert top == pytest.approx(np.sort(expected)[-10:].mean())


def test_condition_numbers_of_an_isometry_are_one():
    basis = np.linalg.qr(np.random.default_rng(0).normal(size=(SIZE * SIZE * 3, WIDTH)))[0].T
    numbers = condition_numbers(lambda z: (z @ basis).reshape(-1, SIZE, SIZE, 3), count=50, latent_dim=WIDTH)
    np.testing.assert_allclose(numbers, 1)


def test_paths_of_a_real_generator():
    gan = StyleGAN2(8, latent_dim=WIDTH, channel_base=32, channel_max=4, mapping_layers=1)
    assert has_styles(gan.generator_ema)
    lengths = {s: perceptual_path_length(gan, squared_distance, s, count=8, crop=False) for s in "zw"}
    assert all(np.isfinite(length) and length > 0 for length in lengths.values())


def test_keras_models_need_no_width():
    model = keras.Sequential([keras.Input((WIDTH,)), keras.layers.Dense(48), keras.layers.Reshape((SIZE, SIZE, 3))])
    assert not has_styles(model)
    assert np.isfinite(condition_numbers(model, count=10)).all()
    assert perceptual_path_length(model, squared_distance, count=8, crop=False) > 0


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"space": "y"}, "space=y"),
        ({"sampling": "start"}, "sampling=start"),
        ({"count": 0}, "count=0"),
        ({"epsilon": 0.0}, r"epsilon=0\.0"),
        ({"latent_dim": None}, "needs `latent_dim`"),
        ({"space": "w"}, "need a generator with styles"),
    ],
)
def test_bad_input_of_path_lengths(arguments, says):
    with pytest.raises(ValueError, match=says):
        perceptual_path_length(linear, squared_distance, **{"latent_dim": WIDTH, **arguments})


def test_bad_input_of_condition_numbers():
    def eight_bits(latents):
        return tf.cast(linear(latents), tf.uint8)

    with pytest.raises(ValueError, match="floats in"):
        condition_numbers(eight_bits, count=4, latent_dim=WIDTH)
    with pytest.raises(ValueError, match="floats in"):
        perceptual_path_length(eight_bits, squared_distance, count=4, latent_dim=WIDTH)
    with pytest.raises(ValueError, match="count=0"):
        condition_numbers(linear, count=0, latent_dim=WIDTH)
    with pytest.raises(ValueError, match="top=1000"):
        mean_conditions(np.ones(999))


@pytest.mark.parametrize(
    ("size", "crop", "shown"),
    [
        ((512, 512), False, (256, 256)),
        ((1024, 512), False, (512, 256)),
        ((512, 1024), False, (256, 512)),
        ((384, 640), False, (384, 640)),
        ((1024, 1536), True, (256, 384)),
        ((640, 384), True, (320, 192)),
    ],
)
def test_path_lengths_average_images_down_by_the_shorter_side(size, crop, shown):
    images = np.random.default_rng(0).normal(size=(1, *size, 1)).astype("float32")
    found = shown_of(images, crop)
    assert found.shape == (1, *shown, 1)
    if not crop:
        block = size[0] // shown[0]
        blocks = images.reshape(1, shown[0], block, shown[1], block, 1).mean((2, 4))
        np.testing.assert_allclose(found, blocks, atol=1e-5)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_diverged_generator(value):
    def lost(latents):
        return np.full((len(latents), SIZE, SIZE, 3), value)

    with pytest.raises(ValueError, match="images hold NaN or infinity: the generator has diverged"):
        condition_numbers(lost, count=4, latent_dim=WIDTH)
    with pytest.raises(ValueError, match="path lengths are NaN or infinite: the generator has diverged"):
        perceptual_path_length(lost, lambda a, b: np.full(len(a), value), count=4, crop=False, latent_dim=WIDTH)


def test_condition_numbers_of_images_of_zeros():
    def dead(latents):
        images = linear(latents)
        images[1] = 0
        return images

    with pytest.raises(ValueError, match="an image is 0 everywhere"):
        condition_numbers(dead, count=4, latent_dim=WIDTH)
