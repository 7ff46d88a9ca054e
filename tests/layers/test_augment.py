import itertools
import math

import keras
import numpy as np
import pytest
import scipy.stats
from keras import ops

from tests.layers.harness import check_layer
from tfnss import random
from tfnss.layers.augment import PIPELINES, Augment, bands, colour, corruptions, geometry
from tfnss.layers.augment.parameters import NORMALS, UNIFORMS, Parameters, from_draws

on_tensorflow = pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="differentiates with TensorFlow")
EVERYTHING = PIPELINES["bgcfnc"]

SYM6 = np.array(
    [
        *(0.015404109327027373, 0.0034907120842174702, -0.11799011114819057, -0.048311742585633, 0.4910559419267466),
        *(0.787641141030194, 0.3379294217276218, -0.07263752278646252, -0.021060292512300564, 0.04472490177066578),
        *(0.0017677118642428036, -0.007800708325034148),
    ]
)
SYM2 = np.array([-0.12940952255092145, 0.22414386804185735, 0.836516303737469, 0.48296291314469025])


# The reference: one image at a time in float64, margins that depend on the parameters, explicit zeros.


def rotation(angle):
    return np.array([[math.cos(angle), -math.sin(angle), 0], [math.sin(angle), math.cos(angle), 0], [0, 0, 1]])


def translation(x, y):
    return np.array([[1, 0, x], [0, 1, y], [0, 0, 1]])


def inverse_matrix(p, height, width):
    matrix = np.diag([1 - 2 * p.flip, 1, 1])
    matrix = matrix @ rotation(p.quarter_turns * math.pi / 2)
    matrix = matrix @ translation(-np.round(p.shift_x * width), -np.round(p.shift_y * height))
    matrix = matrix @ np.diag([1 / p.scale, 1 / p.scale, 1])
    matrix = matrix @ rotation(p.first_rotation)
    matrix = matrix @ np.diag([1 / p.stretch, p.stretch, 1])
    matrix = matrix @ rotation(p.second_rotation)
    return matrix @ translation(-p.offset_x * width, -p.offset_y * height)


def margins(matrices, height, width, more=0):
    """Left, right, top, bottom, shared by the batch; `more` pixels than published if there is room."""
    x, y = (width - 1) / 2, (height - 1) / 2
    corners = np.array([[-x, -y, 1], [x, -y, 1], [x, y, 1], [-x, y, 1]]).T
    mapped = np.concatenate([m @ corners for m in matrices], axis=1)
    needed = np.array([-mapped[0].min() - x, mapped[0].max() - x, -mapped[1].min() - y, mapped[1].max() - y]) + 6 + more
    return np.ceil(np.clip(needed, 0, [width - 1, width - 1, height - 1, height - 1])).astype(int)


def upsample(image, taps):
    for axis in (0, 1):
        image = np.moveaxis(image, axis, 0)
        spread = np.zeros((2 * len(image), *image.shape[1:]))
        spread[::2] = image
        spread = np.pad(spread, [(6, 5), (0, 0), (0, 0)])
        image = np.stack([np.tensordot(taps[::-1], spread[i : i + 12], 1) for i in range(len(spread) - 11)])
        image = np.moveaxis(2 * image, 0, axis)
    return image


def downsample(image, taps):
    image = image[1:-1, 1:-1]
    for axis in (0, 1):
        image = np.moveaxis(image, axis, 0)
        image = np.stack([np.tensordot(taps, image[i : i + 12], 1) for i in range(0, len(image) - 11, 2)])
        image = np.moveaxis(image, 0, axis)
    return image


def bilinear(image, x, y):
    height, width = image.shape[:2]
    result = np.zeros((*x.shape, image.shape[2]))
    for i, j in itertools.product((0, 1), repeat=2):
        column, row = np.floor(x) + j, np.floor(y) + i
        weight = (1 - abs(x - column)) * (1 - abs(y - row))
        inside = (column >= 0) & (column < width) & (row >= 0) & (row < height)
        values = image[np.clip(row, 0, height - 1).astype(int), np.clip(column, 0, width - 1).astype(int)]
        result += (weight * inside)[..., None] * values
    return result


def warp(padded, matrix, margin, size, taps):
    left, right, top, bottom = margin
    height, width = size
    matrix = translation((left - right) / 2, (top - bottom) / 2) @ matrix
    upsampled = upsample(padded, taps / taps.sum())
    matrix = translation(-0.5, -0.5) @ np.diag([2, 2, 1]) @ matrix @ np.diag([0.5, 0.5, 1]) @ translation(0.5, 0.5)
    columns, rows = np.arange(2 * (width + 6)) + 0.5 - (width + 6), np.arange(2 * (height + 6)) + 0.5 - (height + 6)
    x, y = np.meshgrid(columns, rows)
    x, y = (matrix[i, 0] * x + matrix[i, 1] * y + matrix[i, 2] for i in (0, 1))
    samples = bilinear(upsampled, x + upsampled.shape[1] / 2 - 0.5, y + upsampled.shape[0] / 2 - 0.5)
    return downsample(samples, taps / taps.sum())


def pad(image, margin, mode):
    left, right, top, bottom = margin
    return np.pad(image, [(top, bottom), (left, right), (0, 0)], mode=mode)


def resample(images, matrices, more=0):
    """The images and the pixels [batch, height, width] that the zeros beyond the margins do not reach."""
    size = images.shape[1:3]
    margin = margins(matrices, *size, more)
    results, clean = [], []
    for image, matrix in zip(images.astype("float64"), matrices, strict=True):
        results.append(warp(pad(image, margin, "reflect"), matrix, margin, size, SYM6))
        ones, wider = np.ones((*size, 1)), margin + 3 * max(size)
        with_zeros, without = (warp(pad(ones, m, "edge"), matrix, m, size, abs(SYM6)) for m in (margin, wider))
        clean.append(abs(with_zeros - without)[..., 0] < 1e-6)
    return np.stack(results), np.stack(clean)


def recolour(image, p):
    luma = np.zeros((4, 4))
    luma[:3, :3] = 1 / 3
    chroma, one = np.diag([1, 1, 1, 0]) - luma, np.diag([0, 0, 0, 1])
    matrix = np.eye(4)
    matrix[:3, 3] = p.brightness
    matrix = np.diag([p.contrast, p.contrast, p.contrast, 1]) @ matrix
    matrix = (np.eye(4) - 2 * luma * p.luma_flip) @ matrix
    if image.shape[2] == 3:
        axis = np.ones(3) / math.sqrt(3)
        hue = np.eye(4)
        cos, sin = math.cos(p.hue), math.sin(p.hue)
        for i, e in enumerate(np.eye(3)):
            hue[:3, i] = e * cos + np.cross(axis, e) * sin + axis * (axis @ e) * (1 - cos)
        matrix = (luma + chroma * p.saturation + one) @ hue @ matrix
        return image @ matrix[:3, :3].T + matrix[:3, 3]
    mean = matrix[:3].mean(axis=0)
    return image * mean[:3].sum() + mean[3]


def amplify(image, factors):
    low = np.convolve(SYM2, SYM2[::-1]) / 2
    signs = SYM2 * np.array([1, -1, 1, -1])
    high = np.convolve(signs, signs[::-1]) / 2
    bank = [np.array([1.0]), np.zeros(1), np.zeros(1), np.zeros(1)]
    for i in (1, 2, 3):
        for b, row in enumerate(bank):
            spread = np.zeros(2 * len(row) - 1)
            spread[::2] = row
            bank[b] = np.convolve(spread, low)
        middle = len(bank[i]) // 2
        bank[i][middle - 3 : middle + 4] += high
    power, gain = np.array([10, 1, 1, 1]) / 13, np.ones(4)
    for i, factor in enumerate(factors):
        t = np.ones(4)
        t[i] = factor
        gain *= t / math.sqrt((power * t**2).sum())
    taps = gain @ np.stack(bank)
    for axis in (0, 1):
        padded = np.pad(np.moveaxis(image, axis, 0), [(21, 21), (0, 0), (0, 0)], mode="reflect")
        image = np.stack([np.tensordot(taps, padded[i : i + 43], 1) for i in range(len(padded) - 42)])
        image = np.moveaxis(image, 0, axis)
    return image


def cut_out(image, p):
    image = image.copy()
    for row, column in itertools.product(range(image.shape[0]), range(image.shape[1])):
        x, y = (column + 0.5) / image.shape[1], (row + 0.5) / image.shape[0]
        if abs(x - p.cutout_x) < p.cutout / 2 and abs(y - p.cutout_y) < p.cutout / 2:
            image[row, column] = 0
    return image


# Helpers


class Draws:
    """A source of random numbers that gives what NumPy draws."""

    def __init__(self, seed=0):
        self.generator = np.random.default_rng(seed)
        self.drawn = []

    def stream(self):
        return self

    def uniform(self, shape):
        return self._keep(self.generator.uniform(size=tuple(shape)))

    def normal(self, shape):
        return self._keep(self.generator.normal(size=tuple(shape)))

    def _keep(self, numbers):
        self.drawn.append(numbers.astype("float32"))
        return ops.convert_to_tensor(self.drawn[-1])


def random_images(*shape):
    return np.random.default_rng(0).uniform(-1, 1, shape).astype("float32")


def draw(batch, probability, operations=EVERYTHING, seed=0):
    """Parameters as float32 arrays."""
    generator = np.random.default_rng(seed)
    uniform = generator.uniform(size=(batch, UNIFORMS)).astype("float32")
    normal = generator.normal(size=(batch, NORMALS)).astype("float32")
    drawn = from_draws(*map(ops.convert_to_tensor, (uniform, normal, np.float32(probability))), operations)
    return Parameters(*map(ops.convert_to_numpy, drawn))


def given(batch, **values):
    """Parameters that do nothing but what `values` says."""
    nothing = draw(batch, 0)
    full = {name: np.broadcast_to(np.float32(x), (batch,)) for name, x in values.items()}
    return nothing._replace(**full)


def rows_of(parameters):
    return [Parameters(*row) for row in zip(*(np.asarray(x, "float64") for x in parameters), strict=True)]


def tensors(parameters):
    return Parameters(*map(ops.convert_to_tensor, parameters))


def resampled(images, parameters):
    height, width = images.shape[1:3]
    matrix = geometry.inverse_matrix(tensors(parameters), height, width)
    return ops.convert_to_numpy(geometry.resample(ops.convert_to_tensor(images), matrix))


# The layer


@pytest.mark.parametrize("pipeline", PIPELINES)
def test_is_a_keras_layer(pipeline):
    check_layer(lambda **kwargs: Augment(pipeline, seed=1, **kwargs), random_images(2, 8, 6, 3), extra=(0.5,))


@pytest.mark.parametrize(
    ("pipeline", "probability", "more"), [(name, 0.6, 0) for name in PIPELINES] + [("bgcfnc", 0.2, 9)]
)
@pytest.mark.parametrize("channels", [1, 3])
def test_pipelines_equal_the_reference(pipeline, probability, more, channels):
    """The filter spreads what zeros the reference reads, so the whole comes once with margins that keep them away."""
    images, source = random_images(6, 24, 24, channels), Draws()
    with random.scope(source):
        augmented = ops.convert_to_numpy(Augment(pipeline)(images, probability))
    uniform, normal, *white = source.drawn
    drawn = from_draws(*map(ops.convert_to_tensor, (uniform, normal, np.float32(probability))), PIPELINES[pipeline])
    parameters = rows_of(map(ops.convert_to_numpy, drawn))
    expected, clean = images.astype("float64"), np.ones((6, 24, 24), bool)
    if pipeline in ("blit", "geom") or pipeline.startswith("bg"):
        expected, clean = resample(images, [inverse_matrix(p, 24, 24) for p in parameters], more)
    for i, p in enumerate(parameters):
        noise = p.noise * white[0][i] if white else 0
        expected[i] = cut_out(amplify(recolour(expected[i], p), p.bands) + noise, p)
    if "bands" in PIPELINES[pipeline]:
        clean = np.broadcast_to(clean.all(axis=(1, 2), keepdims=True), clean.shape)
    np.testing.assert_allclose(augmented[clean], expected[clean], atol=1e-4)
    assert clean.mean() > (0.9 if more or "bands" not in PIPELINES[pipeline] else 0.1)


@pytest.mark.parametrize("shape", [(4, 16, 16, 3), (3, 13, 30, 1), (3, 32, 15, 3), (4, 64, 64, 3)])
@pytest.mark.parametrize("probability", [0, 0.5, 1])
def test_resampling_equals_the_reference(shape, probability):
    """Also where the margins are clamped, and for images that are no squares."""
    parameters = draw(shape[0], probability, seed=1)
    images = random_images(*shape)
    expected, clean = resample(images, [inverse_matrix(p, *shape[1:3]) for p in rows_of(parameters)])
    np.testing.assert_allclose(resampled(images, parameters)[clean], expected[clean], atol=1e-4)
    assert clean.mean() > 0.6


@pytest.mark.parametrize("scale", [0.2, 0.7, 1.5])
def test_resampling_reflects_up_to_the_greatest_margin(scale):
    """Near the zeros as well, it is what the published procedure gives if all margins are the greatest."""
    images, parameters = random_images(1, 16, 16, 3), given(1, scale=scale, offset_x=0.1)
    matrix = inverse_matrix(rows_of(parameters)[0], 16, 16)
    expected = warp(pad(images[0], [15] * 4, "reflect"), matrix, [15] * 4, (16, 16), SYM6)
    wide = warp(pad(np.ones((16, 16, 1)), [60] * 4, "edge"), matrix, [60] * 4, (16, 16), abs(SYM6))
    near = warp(pad(np.ones((16, 16, 1)), [15] * 4, "edge"), matrix, [15] * 4, (16, 16), abs(SYM6))
    clean = abs(wide - near)[..., 0] < 1e-6
    found = resampled(images, parameters)[0]
    np.testing.assert_allclose(found[clean], expected[clean], atol=1e-4)
    assert abs(found - expected).max() < 1
    assert clean.all() or scale < 0.5


def test_beyond_the_greatest_margin_there_are_zeros():
    assert not resampled(np.ones((1, 16, 16, 3), "float32"), given(1, offset_x=5)).any()


# What the operations do. sym6 is an orthogonal wavelet: up- and downsampling cancel up to float32's rounding, 1e-5.


def test_translations_by_pixels_move_pixels():
    images = random_images(1, 16, 20, 3)
    moved = resampled(images, given(1, shift_x=0.124, shift_y=-0.124))  # 2.48 and -1.98 pixels
    np.testing.assert_allclose(moved[:, :-2, 2:], images[:, 2:, :-2], atol=1e-5)
    np.testing.assert_allclose(moved[:, :-2, :2], images[:, 2:, 2:0:-1], atol=1e-5)  # reflected
    np.testing.assert_allclose(moved, resampled(images, given(1, offset_x=2 / 20, offset_y=-2 / 16)), atol=1e-5)


def smooth_images(size):
    x = np.arange(size) / size
    image = np.sin(2 * x[:, None] + 5 * x**2) + 0.5 * np.cos(4 * x[:, None] ** 2)
    return image[None, :, :, None].astype("float32")


@pytest.mark.parametrize("turns", [0, 1, 2, 3])
@pytest.mark.parametrize("flip", [0, 1])
def test_flips_and_quarter_turns(flip, turns):
    """The filter is not quite symmetric: of white noise an RMS of 0.13 remains, of smooth ones 0.016."""
    for images, tolerance in ((random_images(1, 32, 32, 1), 0.15), (smooth_images(32), 0.02)):
        turned = images[:, :, ::-1] if flip else images
        # G = flip, then turn clockwise on the screen: y points down
        turned = np.rot90(turned, k=turns, axes=(1, 2))
        found = resampled(images, given(1, flip=flip, quarter_turns=turns))
        error = math.sqrt(np.mean((found - turned) ** 2))
        assert error < (1e-5 if flip == turns == 0 else tolerance)


def test_directions():
    """Positive shifts move to the right and down, scales enlarge, and the stretch widens and flattens."""
    squares = (np.arange(48) - 23.5) ** 2
    spot = np.exp(-(squares[:, None] + squares) / 18)[None, ..., None].astype("float32")

    def moments(**values):
        mass = resampled(spot, given(1, **values))[0, ..., 0]
        y, x = np.indices(mass.shape) - 23.5
        return [(mass * z).sum() / mass.sum() for z in (x, y, x**2, y**2)]

    assert moments(offset_x=0.1, offset_y=-0.05)[:2] == pytest.approx([4.8, -2.4], abs=0.02)
    width, height = moments()[2:]
    assert moments(scale=1.5)[2:] == pytest.approx([1.5**2 * width, 1.5**2 * height], rel=0.02)
    assert moments(stretch=1.5)[2:] == pytest.approx([1.5**2 * width, height / 1.5**2], rel=0.05)


@pytest.mark.parametrize("channels", [1, 3])
def test_colours(channels):
    """Each operation by itself: on greys hue and saturation do nothing, a luma flip negates."""
    images = random_images(1, 4, 4, channels)

    def recoloured(**values):
        matrix = colour.matrix(tensors(given(1, **values)))
        return ops.convert_to_numpy(colour.recolour(ops.convert_to_tensor(images), matrix))

    luma = images.mean(axis=3, keepdims=True)
    np.testing.assert_array_equal(recoloured(), images)
    np.testing.assert_allclose(recoloured(brightness=0.3), images + 0.3, atol=1e-6)
    np.testing.assert_allclose(recoloured(contrast=2), 2 * images, atol=1e-6)
    np.testing.assert_allclose(recoloured(luma_flip=1), images - 2 * luma, atol=1e-6)
    np.testing.assert_allclose(recoloured(saturation=3), luma + 3 * (images - luma), atol=1e-6)
    np.testing.assert_allclose(recoloured(hue=2 * math.pi / 3), np.roll(images, 1, axis=3), atol=1e-6)


def test_band_filters_add_up_to_an_impulse():
    bank = bands.filter_bank()
    assert bank.shape == (4, 43)
    np.testing.assert_allclose(bank.sum(axis=0), np.eye(43)[21], atol=1e-12)
    np.testing.assert_allclose(bank.sum(axis=1), [1, 0, 0, 0], atol=1e-12)
    np.testing.assert_allclose(bank, bank[:, ::-1], atol=1e-12)


@pytest.mark.parametrize("shape", [(2, 24, 30, 3), (2, 8, 22, 1)])
def test_bands_equal_the_reference(shape):
    images, factors = random_images(*shape), np.float32([[2, 1, 1, 0.5], [0.3, 3, 2, 1]])
    found = bands.amplify(ops.convert_to_tensor(images), bands.gains(ops.convert_to_tensor(factors)))
    expected = [amplify(x, f) for x, f in zip(images.astype("float64"), factors.astype("float64"), strict=True)]
    np.testing.assert_allclose(ops.convert_to_numpy(found), expected, atol=1e-4)


def test_cutout_takes_half_the_width_and_height():
    images = ops.ones((2, 8, 12, 3))
    centres = ops.convert_to_tensor(np.float32([0.5, 0])), ops.convert_to_tensor(np.float32([0.5, 1]))
    found = ops.convert_to_numpy(corruptions.cut_out(images, ops.convert_to_tensor(np.float32([0.5, 0.5])), *centres))
    expected = np.ones((2, 8, 12, 3))
    expected[0, 2:6, 3:9] = 0
    expected[1, 6:, :3] = 0
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("pipeline", PIPELINES)
def test_probability_zero_changes_nothing(pipeline):
    images = random_images(3, 24, 16, 3)
    geometric = set(PIPELINES[pipeline]) & set(PIPELINES["bg"])
    found = ops.convert_to_numpy(Augment(pipeline)(images, 0))
    small = ops.convert_to_numpy(Augment(pipeline)(images[:, :4, :4], 0))
    np.testing.assert_allclose(small, images[:, :4, :4], atol=2e-5)
    np.testing.assert_allclose(found, images, atol=2e-5 if geometric or "bands" in PIPELINES[pipeline] else 1e-6)


# Distributions. False alarms: 1e-6 each.


@pytest.mark.parametrize("probability", [0, 0.3, 0.8, 1, 7.5])
def test_gates(probability):
    count = 20_000
    drawn = draw(count, probability)
    nothing = draw(1, 0)
    rate = min(probability, 1)
    rotations = 1 - math.sqrt(1 - rate)
    rates = dict.fromkeys(Parameters._fields, rate)
    rates |= {"flip": rate / 2, "luma_flip": rate / 2, "quarter_turns": rate * 3 / 4}
    rates |= {"first_rotation": rotations, "second_rotation": rotations}
    active = {name: getattr(drawn, name) != getattr(nothing, name) for name in Parameters._fields}
    active |= {f"band {i}": active["bands"][:, i] for i in range(4)}
    for name in (*Parameters._fields[:15], "noise", "cutout", *(f"band {i}" for i in range(4))):
        expected = rates.get(name, rate)
        assert scipy.stats.binomtest(int(active[name].sum()), count, expected).pvalue > 1e-6, name
    rotated = active["first_rotation"] | active["second_rotation"]
    assert scipy.stats.binomtest(int(rotated.sum()), count, rate).pvalue > 1e-6
    assert (active["shift_x"] == active["shift_y"]).all()
    assert (active["offset_x"] == active["offset_y"]).all()
    if 0 < rate < 1:
        columns = [active[name] for name in active if name not in ("bands", "cutout_x", "cutout_y")]
        correlations = np.corrcoef(np.array(columns, "float64"))
        allowed = {(2, 3), (8, 9)}  # a gate apiece for both axes
        for i, j in itertools.combinations(range(len(columns)), 2):
            assert (i, j) in allowed or abs(correlations[i, j]) < 6 / math.sqrt(count)


def test_distributions():
    p = draw(20_000, 1)
    uniform, normal = scipy.stats.uniform, scipy.stats.norm
    laws = {
        "shift_x": (p.shift_x, uniform(-0.125, 0.25)),
        "shift_y": (p.shift_y, uniform(-0.125, 0.25)),
        "scale": (np.log2(p.scale), normal(0, 0.2)),
        "first_rotation": (p.first_rotation, uniform(-math.pi, 2 * math.pi)),
        "stretch": (np.log2(p.stretch), normal(0, 0.2)),
        "second_rotation": (p.second_rotation, uniform(-math.pi, 2 * math.pi)),
        "offset_x": (p.offset_x, normal(0, 0.125)),
        "offset_y": (p.offset_y, normal(0, 0.125)),
        "brightness": (p.brightness, normal(0, 0.2)),
        "contrast": (np.log2(p.contrast), normal(0, 0.5)),
        "hue": (p.hue, uniform(-math.pi, 2 * math.pi)),
        "saturation": (np.log2(p.saturation), normal(0, 1)),
        **{f"band {i}": (np.log2(p.bands[:, i]), normal(0, 1)) for i in range(4)},
        "noise": (p.noise, scipy.stats.halfnorm(0, 0.1)),
        "cutout_x": (p.cutout_x, uniform(0, 1)),
        "cutout_y": (p.cutout_y, uniform(0, 1)),
    }
    for name, (values, law) in laws.items():
        assert scipy.stats.kstest(values, law.cdf).pvalue > 1e-6, name
    correlations = np.corrcoef([values for values, _ in laws.values()]) - np.eye(len(laws))
    assert abs(correlations).max() < 6 / math.sqrt(20_000)
    assert (p.cutout == 0.5).all()
    for values, options in ((p.flip, 2), (p.luma_flip, 2), (p.quarter_turns, 4)):
        assert scipy.stats.chisquare(np.bincount(values.astype(int), minlength=options)).pvalue > 1e-6


@pytest.mark.parametrize("pipeline", PIPELINES)
def test_operations_outside_the_pipeline_do_not_happen(pipeline):
    drawn, nothing = draw(50, 1, PIPELINES[pipeline]), draw(50, 0)
    happened = {name for name in Parameters._fields if (getattr(drawn, name) != getattr(nothing, name)).any()}
    assert {name.removesuffix("_x").removesuffix("_y") for name in happened} == set(PIPELINES[pipeline])


def test_images_get_parameters_of_their_own():
    same = np.repeat(random_images(1, 8, 8, 3), 8, axis=0)
    layer = Augment("bgcfnc", seed=0)
    augmented = np.concatenate([ops.convert_to_numpy(layer(same, 0.9)) for _ in range(2)])
    assert len({x.tobytes() for x in augmented}) == 16


@on_tensorflow
def test_replicas_augment_their_rows_of_the_global_batch():
    from tfnss.random.stateless import training_source

    layer, images = Augment("bgcfnc"), random_images(6, 16, 16, 3)

    def augmented(part, replica=0, replicas=1):
        with random.scope(training_source(7, 0, 64, replica, replicas)):
            return layer(part, 0.7).numpy()

    parts = [augmented(images[2 * i : 2 * i + 2], i, 3) for i in range(3)]
    np.testing.assert_allclose(np.concatenate(parts), augmented(images), atol=1e-4)


def test_the_probability_may_be_a_tensor():
    images = random_images(4, 8, 8, 3)
    for probability in (0.4, 3):
        number = Augment("bgc", seed=2)(images, probability)
        tensor = Augment("bgc", seed=2)(images, ops.convert_to_tensor(probability))
        np.testing.assert_array_equal(ops.convert_to_numpy(number), ops.convert_to_numpy(tensor))


@on_tensorflow
@pytest.mark.parametrize("pipeline", ["bg", "color", "filter", "cutout", "bgcfnc"])
def test_compiled_by_xla_it_is_the_same(pipeline):
    import tensorflow as tf

    from tfnss.random.stateless import training_source

    layer, images = Augment(pipeline), random_images(4, 16, 16, 3)

    def augmented(images, probability):
        with random.scope(training_source(7, 0, 64, 0, 1)):
            return layer(images, probability)

    arguments = images, tf.constant(0.8)
    xla = tf.function(augmented, jit_compile=True)(*arguments)
    np.testing.assert_allclose(tf.function(augmented)(*arguments), xla, atol=1e-4)


@on_tensorflow
@pytest.mark.parametrize("jit_compile", [False, True])
@pytest.mark.parametrize("pipeline", ["bgcf", "cutout"])
def test_second_derivatives(pipeline, jit_compile):
    """The gradient of a sum of cubes is quadratic, for which central differences of any step are exact."""
    import tensorflow as tf

    from tfnss.random.stateless import training_source

    layer, images = Augment(pipeline), tf.constant(random_images(2, 12, 10, 3))
    direction = tf.constant(np.random.default_rng(1).normal(size=images.shape).astype("float32"))

    def gradient(x):
        with tf.GradientTape() as tape, random.scope(training_source(7, 0, 64, 0, 1)):
            tape.watch(x)
            cubes = layer(x, 0.9) ** 3
        return tape.gradient(cubes, x)

    def slope(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            product = tf.reduce_sum(gradient(x) * direction)
        return tape.gradient(product, x)

    compiled = tf.function(gradient, jit_compile=jit_compile)
    numeric = (compiled(images + direction) - compiled(images - direction)) / 2
    analytic = tf.function(slope, jit_compile=jit_compile)(images)
    np.testing.assert_allclose(analytic, numeric, rtol=1e-3, atol=1e-3 * np.abs(numeric).max())


@on_tensorflow
def test_any_number_of_images_in_a_graph():
    import tensorflow as tf

    layer = Augment("bgcfnc", seed=0)
    augmented = tf.function(layer, input_signature=[tf.TensorSpec((None, 8, 8, 3)), tf.TensorSpec(())])
    for count in (1, 3):
        assert augmented(random_images(count, 8, 8, 3), 0.5).shape == (count, 8, 8, 3)


# Bad input


def test_rejects_an_unknown_pipeline():
    with pytest.raises(ValueError, match="pipeline='bcg'"):
        Augment("bcg")


@pytest.mark.parametrize("probability", [-0.1, math.nan, math.inf, np.zeros(2, "float32")])
def test_rejects_a_bad_probability(probability):
    with pytest.raises(ValueError, match="probability"):
        Augment()(random_images(1, 8, 8, 3), probability)


@pytest.mark.parametrize("shape", [(8, 8, 3), (1, 8, 8, 2), (1, 8, 8, 4), (1, 3, 8, 3)])
def test_rejects_bad_images(shape):
    with pytest.raises(ValueError, match="takes images"):
        Augment()(np.zeros(shape, "float32"), 0.5)
