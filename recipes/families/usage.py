"""The setting of how often the usage of resolutions is recorded, for families whose images grow through resolutions."""

from tfnss.running import sections
from tfnss.running.option import Option


def usage_option() -> Option:
    """The option `usage_every`, which training obeys in every family that has it."""
    return Option(
        "usage_every",
        float,
        "thousands of images between measurements of how much each resolution contributes (StyleGAN2, figure 8), for "
        "history.csv and usage.png; 0 for none",
        0.0,
        metavar="KIMG",
        incidental=True,
        changeable=True,
        later=True,
        section=sections.MEASURING,
    )
