"""The settings of progressive growing, for families whose networks can (StyleGAN, StyleGAN2's configurations A to D)."""

from collections.abc import Mapping
from typing import Any

import tfnss
from tfnss.console import check_range
from tfnss.running import sections
from tfnss.running.option import Option, in_section

_CODES = {"stylegan2": None, "stylegan-1": 1, "stylegan-2": 2, "stylegan-4": 4, "stylegan-8": 8}
BATCH_SIZE = 32  # of the papers, at 64x64 and above on 8 GPUs
LEARNING_RATE = 0.001  # of the papers, below 128x128


def growing_options() -> tuple[Option, ...]:
    """Whether a run grows, and how."""
    return in_section(
        sections.GROWING,
        Option(
            "growing",
            str,
            "whether the run begins with images of 8x8 and doubles their sides on the way: on or off",
            worked_out="on in the configs A to D",
            choices=("on", "off"),
            later=True,
            before="off",
        ),
        Option(
            "stable_kimg",
            float,
            "thousands of images at each resolution before the next one fades in",
            600.0,
            metavar="KIMG",
            later=True,
        ),
        Option(
            "fade_kimg",
            float,
            "thousands of images in which a resolution fades in",
            600.0,
            metavar="KIMG",
            later=True,
        ),
        Option(
            "growing_batches",
            str,
            "whose batch sizes a growing run has: those of StyleGAN2's code on any number of GPUs, or StyleGAN's own on so "
            f"many. With --batch-size each of them is that many {BATCH_SIZE}ths",
            "stylegan2",
            choices=tuple(_CODES),
            later=True,
        ),
    )


def growth_of(settings: Mapping[str, Any]) -> "tfnss.Growth | None":
    """The growth of resolved settings; None for a run that does not grow.

    The papers' batch sizes and learning rates keep their ratios where the settings have others.

    Raises:
        ValueError: For settings outside their ranges, whether they are used or not: they are mistakes.
    """
    from tfnss.training.growth import BATCH_SIZES, LEARNING_RATES, STYLEGAN_BATCH_SIZES

    check_range(settings, "stable_kimg")
    check_range(settings, "fade_kimg")
    gpus = _CODES[settings["growing_batches"]]
    batches = BATCH_SIZES if gpus is None else STYLEGAN_BATCH_SIZES[gpus]
    larger, faster = settings["batch_size"] / BATCH_SIZE, settings["learning_rate"] / LEARNING_RATE
    if settings["growing"] == "off":
        return None
    return tfnss.Growth(
        stable_kimg=settings["stable_kimg"],
        fade_kimg=settings["fade_kimg"],
        batch_sizes={side: max(1, round(larger * count)) for side, count in batches.items()},
        learning_rates={side: faster * rate for side, rate in LEARNING_RATES.items()},
    )
