"""The settings of what the discriminator is shown (NSS-GAN): a scale-space, its annealing, and to how many images."""

from collections.abc import Callable, Mapping
from typing import Any

import tfnss
from tfnss.running import sections
from tfnss.running.option import Option, in_section

_SPACES: dict[str, Callable[[Mapping[str, Any]], Any]] = {
    "ss": lambda settings: tfnss.ScaleSpace(settings["kernel_stddev"]),
    "ns": lambda settings: tfnss.NoiseSpace(settings["stddev"]),
    "nss": lambda settings: tfnss.NoisyScaleSpace(settings["stddev"], settings["kernel_stddev"]),
}
VIEWS = ("plain", *_SPACES)
_ANNEALINGS: dict[str, Callable[[Mapping[str, Any]], Any]] = {
    "exponential": lambda s: tfnss.ExponentialAnnealing(s["initial_time"], s["annealing_power"]),
    "step": lambda s: tfnss.StepAnnealing(s["initial_time"], s["annealing_end"]),
    "wave": lambda s: tfnss.DecayingWaveAnnealing(s["initial_time"], s["annealing_power"], s["annealing_waves"]),
    "constant": lambda s: tfnss.ConstantAnnealing(s["initial_time"]),
}


def view_option(default: str | None = "plain", worked_out: str = "", **kwargs: Any) -> Option:
    """Which space it is.

    Args:
        default: Its name; None where the recipe works it out,
        worked_out: and what it does that from.
        **kwargs: As for `Option`.
    """
    return Option(
        "view",
        str,
        "what the discriminator is shown: images as they are (plain), in the scale-space (ss), the noise-space (ns) or the "
        "noisy scale-space (nss)",
        default,
        worked_out=worked_out,
        choices=VIEWS,
        section=sections.SHOWN,
        **kwargs,
    )


NSS_SHORTCUT = {"--nss": ("nss", "the same as --view nss")}


def space_options(initial_time: float, stddev: float | None, later: bool = False) -> tuple[Option, ...]:
    """How the space looks and is annealed.

    Args:
        initial_time: Default of the time,
        stddev: and of the noise; None where the recipe works it out.
        later: Whether the family got views after version 0.1.0.
    """
    return in_section(
        sections.SHOWN,
        Option(
            "initial_time",
            float,
            "time of the scale-space at the start of annealing",
            initial_time,
            metavar="T",
            changeable=True,
            later=later,
        ),
        Option(
            "stddev",
            float,
            "standard deviation of the noise of one pass, for images in [-1, 1]",
            stddev,
            worked_out="the recipe's",
            changeable=True,
            later=later,
        ),
        Option(
            "kernel_stddev",
            float,
            "width of the 3x3 smoothing kernel in pixels",
            0.5,
            metavar="STDDEV",
            changeable=True,
            later=later,
        ),
        Option(
            "annealing",
            str,
            "how the time falls over the run: exponential decay; one step to 0; a decaying wave; or constant",
            "exponential",
            choices=tuple(_ANNEALINGS),
            changeable=True,
            later=True,
        ),
        Option(
            "annealing_power",
            float,
            "rate of the exponential decay and of the wave's: the time is that of the start times exp(-power progress)",
            20.0,
            metavar="POWER",
            changeable=True,
            later=True,
        ),
        Option(
            "annealing_end",
            float,
            "share of the run after which --annealing step drops the time to 0",
            0.5,
            metavar="SHARE",
            changeable=True,
            later=True,
        ),
        Option(
            "annealing_waves",
            float,
            "waves in the run, for --annealing wave",
            10.0,
            metavar="N",
            changeable=True,
            later=True,
        ),
        Option(
            "half_batch",
            str,
            "whether only every other image is shown in the space, as in the paper, or all are (off)",
            "on",
            choices=("on", "off"),
            changeable=True,
            later=True,
        ),
    )


def view_of(settings: Mapping[str, Any]) -> "tfnss.View | None":
    """What the discriminator is shown under resolved settings; None for images as they are.

    Raises:
        ValueError: For settings outside their ranges, whether they are used or not: they are mistakes.
    """
    spaces = {name: space(settings) for name, space in _SPACES.items()}
    annealings = {name: annealing(settings) for name, annealing in _ANNEALINGS.items()}
    space = spaces.get(settings["view"])
    if space is None:
        return None
    return tfnss.View(space, annealings[settings["annealing"]], half_batch=settings["half_batch"] == "on")
