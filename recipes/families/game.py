"""The settings of the game itself, for every family: its loss, its penalties, its steps, and the generator's average."""

from collections.abc import Callable, Mapping
from typing import Any

import tfnss
from tfnss.console import check_range
from tfnss.running import sections
from tfnss.running.option import Option, in_section

_LOSSES = ("non_saturating", "minimax", "least_squares", "wasserstein", "hinge", "relativistic")


def game_options(
    loss: str | None = None,
    gamma: float | None = 0.0,
    r1_interval: int | None = 1,
    later_gamma: bool = True,
    r2: float | None = 0.0,
) -> tuple[Option, ...]:
    """Loss, penalties and steps, with these defaults; None for those that the recipe works out."""
    return in_section(
        sections.GAME,
        Option(
            "loss",
            str,
            "loss of the two players",
            loss,
            worked_out="the method's",
            choices=_LOSSES,
            later=True,
        ),
        Option(
            "gamma",
            float,
            "weight of R1, the penalty of the discriminator's gradients at real images; 0 for none",
            gamma,
            worked_out="the recipe's",
            metavar="GAMMA",
            changeable=True,
            later=later_gamma,
        ),
        Option(
            "r1_interval",
            int,
            "iterations from one penalty of the discriminator's gradients to the next",
            r1_interval,
            worked_out="the config's",
            metavar="N",
            later=True,
            before=r1_interval or 16,  # those of configs did not have their own
        ),
        Option(
            "r2",
            float,
            "weight of R2, the penalty of the discriminator's gradients at fakes (R3GAN); 0 for none",
            r2,
            worked_out="that of --gamma",
            metavar="GAMMA",
            later=True,
        ),
        Option(
            "lecam",
            float,
            "weight of LeCam's penalty of the discriminator's logits, for few images; 0 for none",
            0.0,
            metavar="WEIGHT",
            later=True,
        ),
    )


def steps_option(default: int | None, worked_out: str = "", later: bool = True) -> Option:
    """Discriminator steps, as `Option` has them."""
    return Option(
        "discriminator_steps",
        int,
        "discriminator steps per generator step",
        default,
        worked_out=worked_out,
        metavar="N",
        later=later,
        section=sections.GAME,
    )


def accumulation_option() -> Option:
    """Parts of the batch, for networks without batch normalisation, as `Option` has them."""
    return Option(
        "accumulation_steps",
        int,
        "parts of a device's share of the batch, one after the other",
        1,
        metavar="N",
        incidental=True,
        changeable=True,
        section=sections.MACHINE,
    )


def rate_option(default: float | None = None, worked_out: str = "", when: str = "") -> Option:
    """The learning rate, as `Option` has it.

    Args:
        default: Its value; None where the recipe works it out,
        worked_out: and what it does that from.
        when: What `--help` adds where the rate moves, such as " at the start".
    """
    return Option(
        "learning_rate",
        float,
        f"learning rate of Adam{when}",
        default,
        worked_out=worked_out,
        metavar="RATE",
        changeable=True,
        section=sections.GAME,
    )


def statistics_option() -> Option:
    """The images of batch normalisation, for networks that have it."""
    return Option(
        "batch_statistics",
        str,
        "images that batch normalisation takes its statistics over, on several devices: the global batch, which gives the "
        "weights of one device; or each device's share (replica), which XLA can compile",
        "global",
        choices=("global", "replica"),
        changeable=True,
        later=True,
        section=sections.GAME,
    )


def average_option(default: float | None, worked_out: str = "", later: bool = False) -> Option:
    """The generator's average, as `Option` has it."""
    return Option(
        "ema_kimg",
        float,
        "half-life of the generator's average in thousands of images; 0 for none: its weights as they are",
        default,
        worked_out=worked_out,
        metavar="KIMG",
        changeable=True,
        later=later,
        section=sections.GAME,
    )


def penalties_of(settings: Mapping[str, Any], weight_of: Callable[[float], Any] = float) -> list[Any]:
    """R1, R2 and LeCam's penalty, those of resolved settings that are not 0.

    Args:
        settings: The settings.
        weight_of: What the weights of R1 and R2 become, such as a ramp from them.

    Raises:
        ValueError: For settings outside their ranges.
    """
    check_range(settings, "r1_interval", 1)
    check_range(settings, "discriminator_steps", 1)
    check_range(settings, "ema_kimg", 0)
    made = {
        "gamma": tfnss.R1(weight_of(settings["gamma"]), settings["r1_interval"]),
        "r2": tfnss.R2(weight_of(settings["r2"]), settings["r1_interval"]),
        "lecam": tfnss.LeCam(settings["lecam"]),
    }
    return [penalty for name, penalty in made.items() if settings[name]]
