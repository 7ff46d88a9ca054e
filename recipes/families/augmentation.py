"""The settings of augmentation (StyleGAN2-ADA, DiffAugment), for every family."""

from collections.abc import Callable, Mapping
from typing import Any

import tfnss
from tfnss.running import sections
from tfnss.running.option import Option, in_section


def augmentation_options(in_name: bool = False, later: bool = True) -> tuple[Option, ...]:
    """Which augmentation, and its numbers.

    Args:
        in_name: As for `Option`, of the first one.
        later: Whether the family got augmentation after version 0.1.0.
    """
    return in_section(
        sections.AUGMENTATION,
        Option(
            "augment",
            str,
            "augmentation of what the discriminator is shown: none, adaptive (ada), DiffAugment (diffaugment), or with a "
            "fixed probability",
            "none",
            choices=("none", "ada", "diffaugment", "fixed"),
            shortcuts={
                "--ada": ("ada", "the same as --augment ada"),
                "--diffaugment": ("diffaugment", "the same as --augment diffaugment"),
            },
            in_name=in_name,
            changeable=True,
            later=later,
        ),
        Option(
            "pipeline",
            str,
            "operations of the augmentation: blit, geom, color, filter, noise, cutout, sums of these from the first on (bg, "
            "bgc, bgcf, bgcfn, bgcfnc), R3GAN's (r3gan), or DiffAugment's (diffaugment, or one or two of them: "
            "diffaugment-color-cutout)",
            worked_out="bgc, or those of diffaugment",
            metavar="NAME",
            changeable=True,
            later=later,
        ),
        Option(
            "augment_probability",
            float,
            "probability of each operation, for --augment fixed",
            0.2,
            metavar="P",
            changeable=True,
            later=later,
        ),
        Option(
            "ada_target",
            float,
            "aim of E sign(D(real)), for --augment ada",
            0.6,
            metavar="SIGN",
            changeable=True,
            later=True,
        ),
        Option(
            "ada_kimg",
            float,
            "thousands of images in which ADA's probability can rise by 1",
            500.0,
            fine_tuned=100.0,
            metavar="KIMG",
            changeable=True,
            later=True,
        ),
        Option("ada_start", float, "ADA's probability at the start", 0.0, metavar="P", later=True),
        Option(
            "ada_limit",
            float,
            "the most that ADA's probability can be",
            1.0,
            metavar="P",
            changeable=True,
            later=True,
        ),
    )


def pipeline_of(settings: Mapping[str, Any]) -> str:
    """The operations of settings that name none."""
    return "diffaugment" if settings["augment"] == "diffaugment" else "bgc"


def augmentation_of(
    settings: Mapping[str, Any], probability_of: Callable[[float], Any] = float
) -> "tfnss.Augmentation | None":
    """The augmentation of resolved settings; None for none.

    Args:
        settings: The settings.
        probability_of: What a fixed probability becomes, such as a ramp to it.

    Raises:
        ValueError: For settings outside their ranges, whether they are used or not: they are mistakes.
    """
    pipeline, kind = settings["pipeline"], settings["augment"]
    adaptive = tfnss.AdaptiveAugmentation(
        pipeline,
        settings["ada_target"],
        settings["ada_kimg"],
        start=settings["ada_start"],
        limit=settings["ada_limit"],
    )
    fixed = tfnss.Augmentation(pipeline, probability_of(settings["augment_probability"]))
    if kind == "diffaugment":
        if not pipeline.startswith("diffaugment"):
            raise ValueError(
                f"--pipeline {pipeline} is not DiffAugment's: leave it out, or take --augment fixed or ada"
            )
        return tfnss.Augmentation(pipeline, 1.0)
    return {"ada": adaptive, "fixed": fixed}.get(kind)
