"""The SNGAN experiments of the SSD-GAN paper (its table 2): five methods on one pair of networks."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import models
import tfnss
from models.sngan.sizes import discriminator_steps
from recipes.families.noise import NOISES, noise_option
from recipes.families.spectral import MIXTURE, spectral_realness
from recipes.families.xla import jit_compile, xla_option
from tfnss.console import check_range
from tfnss.running.option import Option
from tfnss.running.recipe import Recipe


@dataclass(frozen=True)
class Method:
    """A row of the paper's table 2.

    Args:
        help: What it is.
        downsampling: How the discriminator halves its feature maps.
        regularized: Whether the generator's spectra are regularised.
        spectral: Whether a spectral classifier judges beside the discriminator.
    """

    help: str
    downsampling: str = "average"
    regularized: bool = False
    spectral: bool = False


METHODS = {
    "sngan": Method("the baseline"),
    "reg": Method("with spectral regularisation of the generator", regularized=True),
    "dwt": Method("with a wavelet transform for the discriminator's downsampling", downsampling="dwt"),
    "ssd": Method("with spectral realness", spectral=True),
    "ssd+reg": Method("with both", regularized=True, spectral=True),
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
    ),
    Option(
        "discriminator_steps", int, "discriminator steps per generator step", worked_out="5, and 2 at 128", metavar="N"
    ),
    Option("learning_rate", float, "learning rate of Adam at the start", 2e-4, metavar="RATE", changeable=True),
    Option(
        "decay",
        str,
        "learning rate over the run: falling to 0 (linear) or constant",
        "linear",
        choices=("linear", "none"),
    ),
    noise_option("plain"),
    Option(
        "ema_kimg",
        float,
        "half-life of the generator's average (the paper has no average)",
        10.0,
        metavar="KIMG",
        changeable=True,
    ),
    Option("width", float, "factor of all widths", 1.0, metavar="FACTOR"),
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
    name: str, summary: str, data: str, resolution: int, fids: Mapping[str, float] | None = None, **defaults: Any
) -> Recipe:
    """A recipe that trains any of the paper's methods on one data set, for 100,000 generator steps of 64 images.

    Args:
        name: Name of the recipe's module.
        summary: First line of `--help`.
        data: Data set or folder.
        resolution: Height and width in pixels.
        fids: Table 2 for this data set, by method.
        **defaults: Other defaults of the settings.
    """

    def resolve(settings: dict[str, Any]) -> dict[str, Any]:
        if settings["discriminator_steps"] is not None:
            return settings
        return settings | {"discriminator_steps": discriminator_steps(settings["resolution"])}

    table = ", ".join(f"{method} {fid:.2f}" for method, fid in (fids or {}).items())
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
        paper=[({"method": method}, f"FID {fid:.2f} (of table 2: {table})") for method, fid in (fids or {}).items()],
    )


def build(settings: Mapping[str, Any]) -> "models.SNGAN":
    """The compiled model of resolved settings.

    Raises:
        ValueError: For settings outside their ranges.
    """
    check_range(settings, "learning_rate", above=True)
    check_range(settings, "discriminator_steps", 1)
    method = METHODS[settings["method"]]
    # Whatever the method, settings outside their ranges are mistakes.
    classifier, penalty = spectral_realness(settings), tfnss.SpectralRegularization(settings["reg_weight"])
    gan = models.SNGAN(
        settings["resolution"],
        channels=settings["channels"],
        downsampling=method.downsampling,
        width=settings["width"],
        noise=NOISES[settings["noise"]],
        seed=settings["seed"],
    )
    iterations = settings["kimg"] * 1000 / settings["batch_size"]
    gan.compile(
        generator_optimizer=_adam(settings, iterations / settings["discriminator_steps"]),
        discriminator_optimizer=_adam(settings, iterations),
        regularizers=[penalty] if method.regularized else [],
        total_kimg=settings["kimg"],
        spectral_realness=classifier if method.spectral else None,
        discriminator_steps=settings["discriminator_steps"],
        ema_half_life_kimg=settings["ema_kimg"],
        jit_compile=jit_compile(settings),
    )
    return gan


def _adam(settings: Mapping[str, Any], steps: float) -> Any:
    import keras

    rate: Any = settings["learning_rate"]
    if settings["decay"] == "linear":
        rate = keras.optimizers.schedules.PolynomialDecay(rate, max(1, round(steps)), end_learning_rate=0.0)
    return keras.optimizers.Adam(rate, beta_1=0.0, beta_2=0.9)
