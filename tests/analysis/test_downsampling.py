import numpy as np
import pytest
from skimage import data

from tfnss.analysis import aliased_share, blurred_and_pooled, boosted, pooled, relative_difference, sharpened


@pytest.fixture(scope="module")
def astronaut():
    return data.astronaut() @ np.array([0.2989, 0.5870, 0.1140]) / 127.5 - 1


def test_measured_before_on_the_same_photograph(astronaut):
    """Figures that a program of its own gave for this image: sharpened, then boosted by 4."""
    changed = sharpened(astronaut)
    assert relative_difference(changed, astronaut) == pytest.approx(0.390, abs=0.002)
    assert relative_difference(pooled(changed), pooled(astronaut)) == pytest.approx(0.209, abs=0.002)
    assert relative_difference(*(blurred_and_pooled(x, 2) for x in (changed, astronaut))) == pytest.approx(
        0.041, abs=0.002
    )
    changed = boosted(astronaut)
    assert relative_difference(pooled(changed), pooled(astronaut)) == pytest.approx(0.157, abs=0.002)
    assert relative_difference(*(blurred_and_pooled(x, 2) for x in (changed, astronaut))) == pytest.approx(
        0.040, abs=0.002
    )


def test_a_wave_above_the_new_nyquist_frequency_is_aliased_by_cos_pi_f():
    """Pooling multiplies a wave of frequency f along one axis by cos(pi f); nothing below that frequency is there."""
    frequency = 28 / 64
    wave = np.cos(2 * np.pi * frequency * np.arange(64))
    image = np.broadcast_to(wave, (64, 64))
    assert np.std(pooled(image)) == pytest.approx(np.cos(np.pi * frequency) * np.std(image))
    assert aliased_share(image) == pytest.approx(1)
    low = np.broadcast_to(np.cos(2 * np.pi * 4 / 64 * np.arange(64)), (64, 64))
    assert aliased_share(low) == pytest.approx(0, abs=1e-12)
    np.testing.assert_allclose(boosted(image, 3), 3 * image, atol=1e-12)
    np.testing.assert_allclose(boosted(low, 3), low, atol=1e-12)


def test_blur_aliases_less(astronaut):
    assert aliased_share(astronaut, blurred_and_pooled) < aliased_share(astronaut, pooled) / 2


def test_images_that_cannot_be_compared():
    with pytest.raises(ValueError, match="even sides"):
        pooled(np.zeros((5, 4)))
    with pytest.raises(ValueError, match="of one colour"):
        aliased_share(np.ones((4, 4)))
