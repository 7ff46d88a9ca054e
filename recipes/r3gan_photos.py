"""A small R3GAN on the embedded photographs at 32x32: minutes on a CPU.

python -m recipes.r3gan_photos
"""

from recipes.families.r3gan import r3gan_recipe
from tfnss.running.command_line import main

RECIPE = r3gan_recipe(
    "r3gan_photos",
    "Train a small R3GAN on crops of the embedded photographs, in minutes on a CPU.",
    data="photos",
    resolution=32,
    kimg=24,
    batch_size=16,
    gamma=1.0,
    ema_kimg=10.0,
    learning_rate=1e-3,
    final_learning_rate=2.5e-4,
    channel_base=512,
    channel_max=64,
    blocks=1,
    group_width=8,
    fid_every=8.0,
    fid_images=1000,
    features="embedded",
    origin="first runs",
)

if __name__ == "__main__":
    main(RECIPE)
