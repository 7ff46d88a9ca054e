"""The DCGAN experiments of the NSS-GAN paper (section 5): eight methods on one pair of networks."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import models
import tfnss
from recipes.families.augmentation import augmentation_of, augmentation_options, pipeline_of
from recipes.families.game import (
    average_option,
    game_options,
    penalties_of,
    rate_option,
    statistics_option,
    steps_option,
)
from recipes.families.noise import NOISES, noise_option
from recipes.families.spectral import SPECTRAL, spectral_realness
from recipes.families.view import space_options, view_of, view_option
from recipes.families.xla import jit_compile, xla_option
from tfnss.console import check_range
from tfnss.running import sections
from tfnss.running.catalogue import PAPERS
from tfnss.running.figure import Rows
from tfnss.running.option import Option
from tfnss.running.recipe import Recipe


@dataclass(frozen=True)
class Tuning:
    """A column of the paper's table 3.

    Args:
        learning_rate: Learning rate of Adam, for both players.
        beta_1: Decay of Adam's first moment; that of the second is 0.999.
        weight: Weight of the method's penalty.
    """

    learning_rate: float
    beta_1: float
    weight: float | None = None


@dataclass(frozen=True)
class Method:
    """A row of the paper's table 4.

    Args:
        help: Its name and source.
        loss: The game.
        penalty: Regularizer of the discriminator, from its weight and its interval in iterations.
        view: What the discriminator is shown, as `--view` calls it.
        discriminator_steps: Discriminator steps per generator step.
        normalization: Of the discriminator: over the batch, or for a critic image by image (layer).
    """

    help: str
    loss: str = "non_saturating"
    penalty: "Callable[[float, int], tfnss.training.Regularizer] | None" = None
    view: str = "plain"
    discriminator_steps: int = 1
    normalization: str = "batch"


METHODS = {
    "gan": Method("the baseline DCGAN"),
    "gan-gr": Method("with R1 gradient regularisation", penalty=lambda weight, interval: tfnss.R1(weight, interval)),
    "lsgan": Method("least squares", loss="least_squares"),
    "wgan-gp": Method(
        "Wasserstein with gradient penalty",
        loss="wasserstein",
        penalty=lambda weight, interval: tfnss.GradientPenalty(weight, interval),
        discriminator_steps=5,
        normalization="layer",
    ),
    "dragan": Method("with DRAGAN's penalty", penalty=lambda weight, interval: tfnss.DRAGAN(weight, interval)),
    "ss": Method("under the scale-space", view="ss"),
    "ns": Method("under the noise-space", view="ns"),
    "nss": Method("under the noisy scale-space", view="nss"),
}

_OPTIONS = (
    Option(
        "method",
        str,
        "method to train: " + "; ".join(f"{name}, {method.help}" for name, method in METHODS.items()),
        default="gan",
        choices=tuple(METHODS),
        shortcuts={"--nss": ("nss", "the same as --method nss")},
        in_name=True,
    ),
    rate_option(worked_out="the method's of table 3"),
    Option(
        "beta_1",
        float,
        "decay of Adam's first moment",
        worked_out="the method's of table 3",
        metavar="BETA",
        changeable=True,
        section=sections.GAME,
    ),
    Option(
        "penalty_weight",
        float,
        "weight of the method's penalty",
        worked_out="the method's of table 3",
        metavar="WEIGHT",
        changeable=True,
        section=sections.GAME,
    ),
    *game_options(),
    steps_option(None, worked_out="the method's"),
    Option(
        "normalization",
        str,
        "normalisation in the discriminator: over the batch, image by image (layer), or none",
        worked_out="the method's",
        choices=("batch", "layer", "none"),
        of_networks=True,
        later=True,
    ),
    Option(
        "upsampling",
        str,
        "how the generator doubles its images: by transposed convolutions, or by convolutions of nearest-neighbour "
        "enlargements, which draw no checkerboard",
        default="transposed",
        choices=("transposed", "nearest"),
        of_networks=True,
        later=True,
    ),
    view_option(None, worked_out="the method's", later=True, changeable=True),
    *space_options(initial_time=256.0, stddev=0.15),
    *augmentation_options(),
    noise_option("plain"),
    *SPECTRAL,
    average_option(10.0, later=True),
    Option("base_width", int, "channels next to the image", default=64, metavar="CHANNELS", of_networks=True),
    statistics_option(),
    xla_option("on"),  # on CPUs too: faster than the graph (benchmarks/dcgan_step.py)
)

_SMOKE = {
    "data": "photos",
    "resolution": 32,
    "batch_size": 8,
    "kimg": 0.064,
    "checkpoint_every": 0.032,
    "base_width": 8,
    "augment": "none",
    "fid_every": 0.0,
    "features": "embedded",
    "xla": "off",
}


def dcgan_recipe(
    name: str,
    summary: str,
    data: str,
    kimg: float,
    tunings: Mapping[str, Tuning],
    paper: Rows = (),
    origin: str = "NSS-GAN",
    **defaults: Any,
) -> Recipe:
    """A recipe that trains any of the paper's methods on one data set.

    Args:
        name: Name of the recipe's module.
        summary: First line of `--help`.
        data: Data set or folder.
        kimg: Length of the run in thousands of real images.
        tunings: Table 3 for this data set.
        paper: As for `Recipe`.
        origin: As for `Recipe`.
        **defaults: Other defaults of the settings.
    """

    def resolve(settings: dict[str, Any]) -> dict[str, Any]:
        method, tuning = METHODS[settings["method"]], tunings[settings["method"]]
        proposals = {
            "learning_rate": tuning.learning_rate,
            "beta_1": tuning.beta_1,
            "penalty_weight": tuning.weight,
            "loss": method.loss,
            "discriminator_steps": method.discriminator_steps,
            "normalization": method.normalization,
            "view": method.view,
            "pipeline": pipeline_of(settings),
        }
        return settings | {key: value for key, value in proposals.items() if settings[key] is None}

    return Recipe(
        name=name,
        summary=summary,
        defaults={"data": data, "resolution": 64, "batch_size": 128, "kimg": kimg, **defaults},
        options=_OPTIONS,
        smoke=_SMOKE,
        resolve=resolve,
        build=build,
        origin=origin,
        as_published={"ema_kimg": 0.0} if origin in PAPERS else None,
        paper=paper,
    )


def build(settings: Mapping[str, Any]) -> "models.DCGAN":
    """The compiled model of resolved settings.

    Raises:
        ValueError: For settings outside their ranges.
    """
    import keras

    method = METHODS[settings["method"]]
    check_range(settings, "learning_rate", above=True)
    check_range(settings, "beta_1", below=1)
    if method.view not in ("plain", settings["view"]):
        raise ValueError(f"--method {settings['method']} is --view {method.view}: leave out --view {settings['view']}")
    if settings["method"] == "gan-gr" and settings["gamma"]:
        raise ValueError(
            "--gamma is the weight of R1, which --method gan-gr has by --penalty-weight: leave --gamma out"
        )
    # Whatever the method, settings outside their ranges are mistakes.
    view, augmentation, classifier = view_of(settings), augmentation_of(settings), spectral_realness(settings)
    penalties = penalties_of(settings)
    if method.penalty:
        penalties.insert(0, method.penalty(settings["penalty_weight"], settings["r1_interval"]))
    normalization = settings["normalization"]
    gan = models.DCGAN(
        settings["resolution"],
        channels=settings["channels"],
        base_width=settings["base_width"],
        discriminator_normalization=None if normalization == "none" else normalization,
        upsampling=settings["upsampling"],
        noise=NOISES[settings["noise"]],
        seed=settings["seed"],
    )
    gan.compile(
        generator_optimizer=keras.optimizers.Adam(settings["learning_rate"], beta_1=settings["beta_1"]),
        discriminator_optimizer=keras.optimizers.Adam(settings["learning_rate"], beta_1=settings["beta_1"]),
        loss=settings["loss"],
        regularizers=penalties,
        view=view,
        augmentation=augmentation,
        total_kimg=settings["kimg"],
        spectral_realness=classifier if settings["spectral"] == "ssd" else None,
        discriminator_steps=settings["discriminator_steps"],
        ema_half_life_kimg=settings["ema_kimg"],
        batch_statistics=settings["batch_statistics"],
        jit_compile=jit_compile(settings),
    )
    return gan
