"""StyleGAN2 experiments: NSS-GAN's tables 5 and 6, and the grid of Riemannian noise injection."""

from collections.abc import Mapping, Sequence
from typing import Any

import models
import models.stylegan2
import tfnss
from models.stylegan2.presets import CONFIGS, preset
from recipes.families.noise import NOISES, noise_option
from recipes.families.scale_space import annealing, noisy_scale_space, scale_space_options
from recipes.families.spectral import SPECTRAL, spectral_realness
from recipes.families.xla import jit_compile, xla_option
from tfnss.console import check_range
from tfnss.running.option import Option
from tfnss.running.recipe import Recipe

_ON_OFF = ("on", "off")

_OPTIONS = (
    Option(
        "view",
        str,
        "what the discriminator is shown: images as they are, or in the noisy scale-space (nss)",
        "plain",
        choices=("plain", "nss"),
        shortcuts={"--nss": ("nss", "the same as --view nss")},
        in_name=True,
    ),
    Option(
        "augment",
        str,
        "augmentation of what the discriminator is shown: none, adaptive (ada), or with a fixed probability",
        "none",
        choices=("none", "ada", "fixed"),
        shortcuts={"--ada": ("ada", "the same as --augment ada")},
        in_name=True,
        changeable=True,
    ),
    Option("pipeline", str, "operations of the augmentation", "bgc", metavar="NAME", changeable=True),
    Option(
        "augment_probability",
        float,
        "probability of each operation, for --augment fixed",
        0.2,
        metavar="P",
        changeable=True,
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
        "thousands of images in which ADA's probability can rise by 1 (100 when fine-tuning)",
        500.0,
        metavar="KIMG",
        changeable=True,
        later=True,
    ),
    Option("ada_start", float, "ADA's probability at the start", 0.0, metavar="P", later=True),
    Option("ada_limit", float, "the most that ADA's probability can be", 1.0, metavar="P", changeable=True, later=True),
    noise_option("eni", in_name=True),
    *SPECTRAL,
    Option(
        "path_length",
        str,
        "whether path lengths are regularised",
        worked_out="the config's",
        choices=_ON_OFF,
        changeable=True,
    ),
    Option("config", str, "StyleGAN2's configuration", "auto", choices=CONFIGS),
    Option(
        "classes",
        int,
        "number of classes of the images: the subfolders of --data, or the data set's own; 0 for an unconditional model",
        0,
    ),
    Option("gamma", float, "weight of R1", worked_out="the recipe's", metavar="GAMMA", changeable=True),
    Option("learning_rate", float, "learning rate of Adam", worked_out="the config's", metavar="RATE", changeable=True),
    Option(
        "ema_kimg",
        float,
        "half-life of the generator's average",
        worked_out="the config's",
        metavar="KIMG",
        changeable=True,
    ),
    *scale_space_options(initial_time=128.0, stddev=None),
    Option(
        "precision",
        str,
        "precision of the high resolutions",
        "float32",
        choices=("float32", "float16", "bfloat16"),
        changeable=True,
    ),
    Option(
        "accumulation_steps",
        int,
        "parts of a device's share of the batch, one after the other",
        1,
        metavar="N",
        incidental=True,
        changeable=True,
    ),
    Option("channel_base", int, "channels times resolution", worked_out="the config's", metavar="CHANNELS"),
    Option("channel_max", int, "most channels of a layer", 512, metavar="CHANNELS"),
    Option("latent_dim", int, "width of latents and styles", 512, metavar="WIDTH"),
    xla_option("auto"),
)

_SMOKE = {
    "data": "photos",
    "resolution": 16,
    "batch_size": 8,
    "kimg": 0.064,
    "checkpoint_every": 0.032,
    "fid_every": 0.0,
    "features": "embedded",
    "channel_base": 64,
    "channel_max": 8,
    "latent_dim": 8,
    "xla": "off",
}


def stylegan2_recipe(
    name: str,
    summary: str,
    data: str,
    resolution: int,
    kimg: float,
    gamma: float | None = None,
    nss_gamma: float | None = None,
    stddev: float = 0.15,
    paper: Sequence[tuple[dict[str, Any], str]] = (),
    origin: str = "NSS-GAN",
    **defaults: Any,
) -> Recipe:
    """A recipe that trains StyleGAN2 on one data set.

    Args:
        name: Name of the recipe's module.
        summary: First line of `--help`.
        data: Data set or folder.
        resolution: Height and width in pixels.
        kimg: Length of the run in thousands of real images.
        gamma: Weight of R1; None for the config's.
        nss_gamma: The same under the noisy scale-space; None for `gamma`.
        stddev: Standard deviation of the noise of the noisy scale-space.
        paper: The paper's figures, each with its settings over the defaults.
        origin: As for `Recipe`.
        **defaults: Other defaults of the settings.
    """

    def resolve(settings: dict[str, Any]) -> dict[str, Any]:
        import tensorflow as tf

        chosen = preset(settings["config"], settings["resolution"], tf.distribute.get_strategy().num_replicas_in_sync)
        own_gamma = (nss_gamma or gamma) if settings["view"] == "nss" else gamma
        proposals = {
            "batch_size": chosen.batch_size,
            "gamma": chosen.r1_weight if own_gamma is None else own_gamma,
            "stddev": stddev,
            "learning_rate": chosen.learning_rate,
            "ema_kimg": chosen.ema_half_life_kimg,
            "channel_base": chosen.channel_base,
            "path_length": "on" if chosen.path_length_weight else "off",
        }
        return settings | {key: value for key, value in proposals.items() if settings[key] is None}

    return Recipe(
        name=name,
        summary=summary,
        defaults={"data": data, "resolution": resolution, "batch_size": None, "kimg": kimg, **defaults},
        options=_OPTIONS,
        smoke=_SMOKE,
        resolve=resolve,
        build=build,
        origin=origin,
        paper=paper,
    )


def build(settings: Mapping[str, Any]) -> "models.StyleGAN2":
    """The compiled model of resolved settings.

    Raises:
        ValueError: For settings outside their ranges.
    """
    check_range(settings, "learning_rate", above=True)
    space, decay = noisy_scale_space(settings), annealing(settings)
    regularizers: list[Any] = [tfnss.R1(settings["gamma"], interval=16)]
    regularizers += [tfnss.PathLength()] if settings["path_length"] == "on" else []
    classifier = spectral_realness(settings)
    gan = models.StyleGAN2(
        settings["resolution"],
        settings["config"],
        noise=NOISES[settings["noise"]],
        channels=settings["channels"],
        classes=settings["classes"],
        precision=settings["precision"],
        latent_dim=settings["latent_dim"],
        channel_base=settings["channel_base"],
        channel_max=settings["channel_max"],
        seed=settings["seed"],
    )
    gan.compile(
        generator_optimizer=models.stylegan2.generator_adam(settings["learning_rate"], regularizers),
        discriminator_optimizer=models.stylegan2.adam(settings["learning_rate"]),
        regularizers=regularizers,
        view=space if settings["view"] == "nss" else None,
        annealing=decay if settings["view"] == "nss" else None,
        augmentation=_augmentation(settings),
        total_kimg=settings["kimg"],
        spectral_realness=classifier if settings["spectral"] == "ssd" else None,
        ema_half_life_kimg=settings["ema_kimg"],
        accumulation_steps=settings["accumulation_steps"],
        jit_compile=jit_compile(settings),
    )
    return gan


def _augmentation(settings: Mapping[str, Any]) -> "tfnss.Augmentation | None":
    adaptive = tfnss.AdaptiveAugmentation(
        settings["pipeline"],
        settings["ada_target"],
        settings["ada_kimg"],
        start=settings["ada_start"],
        limit=settings["ada_limit"],
    )
    if settings["augment"] == "ada":
        return adaptive
    fixed = tfnss.Augmentation(settings["pipeline"], settings["augment_probability"])
    return fixed if settings["augment"] == "fixed" else None
