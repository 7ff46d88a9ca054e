"""Feature maps of a generator: for viewing, their droplets, and their frequencies (StyleGAN2, figures 1, 3, 15 and 16)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf
from rich.progress import track

from tfnss import random
from tfnss.layers.spectrum import radii
from tfnss.metrics.image_sets import Sampler
from tfnss.random.given import PartialNoise
from tfnss.random.stateless import noise_source, sampling_latents

CELLS = 16  # along each side of a map, which places are told apart by
_Droplets = tuple[np.ndarray, np.ndarray]
_Spectrum = tuple[np.ndarray, float, float]
_MAPS = 8  # whose spectra are taken at a time
_FLAT = 1e-6  # deviation of a map that is rounding alone, as a share of its largest value


@dataclass(frozen=True)
class FeatureStatistics:
    """Of the feature maps of a layer, over images.

    Attributes:
        peaks: float64 `[images]`: the mean over channels of the largest magnitude of a map, less its mean, over its standard
            deviation. White noise has about 3.8 on 64x64 pixels, 5.0 on 1024x1024.
        sharing: float64 `[images]`: the share of the channels whose largest magnitude lies in the same of 16x16 cells as
            that of most others. A droplet is at the same place in all channels.
        profile: float64 `[radii]`: mean power at each radius of the spectrum from 1 cycle per side to Nyquist's frequency,
            as a share of a map's power; a mean over channels and images. Flat for white noise.
        centroid: Mean frequency, over Nyquist's, weighted by the power: 0.765 for white noise, whose corners lie beyond 1.
        high: Share of the power above half of Nyquist's frequency: 0.804 for white noise.
    """

    peaks: np.ndarray
    sharing: np.ndarray
    profile: np.ndarray
    centroid: float
    high: float

    @property
    def droplets(self) -> float:
        """The share of the images where at least half of the channels have their largest magnitude in one cell."""
        return float(np.mean(self.sharing >= 0.5))


def feature_statistics(
    generator: Any, count: int = 64, noise: bool = False, seed: int = 0, batch_size: int = 4, progress: bool = False
) -> dict[int, FeatureStatistics]:
    """Statistics of a generator's feature maps at each resolution from 8 on, after its last convolution there.

    Args:
        generator: A `tfnss.GAN` (its average is used), or a generator whose `synthesis` has a method `features`: the outputs
            of its convolutions, by name, of styles `[batch, slots, style_dim]`.
        count: Number of images. Styles are not truncated.
        noise: Whether noise is on. It is white, and dominates the high frequencies.
        seed: Seed of the latents and the noise, in [0, 2**31).
        batch_size: Images at a time, rounded up to an even number.
        progress: Whether to show a progress line.

    Returns:
        The statistics by the height of the maps.

    Raises:
        ValueError: For another generator, numbers outside these, and features that are not finite.

    Reference: Karras et al., Analyzing and Improving the Image Quality of StyleGAN, CVPR 2020. It shows the maps; the
    numbers are ours.
    """
    kept: dict[int, list[tuple[int, _Droplets, _Spectrum]]] = {}
    for maps in _batches(generator, count, noise, seed, batch_size, progress):
        for size in [size for size in maps if size >= 8]:
            features = maps.pop(size)
            kept.setdefault(size, []).append((len(features), droplet_scores(features), spectral_content(features)))
            del features  # before the next batch is made
        del maps
    return {size: _joined(parts) for size, parts in kept.items()}


def _joined(parts: Sequence[tuple[int, _Droplets, _Spectrum]]) -> FeatureStatistics:
    """The statistics of all batches together."""
    shares = np.array([count for count, _, _ in parts]) / sum(count for count, _, _ in parts)
    return FeatureStatistics(
        np.concatenate([peaks for _, (peaks, _), _ in parts]),
        np.concatenate([sharing for _, (_, sharing), _ in parts]),
        sum(share * profile for share, (_, _, (profile, _, _)) in zip(shares, parts, strict=True)),
        float(sum(share * centroid for share, (_, _, (_, centroid, _)) in zip(shares, parts, strict=True))),
        float(sum(share * high for share, (_, _, (_, _, high)) in zip(shares, parts, strict=True))),
    )


def feature_maps(generator: Any, count: int = 1, noise: bool = True, seed: int = 0) -> dict[int, np.ndarray]:
    """The normalised feature maps of a generator's first images, float32 `[count, height, width, channels]`, by height.

    Args:
        generator: As in `feature_statistics`.
        count: Number of images.
        noise: Whether noise is on.
        seed: Seed of the latents and the noise.

    Raises:
        ValueError: As `feature_statistics`.
    """
    parts = list(_batches(generator, count, noise, seed, 2, False))
    return {size: np.concatenate([normalized_maps(maps[size]) for maps in parts]) for size in parts[0]}


def normalized_maps(features: Any) -> np.ndarray:
    """Features `[batch, height, width, channels]`, each map of mean 0 and variance 1; 0 where it is constant."""
    features = np.asarray(features, np.float32)
    largest = np.maximum(features.max(axis=(1, 2), keepdims=True), -features.min(axis=(1, 2), keepdims=True))
    maps = features - features.mean(axis=(1, 2), keepdims=True)
    deviations = np.stack([each.std(axis=(0, 1), keepdims=True) for each in maps])
    varies = deviations > _FLAT * largest
    maps *= np.where(varies, 1 / np.where(varies, deviations, 1), 0)
    return maps


def droplet_scores(features: Any) -> tuple[np.ndarray, np.ndarray]:
    """`peaks` and `sharing` of `FeatureStatistics`, `[batch]` each, of features `[batch, height, width, channels]`.

    Constant maps do not count; where all are constant, both are 0.
    """
    peaks, sharing = np.zeros(len(features)), np.zeros(len(features))
    for index in range(len(features)):  # one at a time: large maps are large
        (maps,) = normalized_maps(features[index : index + 1])
        np.abs(maps, out=maps)
        height, width, channels = maps.shape
        flat = maps.reshape(-1, channels)
        largest, places = flat.max(axis=0), flat.argmax(axis=0)
        rows, columns = places // width, places % width
        cells = rows * min(CELLS, height) // height * CELLS + columns * min(CELLS, width) // width
        varies = largest > 0
        if varies.any():
            peaks[index] = largest[varies].mean(dtype=np.float64)
            sharing[index] = np.bincount(cells[varies]).max() / varies.sum()
    return peaks, sharing


def spectral_content(features: Any) -> tuple[np.ndarray, float, float]:
    """`profile`, `centroid` and `high` of `FeatureStatistics`, of features `[batch, height, width, channels]`.

    Each map less its mean is seen through a Hann window; its power adds up to 1, without the zero frequency. Constant maps
    do not count; where all are constant, the results are 0.
    """
    _, height, width, channels = features.shape
    rings = radii(height, width)
    last = min(height, width) // 2
    window = np.outer(*(np.hanning(size + 1)[:-1] for size in (height, width)))
    power, count = np.zeros((height, width)), 0
    for index in range(len(features)):  # one at a time, and a few maps: the spectra of large maps are large
        (maps,) = normalized_maps(features[index : index + 1])
        for first in range(0, channels, _MAPS):
            part = maps[..., first : first + _MAPS] * window[..., None]
            spectra = np.square(np.abs(np.fft.fft2(part, axes=(0, 1))))
            spectra[0, 0] = 0
            totals = spectra.sum(axis=(0, 1))
            varies = totals > 0
            power += (spectra[..., varies] / totals[varies]).sum(axis=-1)
            count += int(varies.sum())
    if not count:
        return np.zeros(last), 0.0, 0.0
    power /= count
    frequencies = np.hypot(*np.meshgrid(2 * np.fft.fftfreq(height), 2 * np.fft.fftfreq(width), indexing="ij"))
    sums = np.bincount(rings.reshape(-1), power.reshape(-1))
    profile = (sums / np.bincount(rings.reshape(-1)))[1 : last + 1]
    return profile, float((power * frequencies).sum()), float(power[frequencies > 0.5].sum())


def _batches(
    generator: Any, count: int, noise: bool, seed: int, batch_size: int, progress: bool
) -> Iterator[dict[int, np.ndarray]]:
    """The features after the last convolution of each resolution, by height, batch by batch."""
    if count < 1 or batch_size < 1:
        raise ValueError(
            f"`count` and `batch_size` must be at least 1. Received: count={count}, batch_size={batch_size}"
        )
    if not 0 <= seed < 2**31:
        raise ValueError(f"`seed` must lie in [0, 2**31). Received: seed={seed}")
    network = getattr(generator, "generator_ema", generator)
    if not hasattr(getattr(network, "synthesis", None), "features"):
        raise ValueError("feature maps need a StyleGAN2 generator, whose synthesis network gives its features")
    styles = Sampler(network, seed=seed, part="styles")

    def features(points: Any, clock: Any) -> dict[int, Any]:
        source = noise_source(seed, clock)
        with random.scope(source if noise else PartialNoise(source, ())):
            outputs = network.synthesis.features(points)
        return {each.shape[1]: tf.cast(each, tf.float32) for each in outputs.values()}

    call = tf.function(features, autograph=False)
    batch_size += batch_size % 2  # where the latents of a batch may begin
    for start in track(range(0, count, batch_size), "feature maps", disable=not progress):
        latents = sampling_latents(min(batch_size, count - start), styles.latent_dim, seed, start)
        found = call(tf.constant(styles(latents, start)), tf.constant(start, tf.int64))
        maps = {size: found.pop(size).numpy() for size in sorted(found)}
        if not all(np.isfinite(each).all() for each in maps.values()):
            raise ValueError("the generator's features hold NaN or infinity: it has diverged")
        yield maps
        del maps  # before the next ones are made
