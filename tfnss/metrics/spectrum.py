"""How far two sets of images are apart in the frequency domain."""

from typing import Any

import numpy as np
from keras import ops

from tfnss.layers.spectrum import azimuthal_average, power_spectrum
from tfnss.metrics.frechet import Moments, distance_of_moments
from tfnss.uint8 import as_uint8, check_whole, from_uint8

_ROUNDING_POWER = (2 / 255) ** 2 / 12  # mean square of the rounding to 8 bits, for images in [-1, 1]


class Spectra:
    """Average power spectrum, and mean and covariance of the azimuthal profiles, of a stream of images."""

    def __init__(self) -> None:
        self.profiles = Moments()
        self._sum: Any = 0.0

    @classmethod
    def from_arrays(cls, spectrum: np.ndarray, profiles: Moments) -> "Spectra":
        """Spectra that were computed before."""
        spectra = cls()
        spectra.profiles, spectra._sum = profiles, spectrum * profiles.count
        return spectra

    def update(self, images: np.ndarray) -> None:
        """Adds images `[batch, height, width, 1, 3 or 4]`, uint8 or floats in [-1, 1], which are rounded to 8 bits.

        Raises:
            ValueError: For images of another size than those before, or other numbers.
        """
        power = power_spectrum(from_uint8(as_uint8(images, "images")))
        if np.ndim(self._sum) and self._sum.shape != power.shape[1:]:
            raise ValueError(
                f"images differ in size: {power.shape[1:]} after {self._sum.shape}; bring them to one size"
            )
        pixels = power.shape[1] * power.shape[2]
        self._sum = self._sum + ops.convert_to_numpy(power).astype(np.float64).sum(axis=0)
        profiles = ops.convert_to_numpy(azimuthal_average(power)).astype(np.float64)[:, 1:]
        self.profiles.update(10 * np.log10(profiles + _ROUNDING_POWER / pixels))

    @property
    def spectrum(self) -> np.ndarray:
        """Average power spectrum `[height, width]`, zero frequency first (see `power_spectrum`)."""
        return self._sum / self.profiles.count


def spectra_of(images: "np.ndarray | Spectra", batch_size: int = 64) -> Spectra:
    """The spectra of images as `Spectra.update` takes them; spectra are given back as they are."""
    if isinstance(images, Spectra):
        return images
    check_whole(images, "images")
    spectra = Spectra()
    for start in range(0, len(images), batch_size):
        spectra.update(images[start : start + batch_size])
    return spectra


def azimuthal_profile(images: np.ndarray | Spectra) -> tuple[np.ndarray, np.ndarray]:
    """Frequencies and mean power at each: the azimuthal average of each image's spectrum, in decibels.

    Args:
        images: `[count, height, width, 1, 3 or 4]`, uint8 or floats in [-1, 1], or `Spectra` of them.

    Returns:
        Frequencies in cycles per pixel (0.5 is Nyquist's; above are the corners), and decibels, `[radii]` each, without the
        zero frequency. Power beneath that of the rounding to 8 bits cannot be told from it and is shown as that.

    Raises:
        ValueError: For other numbers.
    """
    spectra = spectra_of(images)
    power = spectra.profiles.mean
    return np.arange(1, len(power) + 1) / min(spectra.spectrum.shape), power


def spectral_distance(real: np.ndarray | Spectra, fake: np.ndarray | Spectra) -> float:
    """Fréchet distance between the images' azimuthal profiles, per frequency, as a root: decibels.

    Each image is a vector of the power at every radius of its spectrum but zero, in decibels over which the rounding to 8
    bits is the floor; d² = (|μ - μ'|² + tr(Σ + Σ' - 2 (ΣΣ')^½)) / radii. Where every image of one set has c decibels more
    than in the other at every frequency, the distance is c. All frequencies count alike, the faint high ones too, which
    feature networks are blind to.

    Args:
        real: `[count, height, width, 1, 3 or 4]`, uint8 or floats in [-1, 1], or `Spectra` of them; at least 2.
        fake: The same of the fakes.

    Raises:
        ValueError: For fewer than 2 images, sizes that differ, or other numbers.
    """
    real, fake = _same_size(real, fake)
    squared = distance_of_moments(real.profiles, fake.profiles) / len(real.profiles.mean)
    return float(np.sqrt(max(squared, 0.0)))


def spectrum_gap(real: np.ndarray | Spectra, fake: np.ndarray | Spectra) -> tuple[np.ndarray, float]:
    """|E F(real) - E F(fake)|, the absolute difference of average power spectra (SSD-GAN, figure 6).

    Args:
        real: `[count, height, width, 1, 3 or 4]`, uint8 or floats in [-1, 1], or `Spectra` of them.
        fake: The same of the fakes.

    Returns:
        The difference at every frequency `[height, width]`, zero frequency in the centre, in the unit of
        `power_spectrum`; and its sum over all frequencies but zero, as a share of the reals' power there. The share is 0 for
        equal spectra, and 1 for fakes that are flat.

    Raises:
        ValueError: For sizes that differ, or other numbers.
    """
    real, fake = _same_size(real, fake)
    gap = np.abs(real.spectrum - fake.spectrum)
    power = real.spectrum.sum() - real.spectrum[0, 0]
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.nan_to_num((gap.sum() - gap[0, 0]) / power, nan=0.0, posinf=np.inf)
    return np.fft.fftshift(gap), float(share)


def _same_size(real: np.ndarray | Spectra, fake: np.ndarray | Spectra) -> tuple[Spectra, Spectra]:
    real, fake = spectra_of(real), spectra_of(fake)
    if real.spectrum.shape != fake.spectrum.shape:
        raise ValueError(
            f"images differ in size: {real.spectrum.shape} and {fake.spectrum.shape}; bring them to one size"
        )
    return real, fake
