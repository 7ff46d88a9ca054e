"""The SNGAN experiments of the SSD-GAN paper (its table 2): five methods on one pair of networks."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import models
import tfnss
from models.sngan.sizes import discriminator_steps
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
from recipes.families.spectral import MIXTURE, spectral_realness
from recipes.families.view import NSS_SHORTCUT, space_options, view_of, view_option
from recipes.families.xla import jit_compile, xla_option
from recipes.figures import figures
from tfnss.console import check_range
from tfnss.resolution import Resolution
from tfnss.running import sections
from tfnss.running.figure import Rows
from tfnss.running.option import Option
from tfnss.running.recipe import Recipe


@dataclass(frozen=True)
class Method:
    """A row of the paper's table 2.

    Args:
        help: What it is.
        row: What the table calls it.
        downsampling: How the discriminator halves its feature maps.
        regularized: Whether the generator's spectra are regularised.
        spectral: Whether a spectral classifier judges beside the discriminator.
    """

    help: str
    row: str
    downsampling: str = "average"
    regularized: bool = False
    spectral: bool = False


METHODS = {
    "sngan": Method("the baseline", "sngan"),
    "reg": Method("with spectral regularisation of the generator", "sngan+reg", regularized=True),
    "dwt": Method("with a wavelet transform for the discriminator's downsampling", "sngan+dwt", downsampling="dwt"),
    "ssd": Method("with spectral realness", "ssd-sngan", spectral=True),
    "ssd+reg": Method("with both", "ssd-sngan+reg", regularized=True, spectral=True),
}

_OPTIONS = (
    Option(
        "method",
        str,
        "method to train: " + "; ".join(f"{name}, {method.help}" for name, method in METHODS.items()),
        "ssd",
        choices=tuple(METHODS),
        in_name=True,
    ),
    *MIXTURE,
    Option(
        "reg_weight",
        float,
        "weight of spectral regularisation (the paper gives none)",
        1.0,
        metavar="WEIGHT",
        changeable=True,
        section=sections.GAME,
    ),
    *game_options(loss="hinge"),
    steps_option(None, worked_out="5, and 2 at 128", later=False),
    rate_option(2e-4, when=" at the start"),
    Option(
        "decay",
        str,
        "learning rate over the run: falling to 0 (linear) or constant",
        "linear",
        choices=("linear", "none"),
        section=sections.GAME,
    ),
    view_option(shortcuts=NSS_SHORTCUT, later=True, changeable=True),
    *space_options(initial_time=256.0, stddev=0.15, later=True),
    *augmentation_options(),
    noise_option("plain"),
    average_option(10.0),
    Option(
        "shortcut",
        str,
        "what the shortcuts of the discriminator's blocks take: features after the block's rectifier (rectified), as the "
        "paper's numbers came about, or before it (plain)",
        "rectified",
        choices=("rectified", "plain"),
        of_networks=True,
        later=True,
        before="plain",
    ),
    Option("width", float, "factor of all widths", 1.0, metavar="FACTOR", of_networks=True),
    statistics_option(),
    xla_option("on"),  # on CPUs too: faster than the graph
)

_SMOKE = {
    "data": "photos",
    "resolution": 32,
    "batch_size": 8,
    "kimg": 0.064,
    "checkpoint_every": 0.032,
    "discriminator_steps": 2,
    "width": 1 / 32,
    "fid_every": 0.0,
    "fid_images": 1000,
    "features": "embedded",
    "xla": "off",
}


def sngan_recipe(
    name: str, summary: str, data: str, resolution: Resolution, dataset: str | None = None, **defaults: Any
) -> Recipe:
    """A recipe that trains any of the paper's methods on one data set, for 100,000 generator steps of 64 images.

    Args:
        name: Name of the recipe's module.
        summary: First line of `--help`.
        data: Data set or folder.
        resolution: Side of a square, or height and width, in pixels.
        dataset: What the paper's table 2 calls the data set; None if it does not have it.
        **defaults: Other defaults of the settings.
    """

    def resolve(settings: dict[str, Any]) -> dict[str, Any]:
        proposals = {
            "discriminator_steps": discriminator_steps(settings["resolution"]),
            "pipeline": pipeline_of(settings),
        }
        return settings | {key: value for key, value in proposals.items() if settings[key] is None}

    kimg = 100 * discriminator_steps(resolution) * 64
    return Recipe(
        name=name,
        summary=summary,
        defaults={"data": data, "resolution": resolution, "batch_size": 64, "kimg": kimg, **defaults},
        options=_OPTIONS,
        smoke=_SMOKE,
        resolve=resolve,
        build=build,
        origin="SSD-GAN",
        as_published={"ema_kimg": 0.0},
        paper=_rows(dataset) if dataset else (),
    )


def _rows(dataset: str) -> Rows:
    """Table 2 for a data set, as `Recipe.paper` takes it."""
    return [
        ({"method": name}, figures("ssd", 2, dataset=dataset, method=method.row)) for name, method in METHODS.items()
    ]


def build(settings: Mapping[str, Any]) -> "models.SNGAN":
    """The compiled model of resolved settings.

    Raises:
        ValueError: For settings outside their ranges.
    """
    check_range(settings, "learning_rate", above=True)
    method = METHODS[settings["method"]]
    # Whatever the method, settings outside their ranges are mistakes.
    classifier, of_spectra = spectral_realness(settings), tfnss.SpectralRegularization(settings["reg_weight"])
    view, augmentation, penalties = view_of(settings), augmentation_of(settings), penalties_of(settings)
    gan = models.SNGAN(
        settings["resolution"],
        channels=settings["channels"],
        downsampling=method.downsampling,
        shortcut=settings["shortcut"],
        width=settings["width"],
        noise=NOISES[settings["noise"]],
        seed=settings["seed"],
    )
    iterations = settings["kimg"] * 1000 / settings["batch_size"]
    gan.compile(
        generator_optimizer=_adam(settings, iterations / settings["discriminator_steps"]),
        discriminator_optimizer=_adam(settings, iterations),
        loss=settings["loss"],
        regularizers=[*penalties, of_spectra] if method.regularized else penalties,
        view=view,
        augmentation=augmentation,
        total_kimg=settings["kimg"],
        spectral_realness=classifier if method.spectral else None,
        discriminator_steps=settings["discriminator_steps"],
        ema_half_life_kimg=settings["ema_kimg"],
        batch_statistics=settings["batch_statistics"],
        jit_compile=jit_compile(settings),
    )
    return gan


def _adam(settings: Mapping[str, Any], steps: float) -> Any:
    import keras

    rate: Any = settings["learning_rate"]
    if settings["decay"] == "linear":
        rate = keras.optimizers.schedules.PolynomialDecay(rate, max(1, round(steps)), end_learning_rate=0.0)
    return keras.optimizers.Adam(rate, beta_1=0.0, beta_2=0.9)
