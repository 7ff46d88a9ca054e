import numpy as np
import pytest
from keras import ops

from tfnss.layers.spectrum import azimuthal_average, grey, power_spectrum


@pytest.mark.parametrize(("height", "width"), [(8, 8), (9, 9), (16, 12), (7, 10)])
def test_power_spectrum_is_numpys(height, width):
    images = np.random.default_rng(0).uniform(-1, 1, (3, height, width, 3)).astype("float32")
    found = ops.convert_to_numpy(power_spectrum(images))
    luma = images.astype(float) @ [0.2989, 0.5870, 0.1140]
    expected = np.abs(np.fft.fft2(luma)) ** 2 / (height * width) ** 2
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-8)
    np.testing.assert_allclose(found.sum(axis=(1, 2)), (luma**2).mean(axis=(1, 2)), rtol=1e-4)


def test_one_channel_is_itself():
    images = np.random.default_rng(0).uniform(-1, 1, (2, 4, 4, 1)).astype("float32")
    np.testing.assert_array_equal(ops.convert_to_numpy(grey(images)), images[..., 0])


@pytest.mark.parametrize(("height", "width"), [(8, 8), (9, 9), (32, 32), (16, 12), (8, 64)])
def test_azimuthal_average_is_its_definition(height, width):
    spectra = np.random.default_rng(0).uniform(0, 1, (2, height, width)).astype("float32")
    found = ops.convert_to_numpy(azimuthal_average(spectra))
    side = min(height, width)
    sums = {}
    for i in range(height):
        for j in range(width):
            rows, columns = min(i, height - i) * side / height, min(j, width - j) * side / width
            sums.setdefault(int(np.floor(np.sqrt(rows**2 + columns**2))), []).append(spectra[:, i, j])
    assert sorted(sums) == list(range(found.shape[1]))
    for radius, values in sums.items():
        np.testing.assert_allclose(found[:, radius], np.mean(values, axis=0), rtol=1e-5)


@pytest.mark.parametrize(("side", "radii"), [(16, 12), (32, 23), (64, 46), (128, 91)])
def test_number_of_radii(side, radii):
    assert azimuthal_average(np.zeros((1, side, side), "float32")).shape[1] == radii
