"""A small StyleGAN2 on the embedded photographs at 64x64: a quarter of an hour on a CPU.

    python -m recipes.stylegan2_photos64 --nss

The settings are those that measurements chose for some thousand iterations on few photographs: four times StyleGAN2's
learning rate, the relativistic loss with R1 and R2, DiffAugment, and no noise in the generator (with Euclidean noise the
embedded FID of this command is 65 in place of 45). As in `dcgan_photos`, the scale-space is over after 6 % of the run.
"""

from recipes.families.stylegan2 import stylegan2_recipe
from tfnss.running.command_line import main

RECIPE = stylegan2_recipe(
    "stylegan2_photos64",
    "Train a small StyleGAN2 on crops of the embedded photographs.",
    data="photos",
    resolution=64,
    kimg=60,
    loss="relativistic",
    gamma=0.5,
    r2=0.5,
    learning_rate=0.01,
    path_length="off",
    noise="plain",
    augment="diffaugment",
    initial_time=32.0,
    annealing_power=60.0,
    batch_size=8,
    channel_base=512,
    channel_max=64,
    latent_dim=64,
    fid_every=20.0,
    fid_images=1000,
    features="embedded",
    xla="on",
    origin="first runs",
)

if __name__ == "__main__":
    main(RECIPE)
