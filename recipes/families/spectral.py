"""The settings of spectral realness (SSD-GAN), for every recipe that can switch it on."""

from collections.abc import Mapping
from typing import Any

import tfnss
from tfnss.running import sections
from tfnss.running.option import Option, in_section

MIXTURE = in_section(
    sections.SPECTRAL,
    Option(
        "lambda", float, "share of the discriminator beside the spectral classifier, in [0, 1]", 0.5, metavar="SHARE"
    ),
    Option(
        "mixing",
        str,
        "what is mixed: logits, as in SSD-GAN's code, or probabilities, as in its text",
        "logit",
        choices=("logit", "probability"),
    ),
)
SPECTRAL = (
    Option(
        "spectral",
        str,
        "who judges: the discriminator alone (none), or a spectral classifier beside it (ssd)",
        "none",
        choices=("none", "ssd"),
        shortcuts={"--ssd": ("ssd", "the same as --spectral ssd")},
        section=sections.SPECTRAL,
    ),
    *MIXTURE,
)


def spectral_realness(settings: Mapping[str, Any]) -> "tfnss.SpectralRealness":
    """The spectral classifier of resolved settings.

    Raises:
        ValueError: For settings outside their ranges.
    """
    return tfnss.SpectralRealness(settings["lambda"], settings["mixing"], seed=settings["seed"])
