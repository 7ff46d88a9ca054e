"""Settings of StyleGAN recipes that networks from elsewhere show."""

from collections.abc import Mapping
from typing import Any

from models.stylegan2.presets import CONFIGS, preset
from recipes.families.noise import NOISES


def described(generator: Mapping[str, Any], discriminator: Mapping[str, Any] | None) -> dict[str, Any]:
    """The settings that build networks like these, as far as a recipe can; none for others than StyleGAN's and StyleGAN2's.

    The configuration is the first of those that agree with most of what they fix in the networks.

    Args:
        generator: What `get_config` gives of a trained generator,
        discriminator: and of the discriminator trained with it; None if there is none.
    """
    if not {"mapping_layers", "style_dim"} <= generator.keys():
        return {}
    common = {
        "noise": next(name for name, kind in NOISES.items() if kind == generator["noise"]),
        "latent_dim": generator["style_dim"],  # the width of nearly all layers, where the latents' is another
        **{name: generator[name] for name in ("resolution", "channels", "classes", "channel_base", "channel_max")},
    }
    if "architecture" not in generator:  # StyleGAN has one
        return {"config": "a", **common}
    of_discriminator = discriminator or {}
    shown = {
        "mapping_layers": generator["mapping_layers"],
        "mixing_probability": generator["mixing_probability"],
        "channel_base": generator["channel_base"],
        "group_size": of_discriminator.get("group_size"),
        "discriminator": of_discriminator.get("architecture"),
        "generator": generator["architecture"],
    }

    def agreement(config: str) -> int:
        fixed = preset(config, generator["resolution"])
        return sum(getattr(fixed, name) == value for name, value in shown.items())

    return {
        "config": max(CONFIGS, key=agreement),
        "generator": generator["architecture"],
        "discriminator": of_discriminator.get("architecture"),
        **common,
    }
