"""A small StyleGAN2 on the embedded photographs at 64x64: minutes on a CPU.

python -m recipes.stylegan2_photos64 --nss
"""

from recipes.families.stylegan2 import stylegan2_recipe
from tfnss.running.command_line import main

RECIPE = stylegan2_recipe(
    "stylegan2_photos64",
    "Train a small StyleGAN2 on crops of the embedded photographs.",
    data="photos",
    resolution=64,
    kimg=28,
    gamma=1.0,
    batch_size=8,
    channel_base=512,
    channel_max=32,
    latent_dim=64,
    fid_every=4.0,
    fid_images=1000,
    features="embedded",
    xla="on",
    origin="first runs",
)

if __name__ == "__main__":
    main(RECIPE)
