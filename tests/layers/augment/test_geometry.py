import math

import numpy as np
import pytest
from keras import ops

from tests.layers.augment import reference
from tests.layers.augment.given import draw, given, random_images, rows_of, tensors
from tfnss.layers.augment import geometry


def resampled(images, parameters):
    height, width = images.shape[1:3]
    matrix = geometry.inverse_matrix(tensors(parameters), height, width)
    return ops.convert_to_numpy(geometry.resample(ops.convert_to_tensor(images), matrix))


@pytest.mark.parametrize("shape", [(4, 16, 16, 3), (3, 13, 30, 1), (3, 32, 15, 3), (4, 64, 64, 3)])
@pytest.mark.parametrize("probability", [0, 0.5, 1])
def test_resampling_equals_the_reference(shape, probability):
    """Also where the margins are clamped, and for images that are no squares."""
    parameters = draw(shape[0], probability, seed=1)
    images = random_images(*shape)
    matrices = [reference.inverse_matrix(p, *shape[1:3]) for p in rows_of(parameters)]
    expected, clean = reference.resample(images, matrices)
    np.testing.assert_allclose(resampled(images, parameters)[clean], expected[clean], atol=1e-4)
    assert clean.mean() > 0.6


@pytest.mark.parametrize("scale", [0.2, 0.7, 1.5])
def test_resampling_reflects_up_to_the_greatest_margin(scale):
    """Near the zeros as well, it is what the published procedure gives if all margins are the greatest."""
    images, parameters = random_images(1, 16, 16, 3), given(1, scale=scale, offset_x=0.1)
    matrix = reference.inverse_matrix(rows_of(parameters)[0], 16, 16)

    def warped(image, margin, mode, taps):
        return reference.warp(reference.pad(image, [margin] * 4, mode), matrix, [margin] * 4, (16, 16), taps)

    expected = warped(images[0], 15, "reflect", reference.SYM6)
    wide, near = (warped(np.ones((16, 16, 1)), margin, "edge", abs(reference.SYM6)) for margin in (60, 15))
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
