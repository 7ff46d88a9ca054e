"""R3GAN on FFHQ at 256x256 (R3GAN's own paper).

    python -m recipes.r3gan_ffhq256 --data ~/ffhq

The settings are the paper's; its figure is in `recipes/figures/r3gan.json`. It trained until nothing improved; the length
here is a choice of ours. The schedules have reached their ends after 20,000 kimg.
"""

from recipes.families.r3gan import r3gan_recipe
from recipes.figures import figures
from tfnss.running.command_line import main

RECIPE = r3gan_recipe(
    "r3gan_ffhq256",
    "Train R3GAN on FFHQ at 256x256.",
    data="ffhq",
    mirror="on",
    resolution=256,
    kimg=150_000,
    batch_size=256,
    decay_kimg=20_000.0,
    augment="fixed",
    augment_probability=0.3,
    paper=[({}, figures("r3gan", dataset="ffhq", resolution=256))],
)

if __name__ == "__main__":
    main(RECIPE)
