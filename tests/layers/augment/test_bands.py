import numpy as np
import pytest
from keras import ops

from tests.layers.augment import reference
from tests.layers.augment.given import random_images
from tfnss.layers.augment import bands


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
    pairs = zip(images.astype("float64"), factors.astype("float64"), strict=True)
    expected = [reference.amplify(image, factor) for image, factor in pairs]
    np.testing.assert_allclose(ops.convert_to_numpy(found), expected, atol=1e-4)
