"""The DCGAN experiments of the NSS-GAN paper (section 5): eight methods on one pair of networks."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import models
import tfnss
from recipes.families.noise import NOISES, noise_option
from recipes.families.scale_space import annealing, noisy_scale_space, scale_space_options
from recipes.families.spectral import SPECTRAL, spectral_realness
from recipes.families.xla import jit_compile, xla_option
from tfnss.console import check_range
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
        penalty: Regularizer of the discriminator, from its weight.
        space: What the discriminator is shown, from the settings.
        critic: Whether the discriminator is a critic: 5 steps per generator step, normalised image by image.
    """

    help: str
    loss: str = "non_saturating"
    penalty: "Callable[[float], tfnss.training.Regularizer] | None" = None
    space: Callable[[Mapping[str, Any]], Any] | None = None
    critic: bool = False


METHODS = {
    "gan": Method("the baseline DCGAN"),
    "gan-gr": Method("with R1 gradient regularisation", penalty=lambda weight: tfnss.R1(weight)),
    "lsgan": Method("least squares", loss="least_squares"),
    "wgan-gp": Method(
        "Wasserstein with gradient penalty", "wasserstein", lambda weight: tfnss.GradientPenalty(weight), critic=True
    ),
    "dragan": Method("with DRAGAN's penalty", penalty=lambda weight: tfnss.DRAGAN(weight)),
    "ss": Method("under the scale-space", space=lambda s: tfnss.ScaleSpace(s["kernel_stddev"])),
    "ns": Method("under the noise-space", space=lambda s: tfnss.NoiseSpace(s["stddev"])),
    "nss": Method("under the noisy scale-space", space=noisy_scale_space),
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
    Option(
        "learning_rate",
        float,
        "learning rate of Adam",
        worked_out="the method's of table 3",
        metavar="RATE",
        changeable=True,
    ),
    Option(
        "beta_1",
        float,
        "decay of Adam's first moment",
        worked_out="the method's of table 3",
        metavar="BETA",
        changeable=True,
    ),
    Option(
        "penalty_weight",
        float,
        "weight of the method's penalty",
        worked_out="the method's of table 3",
        metavar="WEIGHT",
        changeable=True,
    ),
    *scale_space_options(initial_time=256.0, stddev=0.15),
    noise_option("plain"),
    *SPECTRAL,
    Option("base_width", int, "channels next to the image", default=64, metavar="CHANNELS"),
    xla_option("on"),  # on CPUs too: faster than the graph (benchmarks/dcgan_step.py)
)

_SMOKE = {
    "data": "photos",
    "resolution": 32,
    "batch_size": 8,
    "kimg": 0.064,
    "checkpoint_every": 0.032,
    "base_width": 8,
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
    fids: Mapping[str, float] | None = None,
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
        fids: Table 4 for this data set, by method.
        origin: As for `Recipe`.
        **defaults: Other defaults of the settings.
    """

    def resolve(settings: dict[str, Any]) -> dict[str, Any]:
        tuning = tunings[settings["method"]]
        proposals = {
            "learning_rate": tuning.learning_rate,
            "beta_1": tuning.beta_1,
            "penalty_weight": tuning.weight,
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
        paper=[({"method": method}, f"FID {fid:.2f}, over 20 seeds") for method, fid in (fids or {}).items()],
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
    # Whatever the method, settings outside their ranges are mistakes.
    noisy_scale_space(settings)
    decay, classifier = annealing(settings), spectral_realness(settings)
    gan = models.DCGAN(
        settings["resolution"],
        channels=settings["channels"],
        base_width=settings["base_width"],
        discriminator_normalization="layer" if method.critic else "batch",
        noise=NOISES[settings["noise"]],
        seed=settings["seed"],
    )
    space = method.space(settings) if method.space else None
    gan.compile(
        generator_optimizer=keras.optimizers.Adam(settings["learning_rate"], beta_1=settings["beta_1"]),
        discriminator_optimizer=keras.optimizers.Adam(settings["learning_rate"], beta_1=settings["beta_1"]),
        loss=method.loss,
        regularizers=[method.penalty(settings["penalty_weight"])] if method.penalty else [],
        view=space,
        annealing=decay if space else None,
        total_kimg=settings["kimg"],
        spectral_realness=classifier if settings["spectral"] == "ssd" else None,
        discriminator_steps=5 if method.critic else 1,
        jit_compile=jit_compile(settings),
    )
    return gan
