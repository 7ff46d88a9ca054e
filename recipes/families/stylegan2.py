"""StyleGAN2 experiments: NSS-GAN's tables 5 and 6, the grid of Riemannian noise injection, and configurations A to F."""

from collections.abc import Mapping
from typing import Any

import models
import models.stylegan2
import tfnss
from models.stylegan2.presets import CONFIGS, Preset, even_groups, preset
from recipes.families.augmentation import augmentation_of, augmentation_options, pipeline_of
from recipes.families.classes import classes_option
from recipes.families.described import described
from recipes.families.game import (
    accumulation_option,
    average_option,
    game_options,
    penalties_of,
    rate_option,
    steps_option,
)
from recipes.families.growing import growing_options, growth_of
from recipes.families.noise import NOISES, noise_option
from recipes.families.spectral import SPECTRAL, spectral_realness
from recipes.families.usage import usage_option
from recipes.families.view import NSS_SHORTCUT, space_options, view_of, view_option
from recipes.families.xla import jit_compile, xla_option
from tfnss.console import check_range
from tfnss.resolution import Resolution
from tfnss.running import sections
from tfnss.running.catalogue import PAPERS
from tfnss.running.figure import Rows
from tfnss.running.option import Option
from tfnss.running.recipe import Recipe

_ON_OFF = ("on", "off")
ARCHITECTURES = ("skip", "resnet", "orig", "grown")

_OPTIONS = (
    view_option(shortcuts=NSS_SHORTCUT, in_name=True),
    *augmentation_options(in_name=True, later=False),
    noise_option("eni", in_name=True),
    *SPECTRAL,
    Option(
        "path_length",
        str,
        "whether path lengths are regularised",
        worked_out="the config's",
        choices=_ON_OFF,
        changeable=True,
        section=sections.GAME,
    ),
    Option(
        "path_length_interval",
        int,
        "iterations from one penalty of path lengths to the next",
        4,
        metavar="N",
        later=True,
        section=sections.GAME,
    ),
    Option(
        "config",
        str,
        "StyleGAN2's configuration: that of a name; a to f are those of the paper's table 1, of which a is StyleGAN of 2018",
        "auto",
        choices=("a", *CONFIGS),
        of_networks=True,
    ),
    Option(
        "generator",
        str,
        "architecture of the generator",
        worked_out="the config's",
        choices=ARCHITECTURES,
        of_networks=True,
        later=True,
        before="skip",
    ),
    Option(
        "discriminator",
        str,
        "architecture of the discriminator",
        worked_out="the config's",
        choices=ARCHITECTURES,
        of_networks=True,
        later=True,
    ),
    classes_option(),
    *game_options(loss="non_saturating", gamma=None, r1_interval=None, later_gamma=False),
    steps_option(1),
    rate_option(worked_out="the config's"),
    average_option(None, worked_out="the config's"),
    *space_options(initial_time=128.0, stddev=None),
    *growing_options(),
    Option(
        "precision",
        str,
        "precision of the high resolutions",
        "float32",
        choices=("float32", "float16", "bfloat16"),
        changeable=True,
        section=sections.MACHINE,
    ),
    accumulation_option(),
    Option(
        "channel_base",
        int,
        "channels times resolution",
        worked_out="the config's",
        metavar="CHANNELS",
        of_networks=True,
    ),
    Option("channel_max", int, "most channels of a layer", 512, metavar="CHANNELS", of_networks=True),
    Option("latent_dim", int, "width of latents and styles", 512, metavar="WIDTH", of_networks=True),
    usage_option(),
    xla_option("auto"),
)
_COMMON = ("channels", "classes", "precision", "latent_dim", "channel_base", "channel_max", "seed")

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
    resolution: Resolution,
    kimg: float,
    batch_size: int | None = None,
    gamma: float | None = None,
    nss_gamma: float | None = None,
    stddev: float = 0.15,
    paper: Rows = (),
    origin: str = "NSS-GAN",
    **defaults: Any,
) -> Recipe:
    """A recipe that trains StyleGAN2 on one data set.

    Args:
        name: Name of the recipe's module.
        summary: First line of `--help`.
        data: Data set or folder.
        resolution: Side of a square, or height and width, in pixels.
        kimg: Length of the run in thousands of real images.
        batch_size: Images per iteration; None for the config's. Where half of them pass through a view, it is enlarged to
            whole groups of the minibatch standard deviation, an even number of them on each device.
        gamma: Weight of R1; None for the config's.
        nss_gamma: The same under the noisy scale-space; None for `gamma`.
        stddev: Standard deviation of the noise of the noisy scale-space.
        paper: As for `Recipe`.
        origin: As for `Recipe`.
        **defaults: Other defaults of the settings.
    """

    def resolve(settings: dict[str, Any]) -> dict[str, Any]:
        import tensorflow as tf

        devices = tf.distribute.get_strategy().num_replicas_in_sync
        half_batch = settings["view"] != "plain" and settings["half_batch"] == "on"
        chosen, own_batch = _fixed(settings["config"], settings["resolution"], devices, half_batch), batch_size
        if batch_size is not None and half_batch:
            own_batch = even_groups(batch_size, chosen.group_size, devices)
        own_gamma = (nss_gamma or gamma) if settings["view"] == "nss" else gamma
        proposals = {
            "batch_size": chosen.batch_size if own_batch is None else own_batch,
            "gamma": chosen.r1_weight if own_gamma is None else own_gamma,
            "stddev": stddev,
            "learning_rate": chosen.learning_rate,
            "ema_kimg": chosen.ema_half_life_kimg,
            "channel_base": chosen.channel_base,
            "path_length": "on" if chosen.path_length_weight else "off",
            "generator": chosen.generator,
            "discriminator": chosen.discriminator,
            "r1_interval": chosen.r1_interval,
            "growing": "on" if chosen.generator == "grown" else "off",
            "pipeline": pipeline_of(settings),
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
        as_published={} if origin in PAPERS else None,
        paper=paper,
        described=described,
    )


def build(settings: Mapping[str, Any]) -> "models.StyleGAN2 | models.StyleGAN":
    """The compiled model of resolved settings.

    Raises:
        ValueError: For settings outside their ranges.
    """
    check_range(settings, "learning_rate", above=True)
    view, augmentation, classifier = view_of(settings), augmentation_of(settings), spectral_realness(settings)
    path_length = tfnss.PathLength(interval=settings["path_length_interval"])
    regularizers = [*penalties_of(settings), *([path_length] if settings["path_length"] == "on" else [])]
    gan = _networks(settings)
    gan.compile(
        generator_optimizer=models.stylegan2.generator_adam(
            settings["learning_rate"], regularizers, settings["r1_interval"]
        ),
        discriminator_optimizer=models.stylegan2.adam(settings["learning_rate"]),
        loss=settings["loss"],
        regularizers=regularizers,
        view=view,
        augmentation=augmentation,
        total_kimg=settings["kimg"],
        growth=growth_of(settings) or False,
        spectral_realness=classifier if settings["spectral"] == "ssd" else None,
        discriminator_steps=settings["discriminator_steps"],
        ema_half_life_kimg=settings["ema_kimg"],
        accumulation_steps=settings["accumulation_steps"],
        jit_compile=jit_compile(settings),
    )
    return gan


def _fixed(config: str, *size: Any) -> Preset:
    """What a configuration fixes. StyleGAN's (A) is trained as B is."""
    return preset("b" if config == "a" else config, *size)


def _networks(settings: Mapping[str, Any]) -> "models.StyleGAN2 | models.StyleGAN":
    common: dict[str, Any] = {
        "noise": NOISES[settings["noise"]],
        **{name: settings[name] for name in _COMMON},
    }
    if settings["config"] != "a":
        own = {name: settings[name] for name in ("config", "generator", "discriminator")}
        return models.StyleGAN2(settings["resolution"], **own, **common)
    for player in ("generator", "discriminator"):
        if settings[player] != "grown":
            raise ValueError(f"--{player} chooses among StyleGAN2's; leave it out for --config a, which is StyleGAN")
    return models.StyleGAN(settings["resolution"], **common)
