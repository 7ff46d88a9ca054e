"""R3GAN on CIFAR-10 at 32x32, with its classes (R3GAN's own paper): 250,000 kimg.

    python -m recipes.r3gan_cifar10

The settings are the paper's; its figure is in `recipes/figures/r3gan.json`.
"""

from recipes.families.r3gan import r3gan_recipe
from recipes.figures import figures
from tfnss.running.command_line import main

RECIPE = r3gan_recipe(
    "r3gan_cifar10",
    "Train R3GAN on CIFAR-10 at 32x32, with its classes.",
    data="cifar10",
    mirror="on",
    resolution=32,
    kimg=250_000,
    batch_size=512,
    classes=10,
    ema_kimg=5000.0,
    decay_kimg=20_000.0,
    augment="fixed",
    augment_probability=0.55,
    paper=[({}, figures("r3gan", dataset="cifar10"))],
)

if __name__ == "__main__":
    main(RECIPE)
