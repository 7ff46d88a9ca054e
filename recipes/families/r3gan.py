"""R3GAN experiments: a relativistic game with R1 and R2, whose numbers move along cosines over the run."""

from collections.abc import Mapping
from typing import Any

import models
import models.r3gan
import tfnss
import tfnss.training
from recipes.families.augmentation import augmentation_of, augmentation_options, pipeline_of
from recipes.families.classes import classes_option
from recipes.families.game import (
    accumulation_option,
    average_option,
    game_options,
    penalties_of,
    rate_option,
    steps_option,
)
from recipes.families.spectral import SPECTRAL, spectral_realness
from recipes.families.view import NSS_SHORTCUT, space_options, view_of, view_option
from recipes.families.xla import jit_compile, xla_option
from tfnss.console import check_range
from tfnss.resolution import Resolution
from tfnss.running import sections
from tfnss.running.catalogue import PAPERS
from tfnss.running.figure import Rows
from tfnss.running.option import Option
from tfnss.running.recipe import Recipe

_OPTIONS = (
    view_option(shortcuts=NSS_SHORTCUT, in_name=True),
    *augmentation_options(in_name=True, later=False),
    *SPECTRAL,
    classes_option(),
    *game_options(loss="relativistic", gamma=None, later_gamma=False, r2=None),
    steps_option(1, later=False),
    rate_option(2e-4, when=" at the start"),
    Option(
        "beta_2",
        float,
        "decay of Adam's second moment at the start",
        0.9,
        metavar="BETA",
        changeable=True,
        section=sections.GAME,
    ),
    average_option(500.0),
    Option(
        "decay_kimg",
        float,
        "thousands of images in which learning rate, beta_2, gamma and r2 go from start to end along a cosine, and "
        "--ema-kimg and the probability of --augment fixed rise from 0; 0 for constants",
        worked_out="the recipe's, or the length of the run",
        metavar="KIMG",
        changeable=True,
        section=sections.GAME,
    ),
    Option(
        "final_learning_rate",
        float,
        "learning rate at the end",
        5e-5,
        metavar="RATE",
        changeable=True,
        section=sections.GAME,
    ),
    Option(
        "final_beta_2",
        float,
        "decay of Adam's second moment at the end",
        0.99,
        metavar="BETA",
        changeable=True,
        section=sections.GAME,
    ),
    Option(
        "gamma_decay",
        float,
        "share of gamma and r2 that is left at the end",
        0.1,
        metavar="SHARE",
        changeable=True,
        section=sections.GAME,
    ),
    *space_options(initial_time=256.0, stddev=0.15),
    Option("channel_base", int, "channels times resolution", 24576, metavar="CHANNELS", of_networks=True),
    Option("channel_max", int, "most channels around a block", 768, metavar="CHANNELS", of_networks=True),
    Option("blocks", int, "residual blocks at each resolution", 2, metavar="N", of_networks=True),
    Option(
        "group_width",
        int,
        "channels of a group of the blocks' convolutions, which have twice as many channels inside as around them",
        16,
        metavar="CHANNELS",
        of_networks=True,
    ),
    Option("latent_dim", int, "width of the latents", 64, metavar="WIDTH", of_networks=True),
    accumulation_option(),
    xla_option("auto"),  # off on CPUs, where it has no fast grouped convolutions
)

_SMOKE = {
    "data": "photos",
    "resolution": 16,
    "batch_size": 8,
    "kimg": 0.064,
    "checkpoint_every": 0.032,
    "fid_every": 0.0,
    "features": "embedded",
    "augment": "none",
    "decay_kimg": 0.0,
    "classes": 0,
    "channel_base": 128,
    "channel_max": 8,
    "blocks": 1,
    "group_width": 8,
    "latent_dim": 8,
    "xla": "off",
}


def r3gan_recipe(
    name: str,
    summary: str,
    data: str,
    resolution: Resolution,
    kimg: float,
    batch_size: int,
    paper: Rows = (),
    origin: str = "R3GAN",
    **defaults: Any,
) -> Recipe:
    """A recipe that trains R3GAN on one data set.

    Args:
        name: Name of the recipe's module.
        summary: First line of `--help`.
        data: Data set or folder.
        resolution: Side of a square, or height and width, in pixels.
        kimg: Length of the run in thousands of real images.
        batch_size: Images per iteration.
        paper: As for `Recipe`.
        origin: As for `Recipe`.
        **defaults: Other defaults of the settings.
    """

    def resolve(settings: dict[str, Any]) -> dict[str, Any]:
        gamma = settings["gamma"]
        gamma = models.r3gan.gamma_of(settings["resolution"]) if gamma is None else gamma
        proposals = {
            "gamma": gamma,
            "r2": gamma,
            "decay_kimg": settings["kimg"],
            "pipeline": "r3gan" if settings["augment"] == "fixed" else pipeline_of(settings),
        }
        return settings | {key: value for key, value in proposals.items() if settings[key] is None}

    return Recipe(
        name=name,
        summary=summary,
        defaults={"data": data, "resolution": resolution, "batch_size": batch_size, "kimg": kimg, **defaults},
        options=_OPTIONS,
        smoke=_SMOKE,
        resolve=resolve,
        build=build,
        origin=origin,
        as_published={} if origin in PAPERS else None,
        paper=paper,
    )


def build(settings: Mapping[str, Any]) -> "models.R3GAN":
    """The compiled model of resolved settings.

    Raises:
        ValueError: For settings outside their ranges.
    """
    check_range(settings, "learning_rate", above=True)
    check_range(settings, "beta_2", above=True, below=1)
    check_range(settings, "final_beta_2", below=1)
    for name in ("final_learning_rate", "decay_kimg", "gamma_decay"):
        check_range(settings, name)
    kimg = settings["decay_kimg"]

    def ramp(start: float, end: float) -> Any:
        return tfnss.training.CosineRamp(start, end, kimg)

    # Whatever the settings, those outside their ranges are mistakes.
    view, classifier = view_of(settings), spectral_realness(settings)
    augmentation = augmentation_of(settings, (lambda p: ramp(0.0, p)) if kimg else float)
    penalties = penalties_of(
        settings, (lambda weight: ramp(weight, weight * settings["gamma_decay"])) if kimg else float
    )
    gan = models.R3GAN(
        settings["resolution"],
        latent_dim=settings["latent_dim"],
        channels=settings["channels"],
        channel_base=settings["channel_base"],
        channel_max=settings["channel_max"],
        blocks=settings["blocks"],
        group_width=settings["group_width"],
        classes=settings["classes"],
        seed=settings["seed"],
    )
    iterations = kimg * 1000 / settings["batch_size"]
    gan.compile(
        generator_optimizer=_adam(settings, iterations / settings["discriminator_steps"]),
        discriminator_optimizer=_adam(settings, iterations),
        loss=settings["loss"],
        regularizers=penalties,
        view=view,
        augmentation=augmentation,
        total_kimg=settings["kimg"],
        spectral_realness=classifier if settings["spectral"] == "ssd" else None,
        discriminator_steps=settings["discriminator_steps"],
        ema_half_life_kimg=ramp(0.0, settings["ema_kimg"]) if kimg else settings["ema_kimg"],
        ema_ramp_up=None if kimg else 0.05,
        accumulation_steps=settings["accumulation_steps"],
        jit_compile=jit_compile(settings),
    )
    return gan


def _adam(settings: Mapping[str, Any], steps: float) -> Any:
    """Adam whose rates reach their ends after so many steps; 0 for constant ones."""
    from keras.optimizers.schedules import CosineDecay

    def rate(name: str) -> Any:
        start, end = settings[name], settings[f"final_{name}"]
        return CosineDecay(start, max(1, round(steps)), alpha=end / start) if steps else start

    return tfnss.training.ScheduledAdam(rate("learning_rate"), beta_1=0.0, beta_2=rate("beta_2"), epsilon=1e-8)
