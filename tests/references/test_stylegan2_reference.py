"""The reference of StyleGAN2 against what can be said of it without any other implementation."""

import math

import numpy as np
import pytest
import scipy.signal

from tests.references import stylegan2 as reference

SIZES = {"channel_base": 64, "channel_max": 6}
ARCHITECTURES = ("skip", "resnet", "orig")
CONFIGURATIONS = {
    "config F 1024": ({"resolution": 1024}, 30_370_060, 2_101_248, 28_268_812, 29_012_513),
    "config E 1024": ({"resolution": 1024, "channel_base": 16384}, 24_900_764, 2_101_248, 22_799_516, 24_038_161),
    "config F 256": ({"resolution": 256}, 30_034_338, 2_101_248, 27_933_090, 28_864_129),
    "paper256": ({"resolution": 256, "channel_base": 16384}, 24_767_458, 2_101_248, 22_666_210, 24_001_089),
    "paper512": ({"resolution": 512}, 30_276_583, 2_101_248, 28_175_335, 28_982_849),
    "auto 256": (
        {"resolution": 256, "channel_base": 16384, "mapping_layers": 2},
        *(23_191_522, 525_312, 22_666_210, 24_001_089),
    ),
    "cifar 32": (
        {"resolution": 32, "mapping_layers": 2, "discriminator_architecture": "orig"},
        *(19_947_539, 525_312, 19_422_227, 20_720_641),
    ),
}


def normal(*shape, seed=1):
    return np.random.default_rng(seed).standard_normal(shape)


def generator_of(resolution, architecture="skip", **options):
    shapes = reference.synthesis_shapes(resolution, style_dim=5, architecture=architecture, **SIZES, **options)
    return reference.random_weights(shapes), normal(2, 2 * int(math.log2(resolution)) - 2, 5)


def discriminator_of(resolution, architecture="resnet", **options):
    shapes = reference.discriminator_shapes(resolution, architecture=architecture, **SIZES, **options)
    return reference.random_weights(shapes), normal(4, resolution, resolution, 3)


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_parameter_counts_of_the_published_configurations(name):
    options, *expected = CONFIGURATIONS[name]
    counts = reference.parameter_counts(**options)
    assert list(counts) == ["generator", "mapping", "synthesis", "discriminator"]
    assert list(counts.values()) == expected


@pytest.mark.parametrize("axis", [1, 2])
def test_upsampling_along_an_axis(axis):
    """Along one axis where the image is constant along the other; zeros outside."""
    values = normal(5)
    lines = np.broadcast_to(values[:, None] if axis == 1 else values, (5, 5))[None, :, :, None]
    result = np.moveaxis(reference.upsample(lines), axis, 1)[0, :, 4, 0]  # far from the other axis' borders
    outside = np.concatenate([[0], values, [0]])
    for index in range(5):
        before, here, after = outside[index : index + 3]
        assert result[2 * index] == pytest.approx(before / 4 + 3 * here / 4)
        assert result[2 * index + 1] == pytest.approx(3 * here / 4 + after / 4)


def test_downsampling():
    images = normal(2, 6, 8, 3)
    padded = np.pad(images, ((0, 0), (1, 1), (1, 1), (0, 0)))
    expected = np.zeros((2, 3, 4, 3))
    for row, column in np.ndindex(3, 4):
        for y, x in np.ndindex(4, 4):
            weight = (1, 3, 3, 1)[y] * (1, 3, 3, 1)[x] / 64
            expected[:, row, column] += weight * padded[:, 2 * row + y, 2 * column + x]
    np.testing.assert_allclose(reference.downsample(images), expected)


def test_resampling_keeps_constants_inside_and_is_adjoint():
    """The gains are 1 inside, and <up(x), y> = 4 <x, down(y)>."""
    ones = np.ones((1, 8, 8, 1))
    np.testing.assert_allclose(reference.upsample(ones)[:, 1:-1, 1:-1], 1)
    np.testing.assert_allclose(reference.downsample(ones)[:, 1:-1, 1:-1], 1)
    small, large = normal(1, 4, 4, 2), normal(1, 8, 8, 2, seed=2)
    assert np.sum(reference.upsample(small) * large) == pytest.approx(4 * np.sum(small * reference.downsample(large)))


@pytest.mark.parametrize("size", [1, 3])
def test_plain_convolution_is_a_correlation_with_zeros_outside(size):
    images, kernel = normal(2, 5, 6, 3), normal(size, size, 3, 2, seed=2)
    expected = np.zeros((2, 5, 6, 2))
    for sample, source, target in np.ndindex(2, 3, 2):
        expected[sample, :, :, target] += scipy.signal.correlate2d(
            images[sample, :, :, source], kernel[:, :, source, target], mode="same"
        )
    np.testing.assert_allclose(reference.convolve(images, kernel), expected)


def test_up_convolution_is_a_transposed_convolution_with_the_flipped_kernel_then_the_filter():
    images, kernel = normal(1, 4, 5, 3), normal(3, 3, 3, 2, seed=2)
    scattered = np.zeros((9, 11, 2))
    for row, column, y, x in np.ndindex(4, 5, 3, 3):
        scattered[2 * row + y, 2 * column + x] += images[0, row, column] @ kernel[2 - y, 2 - x]
    taps = np.outer([1, 3, 3, 1], [1, 3, 3, 1]) / 16
    filtered = [scipy.signal.correlate2d(np.pad(plane, 1), taps, "valid") for plane in np.moveaxis(scattered, -1, 0)]
    np.testing.assert_allclose(reference.convolve(images, kernel, up=True)[0], np.stack(filtered, axis=-1))


def test_down_convolution_is_the_filter_then_every_second_correlation():
    images, kernel = normal(1, 6, 8, 1), normal(3, 3, 1, 1, seed=2)
    taps = np.outer([1, 3, 3, 1], [1, 3, 3, 1]) / 64
    filtered = scipy.signal.correlate2d(np.pad(images[0, :, :, 0], 2), taps, "valid")
    expected = scipy.signal.correlate2d(filtered, kernel[:, :, 0, 0], "valid")[::2, ::2]
    np.testing.assert_allclose(reference.convolve(images, kernel, down=True)[0, :, :, 0], expected)


@pytest.mark.parametrize("up", [False, True])
def test_modulation_equals_scaling_before_and_after_a_shared_convolution(up):
    images, kernel, styles = normal(2, 4, 4, 3), normal(3, 3, 3, 5, seed=2), normal(2, 3, seed=3)
    shared = reference.convolve(images * styles[:, None, None], kernel / math.sqrt(27), up=up)
    norms = np.sqrt(np.einsum("hwio,ni->no", kernel**2, styles**2) / 27 + 1e-8)
    expected = shared / norms[:, None, None]
    np.testing.assert_allclose(reference.modulated_conv(images, kernel, styles, up=up), expected)


def test_demodulated_output_has_unit_variance():
    images, kernel, styles = normal(1, 64, 64, 16), normal(3, 3, 16, 32, seed=2), 10 * normal(1, 16, seed=3)
    output = reference.modulated_conv(images, kernel, styles)[:, 1:-1, 1:-1]
    assert np.var(output) == pytest.approx(1, abs=0.05)
    norms = np.sum(np.square(reference.modulated_kernel(kernel, styles[0])), axis=(0, 1, 2))
    np.testing.assert_allclose(norms, 1)


@pytest.mark.parametrize(("samples", "group_size"), [(8, 4), (8, 8), (6, 2), (3, 4), (1, 4)])
def test_minibatch_standard_deviation(samples, group_size):
    features = normal(samples, 2, 3, 5)
    result = reference.minibatch_stddev(features, group_size)
    np.testing.assert_array_equal(result[..., :5], features)
    groups = samples // min(group_size, samples)
    for sample in range(samples):
        members = [other for other in range(samples) if other % groups == sample % groups]
        assert len(members) == min(group_size, samples)
        total = 0.0
        for row, column, channel in np.ndindex(2, 3, 5):
            values = [features[member, row, column, channel] for member in members]
            mean = sum(values) / len(values)
            total += math.sqrt(sum((value - mean) ** 2 for value in values) / len(values) + 1e-8)
        np.testing.assert_allclose(result[sample, :, :, 5], total / 30)


def test_initial_signals_have_unit_scale():
    """Equalised learning rate: with the initial weights the second moments stay near 1."""
    shapes = reference.mapping_shapes(64, 64, layers=3)
    weights = reference.random_weights(shapes)
    initial = {name: 100 * value if name.endswith("kernel") else 0 * value for name, value in weights.items()}
    styles = reference.mapping(initial, normal(64, 64), layers=3)
    assert np.mean(styles**2) == pytest.approx(1, abs=0.3)


def test_mapping_sees_directions_of_latents_and_embeddings():
    weights = reference.random_weights(reference.mapping_shapes(4, 5, layers=2, classes=3))
    weights["embed/bias"] *= 0
    latents, labels = normal(3, 4), np.eye(3)
    styles = reference.mapping(weights, latents, labels, layers=2)
    assert styles.shape == (3, 5)
    scaled = weights | {"embed/kernel": 7 * weights["embed/kernel"]}
    np.testing.assert_allclose(reference.mapping(scaled, 3 * latents, labels, layers=2), styles, rtol=1e-6)
    rolled = reference.mapping(weights, latents, np.roll(labels, 1, axis=0), layers=2)
    assert np.all(np.any(rolled != styles, axis=1))


def test_truncation():
    styles, average = normal(2, 6, 5), normal(5, seed=2)
    np.testing.assert_allclose(reference.truncate(styles, average, 1), styles)
    np.testing.assert_allclose(reference.truncate(styles, average, 0), np.broadcast_to(average, (2, 6, 5)))
    half = reference.truncate(styles, average, 0.5, cutoff=2)
    np.testing.assert_allclose(half[:, :2], (styles[:, :2] + average) / 2)
    np.testing.assert_array_equal(half[:, 2:], styles[:, 2:])


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_synthesis_uses_every_weight_and_slot(architecture):
    weights, styles = generator_of(16, architecture)
    noise = reference.constant_noise(weights)
    images = reference.synthesis(weights, styles, 16, architecture, noise)
    assert images.shape == (2, 16, 16, 3)
    for name, value in weights.items():
        changed = weights | {name: value + 0.1}
        other = reference.synthesis(changed, styles, 16, architecture, reference.constant_noise(changed))
        assert not np.allclose(other, images), name
    for slot in range(6):
        changed = styles + (np.arange(6) == slot)[:, None]
        assert not np.allclose(reference.synthesis(weights, changed, 16, architecture, noise), images), slot


def test_slots_of_the_skip_generator():
    """A slot reaches its convolution and, in the slot before a block's first, the RGB layer below."""
    weights, styles = generator_of(16)
    seen = {}
    layers = [name.removesuffix("/affine/kernel") for name in weights if name.endswith("/affine/kernel")]
    for layer in layers:
        kernels = {name: 0 * value for name, value in weights.items() if name.endswith("affine/kernel")}
        kernels[f"{layer}/affine/kernel"] = weights[f"{layer}/affine/kernel"]  # only this layer sees its style
        before = reference.synthesis(weights | kernels, styles, 16)
        for slot in range(6):
            changed = styles + (np.arange(6) == slot)[:, None]
            if not np.allclose(before, reference.synthesis(weights | kernels, changed, 16)):
                seen.setdefault(layer, []).append(slot)
    assert seen == {
        "b4_conv": [0],
        "b4_rgb": [1],
        "b8_conv0": [1],
        "b8_conv1": [2],
        "b8_rgb": [3],
        "b16_conv0": [3],
        "b16_conv1": [4],
        "b16_rgb": [5],
    }


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_synthesis_mirrors_with_its_weights(architecture):
    """Off-by-one paddings would break the symmetry."""
    weights, styles = generator_of(16, architecture)
    mirrored = {}
    for name, value in weights.items():
        spatial = name.endswith(("noise_constant", "/constant")) or value.ndim == 4
        mirrored[name] = value[:, ::-1] if spatial else value
    images = reference.synthesis(weights, styles, 16, architecture, reference.constant_noise(weights))
    others = reference.synthesis(mirrored, styles, 16, architecture, reference.constant_noise(mirrored))
    np.testing.assert_allclose(others[:, :, ::-1], images, atol=1e-9)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("classes", [0, 3])
def test_discriminator_uses_every_weight_and_mirrors(architecture, classes):
    weights, images = discriminator_of(16, architecture, classes=classes, label_layers=2)
    labels = np.eye(3)[[0, 1, 2, 0]] if classes else None
    logits = reference.discriminator(weights, images, 16, architecture, labels=labels)
    assert logits.shape == (4, 1)
    for name, value in weights.items():
        other = reference.discriminator(weights | {name: 1.1 * value + 0.1}, images, 16, architecture, labels=labels)
        assert not np.allclose(other, logits), name

    mirrored = {name: value[:, ::-1] if value.ndim == 4 else value for name, value in weights.items()}
    rows = weights["b4_dense/kernel"].reshape(4, 4, 6, 6)  # H, W, C, out
    mirrored["b4_dense/kernel"] = rows[:, ::-1].reshape(96, 6)
    others = reference.discriminator(mirrored, images[:, :, ::-1], 16, architecture, labels=labels)
    np.testing.assert_allclose(others, logits)


def test_discriminator_compares_within_groups():
    weights, images = discriminator_of(8)
    logits = reference.discriminator(weights, images, 8, group_size=2)
    changed = images.copy()
    changed[1] += 1
    other = reference.discriminator(weights, changed, 8, group_size=2)
    np.testing.assert_array_equal(np.isclose(other, logits)[:, 0], [True, False, True, False])


def test_activation_and_equalised_learning_rate():
    np.testing.assert_allclose(reference.leaky_relu(np.array([-1.0, 0.0, 1.0])), [-0.2 * 2**0.5, 0, 2**0.5])
    np.testing.assert_allclose(reference.leaky_relu(np.array([-9.0, 9.0]), clamp=1), [-1, 1])
    assert np.var(reference.correlate(normal(1, 40, 40, 8), reference.equalized(normal(3, 3, 8, 16, seed=2)))) == (
        pytest.approx(1, abs=0.1)
    )
    weights = {"layer/kernel": np.full((4, 1), 3.0), "layer/bias": np.array([5.0])}
    assert reference.dense(weights, "layer", np.ones((1, 4))).item() == 4 * 3 / 2 + 5
    assert reference.dense(weights, "layer", np.ones((1, 4)), 0.5).item() == 0.5 * (4 * 3 / 2 + 5)


def test_residual_block_of_the_generator():
    """With a silent convolution path the block is its shortcut / sqrt(2)."""
    weights, styles = generator_of(8, "resnet")
    for name in ("b8_conv1/kernel", "b8_conv1/bias"):
        weights[name] *= 0
    images = reference.synthesis(weights, styles, 8, "resnet")
    constant = np.stack([weights["b4_constant/constant"]] * 2)
    block = reference.styled_conv(weights, "b4_conv", constant, styles[:, 0], None, None, reference.euclidean_noise)
    shortcut = reference.upsample(block @ (weights["b8_skip/kernel"][0, 0] / math.sqrt(6))) / math.sqrt(2)
    np.testing.assert_allclose(images, reference.to_rgb(weights, "b8_rgb", shortcut, styles[:, 3], None))


def test_residual_block_of_the_discriminator():
    weights, images = discriminator_of(8)
    for name in ("b8_conv1/kernel", "b8_conv1/bias"):
        weights[name] *= 0
    block = reference.conv_layer(weights, "b8_from_rgb", images, None)
    features = reference.downsample(block) @ (weights["b8_skip/kernel"][0, 0] / math.sqrt(6)) / math.sqrt(2)
    features = reference.conv_layer(weights, "b4_conv", reference.minibatch_stddev(features, 4), None)
    flat = np.stack([[pixel for row in sample for column in row for pixel in column] for sample in features])
    expected = reference.dense(weights, "b4_output", reference.leaky_relu(reference.dense(weights, "b4_dense", flat)))
    np.testing.assert_allclose(reference.discriminator(weights, images, 8), expected)


def test_conditional_score_is_a_scaled_projection():
    """The normalised embedding folds into the output layer: score = output . embedding / sqrt(width)."""
    weights, images = discriminator_of(8, classes=3, label_layers=0)
    weights["embed/bias"] *= 0
    row = weights["embed/kernel"][1]
    vector = row / np.sqrt(np.mean(row**2)) / math.sqrt(6)
    folded = {f"b4_output/{name}": weights[f"b4_output/{name}"] @ vector[:, None] for name in ("kernel", "bias")}
    expected = reference.discriminator(weights | folded, images, 8)
    labels = np.eye(3)[[1] * 4]
    np.testing.assert_allclose(reference.discriminator(weights, images, 8, labels=labels), expected, rtol=1e-6)


def test_clamp():
    weights, styles = generator_of(8)
    assert np.abs(reference.synthesis(weights, styles, 8, "orig", clamp=0.5)).max() <= 0.5
    for architecture in ARCHITECTURES:
        weights, styles = generator_of(8, architecture)
        loose, free = (reference.synthesis(weights, styles, 8, architecture, clamp=clamp) for clamp in (1e6, None))
        np.testing.assert_array_equal(loose, free)
    weights, images = discriminator_of(8)
    tight, free = (reference.discriminator(weights, images, 8, clamp=clamp) for clamp in (0.5, None))
    assert not np.allclose(tight, free)


def test_smallest_resolution():
    weights, styles = generator_of(4)
    assert reference.synthesis(weights, styles, 4).shape == (2, 4, 4, 3)
    weights, images = discriminator_of(4)
    assert reference.discriminator(weights, images, 4).shape == (4, 1)


# Riemannian noise


@pytest.mark.parametrize("norm", ["rms", "l2"])
def test_riemannian_sigma_by_loops(norm):
    features, scale, offset, alpha = normal(2, 3, 4, 5), normal(3, 4, seed=2), normal(3, 4, seed=3), 0.3
    sigma = reference.riemannian_sigma(features, scale, offset, alpha, norm)
    for sample in range(2):
        sums = [[sum(features[sample, row, column]) for column in range(4)] for row in range(3)]
        mean = sum(map(sum, sums)) / 12
        largest = max(abs(value - mean) for row in sums for value in row)
        mixed = np.zeros((3, 4))
        for row, column in np.ndindex(3, 4):
            decomposed = scale[row, column] * (sums[row][column] - mean) / largest + offset[row, column]
            mixed[row, column] = alpha * decomposed + (1 - alpha)
        expected = mixed / np.linalg.norm(mixed) * (math.sqrt(12) if norm == "rms" else 1)
        np.testing.assert_allclose(sigma[sample, :, :, 0], expected, rtol=1e-6)


def test_riemannian_noise():
    features, noise = normal(2, 4, 4, 3), normal(2, 4, 4, seed=2)
    arguments = {"scale": 1.0, "offset": 0.0, "alpha": 0.5}
    sigma = reference.riemannian_sigma(features, **arguments)
    output = reference.riemannian_noise(features, noise, **arguments, radius=2.0, gain=0.5)
    np.testing.assert_allclose(output, 2 * sigma * (features + 0.5 * noise[..., None]))
    flat = reference.riemannian_noise(features, None, 1.0, 0.0, alpha=0.0, radius=1.0)
    np.testing.assert_allclose(flat, features)  # alpha 0 is a flat sigma of 1
    constant = np.ones((1, 4, 4, 3))
    assert np.isfinite(reference.riemannian_sigma(constant, 1.0, 0.0, 0.5)).all()


@pytest.mark.parametrize("norm", ["rms", "l2"])
def test_synthesis_with_riemannian_noise_uses_every_weight(norm):
    weights, styles = generator_of(8, noise="riemannian")
    noise = reference.constant_noise(weights)

    def synthesize(weights, noise, **options):
        return reference.synthesis(weights, styles, 8, noise=noise, inject=reference.riemannian(norm, **options))

    images = synthesize(weights, noise)
    assert images.shape == (2, 8, 8, 3)
    for name, value in weights.items():
        changed = weights | {name: 1.1 * value + 0.1}
        assert not np.allclose(synthesize(changed, reference.constant_noise(changed)), images), name
    assert not np.allclose(synthesize(weights, noise, squash=False), images)
    assert not np.allclose(synthesize(weights, None), images)
