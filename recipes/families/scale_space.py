"""The settings of the noisy scale-space (NSS-GAN), for every family that can show it to the discriminator."""

from collections.abc import Mapping
from typing import Any

import tfnss
from tfnss.running.option import Option


def scale_space_options(initial_time: float, stddev: float | None) -> tuple[Option, ...]:
    """Its settings with these defaults; None for a `stddev` that the recipe works out."""
    return (
        Option(
            "initial_time",
            float,
            "time of the scale-space at the start of annealing",
            initial_time,
            metavar="T",
            changeable=True,
        ),
        Option(
            "stddev",
            float,
            "standard deviation of the noise of one pass, for images in [-1, 1]",
            stddev,
            worked_out="the recipe's",
            changeable=True,
        ),
        Option(
            "kernel_stddev",
            float,
            "width of the 3x3 smoothing kernel in pixels",
            0.5,
            metavar="STDDEV",
            changeable=True,
        ),
    )


def noisy_scale_space(settings: Mapping[str, Any]) -> "tfnss.NoisyScaleSpace":
    """The space of resolved settings.

    Raises:
        ValueError: For settings outside their ranges.
    """
    return tfnss.NoisyScaleSpace(settings["stddev"], settings["kernel_stddev"])


def annealing(settings: Mapping[str, Any]) -> "tfnss.ExponentialAnnealing":
    """Its time over training, likewise."""
    return tfnss.ExponentialAnnealing(settings["initial_time"])
