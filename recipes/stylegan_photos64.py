"""A small StyleGAN on the embedded photographs, growing from 8x8 to 64x64: minutes on a CPU.

python -m recipes.stylegan_photos64
"""

from recipes.families.stylegan2 import stylegan2_recipe
from tfnss.running.command_line import main

RECIPE = stylegan2_recipe(
    "stylegan_photos64",
    "Train a small StyleGAN on crops of the embedded photographs, growing from 8x8 to 64x64.",
    data="photos",
    resolution=64,
    kimg=28,
    config="a",
    batch_size=8,
    stable_kimg=4.0,
    fade_kimg=4.0,
    ema_kimg=1.0,  # longer ones hold what a new resolution began with
    channel_base=512,
    channel_max=32,
    latent_dim=64,
    fid_every=4.0,
    fid_images=1000,
    features="embedded",
    xla="off",
    origin="first runs",
)

if __name__ == "__main__":
    main(RECIPE)
