"""Small networks that grow, of StyleGAN and of StyleGAN2, with random weights."""

import functools

import numpy as np

from models.stylegan import StyleGANDiscriminator, StyleGANGenerator
from models.stylegan2 import StyleGAN2Discriminator, StyleGAN2Generator, named_weights

LATENT, STYLE = 10, 8
SMALL = {"channel_base": 128, "channel_max": 6}
GENERATORS = {
    "stylegan": StyleGANGenerator,
    "stylegan2": functools.partial(StyleGAN2Generator, architecture="grown"),
}
DISCRIMINATORS = {
    "stylegan": StyleGANDiscriminator,
    "stylegan2": functools.partial(StyleGAN2Discriminator, architecture="grown"),
}


def generator(kind, resolution=32, **kwargs):
    sizes = {"latent_dim": LATENT, "style_dim": STYLE, "mapping_layers": 2}
    return GENERATORS[kind](resolution, **{**sizes, **SMALL, **kwargs})


def discriminator(kind, resolution=32, **kwargs):
    return DISCRIMINATORS[kind](resolution, **{**SMALL, **kwargs})


def randomized(network, seed=0):
    """All weights but `lod` random, of sizes that make every term count; they are returned."""
    draw = np.random.default_rng(seed).normal
    for name, weight in named_weights(network).items():
        if name != "lod":
            scale = 100 if name.startswith("dense") and name.endswith("kernel") else 1
            offset = 1 if "affine/bias" in name and isinstance(network, StyleGAN2Generator) else 0
            weight.assign(offset + scale * draw(size=weight.shape) * (1 if "kernel" in name else 0.3))
    return {name: np.asarray(weight, np.float64) for name, weight in named_weights(network).items()}


def latents(count=2):
    return np.random.default_rng(1).normal(size=(count, LATENT)).astype("float32")
