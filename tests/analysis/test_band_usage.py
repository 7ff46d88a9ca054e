import numpy as np
import pytest

from tfnss.analysis import band_usage


def test_white_noise_has_three_quarters_of_each_average():
    """Averages of four pixels have a quarter of the variance, and the rest is what they leave."""
    noise = np.random.default_rng(0).standard_normal((64, 32, 32, 3))
    deviations = np.sqrt([0.25**3, 0.75 * 0.25**2, 0.75 * 0.25, 0.75])
    found = band_usage([noise[:20], noise[20:]])
    assert list(found) == [4, 8, 16, 32]
    assert list(found.values()) == pytest.approx(deviations / deviations.sum(), rel=0.03)


def test_a_pattern_of_blocks_is_all_of_its_band():
    rows, columns = np.indices((16, 16)) // 2
    board = ((rows + columns) % 2 * 255).astype(np.uint8)[None, ..., None]
    assert band_usage([board]) == pytest.approx({4: 0, 8: 1, 16: 0})


def test_against_a_pyramid_of_images_that_are_not_square():
    """Subtracts image from image, as the definition says; the mean has no share."""
    images = np.random.default_rng(1).uniform(0, 255, (3, 16, 24, 3)).cumsum(axis=2)
    pyramid = [images]
    for size in (2, 4):
        means = images.reshape(3, 16 // size, size, 24 // size, size, 3).mean(axis=(2, 4))
        pyramid.append(np.kron(means, np.ones((1, size, size, 1))))
    bands = [first - second for first, second in zip(pyramid, [*pyramid[1:], 0 * images], strict=True)]
    deviations = np.array([band.std() for band in bands])
    found = band_usage([images[:1], images[1:]])
    assert list(found) == [4, 8, 16]
    assert list(found.values())[::-1] == pytest.approx(deviations / deviations.sum(), rel=1e-6)
    assert band_usage([images + 1e3]) == pytest.approx(found, rel=1e-6)


@pytest.mark.parametrize(
    ("batches", "reason"),
    [
        ([], "no images"),
        ([np.zeros((1, 8, 8, 3))], "all of one colour"),
        ([np.full((1, 8, 8, 3), np.nan)], "has diverged"),
        ([np.zeros((1, 8, 8, 3)), np.zeros((1, 16, 16, 3))], "differ in size"),
    ],
)
def test_images_without_shares(batches, reason):
    with pytest.raises(ValueError, match=reason):
        band_usage(batches)
