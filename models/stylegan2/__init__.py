"""StyleGAN2 (Karras et al. 2020)."""

from models.stylegan2.discriminator import StyleGAN2Discriminator
from models.stylegan2.generator import StyleGAN2Generator
from models.stylegan2.model import StyleGAN2, adam, generator_adam, official_networks
from models.stylegan2.presets import CONFIGS, Preset, preset
from models.stylegan2.weights import assign_weights, named_weights

__all__ = [
    "CONFIGS",
    "Preset",
    "StyleGAN2",
    "StyleGAN2Discriminator",
    "StyleGAN2Generator",
    "adam",
    "assign_weights",
    "generator_adam",
    "named_weights",
    "official_networks",
    "preset",
]
