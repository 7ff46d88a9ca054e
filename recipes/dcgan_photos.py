"""DCGAN on the embedded photographs: the first run, minutes on a CPU.

    python -m recipes.dcgan_photos --nss

The settings are those that measurements chose. The photographs are few and the run is short, so that the discriminator wins
early and the generator gets no more than some thousand steps: small batches, DiffAugment, and a generator that repeats
pixels before it convolves (it has no checkerboard to unlearn) help most. For the same reason a scale-space that takes a
large share of the run costs more than it gives: it begins at t = 32 and is over after 6 % of the run.
"""

from recipes.families.dcgan import METHODS, Tuning, dcgan_recipe
from tfnss.running.command_line import main

_WEIGHTS = {"gan-gr": 1.0, "wgan-gp": 20.0, "dragan": 10.0}

RECIPE = dcgan_recipe(
    "dcgan_photos",
    "Train a DCGAN on crops of the embedded photographs, in minutes on a CPU.",
    data="photos",
    kimg=64,
    tunings={name: Tuning(5e-4, 0.4, _WEIGHTS.get(name)) for name in METHODS},
    resolution=32,
    batch_size=16,
    augment="diffaugment",
    upsampling="nearest",
    initial_time=32.0,
    annealing_power=60.0,
    base_width=32,
    fid_every=8.0,
    fid_images=1000,
    features="embedded",
    origin="first runs",
)

if __name__ == "__main__":
    main(RECIPE)
