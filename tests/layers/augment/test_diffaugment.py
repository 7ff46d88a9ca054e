"""DiffAugment against the authors' procedure, written out pixel by pixel."""

import numpy as np
import pytest
from keras import ops

from tests.layers.augment.given import random_images
from tfnss import random
from tfnss.layers.augment import Augment, diffaugment

PIPELINES = diffaugment.PIPELINES


class Table:
    """A source that gives one table of uniform numbers, and nothing else."""

    def __init__(self, rows, seed=0):
        self.table = np.random.default_rng(seed).uniform(size=(rows, diffaugment.UNIFORMS)).astype("float32")

    def stream(self):
        return self

    def uniform(self, shape):
        assert tuple(shape) == self.table.shape
        return ops.convert_to_tensor(self.table)


def augmented(pipeline, images, source, probability=1.0):
    with random.scope(source):
        return ops.convert_to_numpy(Augment(pipeline)(images, probability))


def reference(image, row, policies, probability):
    height, width, _ = image.shape
    color, translation, cutout, brightness, saturation, contrast, down, right, centre_y, centre_x = map(float, row)
    x = image.astype("float64")
    if "color" in policies and color < probability:
        alpha, x = x[..., 3:], x[..., :3] + (brightness - 0.5)
        grey = x.mean(axis=2, keepdims=True)
        x = (x - grey) * (2 * saturation) + grey
        x = (x - x.mean()) * (0.5 + contrast) + x.mean()
        x = np.concatenate([x, alpha], axis=2)
    if "translation" in policies and translation < probability:
        most_y, most_x = int(height / 8 + 0.5), int(width / 8 + 0.5)
        dy = np.arange(-most_y, most_y + 1)[int(down * (2 * most_y + 1))]
        dx = np.arange(-most_x, most_x + 1)[int(right * (2 * most_x + 1))]
        moved = np.zeros_like(x)
        for i, j in np.ndindex(height, width):
            if 0 <= i - dy < height and 0 <= j - dx < width:
                moved[i, j] = x[i - dy, j - dx]
        x = moved
    if "cutout" in policies and cutout < probability:
        side_y, side_x = int(height / 2 + 0.5), int(width / 2 + 0.5)
        top = int(centre_y * (height + 1 - side_y % 2)) - side_y // 2
        left = int(centre_x * (width + 1 - side_x % 2)) - side_x // 2
        x[max(top, 0) : top + side_y, max(left, 0) : left + side_x] = 0
    return x


@pytest.mark.parametrize("pipeline", PIPELINES)
@pytest.mark.parametrize(("shape", "probability"), [((8, 12, 3), 0.6), ((9, 6, 1), 1.0), ((8, 8, 4), 0.6)])
def test_equals_the_authors_procedure(pipeline, shape, probability):
    images, source = random_images(16, *shape), Table(16)
    expected = [
        reference(image, row, PIPELINES[pipeline], probability) for image, row in zip(images, source.table, strict=True)
    ]
    np.testing.assert_allclose(augmented(pipeline, images, source, probability), expected, atol=1e-6)


def test_every_choice_of_policies_has_a_name():
    assert PIPELINES["diffaugment"] == ("color", "translation", "cutout")
    assert PIPELINES["diffaugment-color-cutout"] == ("color", "cutout")
    assert PIPELINES["diffaugment-translation"] == ("translation",)
    assert len(PIPELINES) == len(set(PIPELINES.values())) == 7
    with pytest.raises(ValueError, match="diffaugment-color"):
        Augment("diffaugment-colour")


def test_colours_have_the_papers_ranges():
    images = np.zeros((2000, 4, 4, 3), "float32")
    images[..., :2, 0] = 1
    found = augmented("diffaugment-color", images, Table(2000))
    means = found.mean(axis=(1, 2, 3)) - images.mean(axis=(1, 2, 3))
    assert -0.5 <= means.min() < -0.49 < 0.49 < means.max() <= 0.5  # saturation and contrast keep the mean
    chroma = np.ptp(found[:, 0, 0], axis=1)  # saturation times contrast
    assert 0 <= chroma.min() < 0.01 < 2.9 < chroma.max() <= 3
    assert chroma.mean() == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize("size", [8, 12, 33])
def test_all_translations_are_as_likely(size):
    most = int(size / 8 + 0.5)
    images = np.zeros((1000, size, size, 1), "float32")
    images[:, size // 2, size // 2] = 1
    found = augmented("diffaugment-translation", images, Table(1000))
    places = np.argwhere(found[..., 0] == 1)[:, 1:] - size // 2
    assert len(places) == 1000
    for axis in range(2):
        values, counts = np.unique(places[:, axis], return_counts=True)
        np.testing.assert_array_equal(values, np.arange(-most, most + 1))
        np.testing.assert_allclose(counts * len(values) / 1000, 1, atol=0.35)


def test_translations_bring_in_zeros():
    found = augmented("diffaugment-translation", np.ones((64, 8, 8, 1), "float32"), Table(64))
    missing = (found == 0).sum(axis=(1, 2, 3))
    assert set(missing) == {0, 8, 15}  # by one pixel along neither, one or both of the axes
    assert set(np.unique(found)) == {0, 1}


@pytest.mark.parametrize("size", [8, 9])
def test_cutouts_are_half_the_side_and_reach_over_the_border(size):
    found = augmented("diffaugment-cutout", np.ones((2000, size, size, 3), "float32"), Table(2000))
    areas = (found[..., 0] == 0).sum(axis=(1, 2))
    side = int(size / 2 + 0.5)
    assert areas.max() == side**2
    assert areas.min() == (side // 2 + side % 2) ** 2  # about a corner
    whole = (size - side + 1) / (size + 1 - side % 2)  # share of the centres, along an axis, that have room
    assert (areas == side**2).mean() == pytest.approx(whole**2, abs=0.04)


@pytest.mark.parametrize("probability", [0.25, 1.0, 7.0])
def test_each_policy_happens_with_the_probability(probability):
    images = random_images(1, 8, 8, 3).repeat(4000, axis=0)
    for pipeline in ("diffaugment-color", "diffaugment-cutout"):
        found = augmented(pipeline, images, Table(4000), probability)
        changed = (found != images).any(axis=(1, 2, 3)).mean()
        assert changed == pytest.approx(min(probability, 1), abs=0.03)


def test_the_largest_number_below_1_stays_in_range():
    source, images = Table(1), np.ones((1, 128, 128, 1), "float32")
    source.table[:] = np.nextafter(np.float32(1), np.float32(0))
    found = augmented("diffaugment-translation", images, source)[0, ..., 0]
    assert (found.sum(axis=0) > 0).sum() == (found.sum(axis=1) > 0).sum() == 128 - 16
    found = augmented("diffaugment-cutout", images, source)[0, ..., 0]
    assert (found == 0).sum() == 32**2
