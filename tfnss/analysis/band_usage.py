"""How much each octave of frequencies contributes to images, of whatever generator, or real."""

import math
from collections.abc import Iterable

import numpy as np


def band_usage(batches: Iterable[np.ndarray], least: int = 4) -> dict[int, float]:
    """The share of each resolution's band in images: what a Laplacian pyramid of averages takes apart.

    The image of a resolution is made of the averages of blocks of pixels, each as large as its block. A band is the
    difference of the images of two neighbouring resolutions, and that of the lowest resolution the image itself. The
    contribution of a band is its standard deviation over images, pixels and channels; the shares are the contributions
    divided by their sum, as for `resolution_usage`. The bands' variances add up to that of the images.

    Args:
        batches: Images, uint8 or floats `[batch, height, width, channels]`, all of one size.
        least: Lowest resolution (shorter side); sides are halved as long as they are even and not below it.

    Returns:
        The shares by resolution (shorter side), from the lowest on; their sum is 1. White noise has the contributions
        `sqrt(3) / 2, sqrt(3) / 4, ...` of its standard deviation, from the highest resolution on.

    Raises:
        ValueError: For no images, images that differ in size, or hold NaN or infinity, or are all of one colour.
    """
    squares: dict[int, float] = {}
    values, total, size = 0, 0.0, None
    for batch in batches:
        if size not in (None, batch.shape[1:]):
            raise ValueError(f"images differ in size: {batch.shape[1:]} after {size}; bring them to one size")
        size = batch.shape[1:]
        images = np.asarray(batch, np.float64)
        values, total = values + images.size, total + images.sum()
        while True:
            _, height, width, _ = images.shape
            resolution = min(height, width)
            weight = batch.size / images.size  # pixels that an average stands for
            if height % 2 or width % 2 or resolution // 2 < least:
                squares[resolution] = squares.get(resolution, 0.0) + weight * np.square(images).sum()
                break
            averages = images.reshape(-1, height // 2, 2, width // 2, 2, size[2]).mean(axis=(2, 4))
            # Averages are orthogonal to what they leave: the difference's square is the difference of the squares.
            rest = np.square(images - averages.repeat(2, axis=1).repeat(2, axis=2)).sum()
            squares[resolution] = squares.get(resolution, 0.0) + weight * rest
            images = averages
    if not values:
        raise ValueError("there are no images whose bands could be measured")
    lowest = min(squares)
    squares[lowest] -= total**2 / values  # all bands but this one have the mean 0
    if not np.isfinite(list(squares.values())).all():
        raise ValueError("images hold NaN or infinity: the generator has diverged")
    deviations = {resolution: math.sqrt(max(squares[resolution], 0.0) / values) for resolution in sorted(squares)}
    whole = sum(deviations.values())
    if whole == 0:
        raise ValueError("the images are all of one colour, so that no band has a share")
    return {resolution: deviation / whole for resolution, deviation in deviations.items()}
