"""SNGAN with and without spectral realness on CIFAR-100 at 32x32 (SSD-GAN, table 2).

    python -m recipes.ssd_sngan_cifar100 --method ssd

The paper's figures are in `recipes/figures/ssd.json`.
"""

from recipes.families.sngan import sngan_recipe
from tfnss.running.command_line import main

RECIPE = sngan_recipe(
    "ssd_sngan_cifar100",
    "Train SNGAN on CIFAR-100 at 32x32, with and without spectral realness.",
    data="cifar100",
    resolution=32,
    dataset="cifar100",
)

if __name__ == "__main__":
    main(RECIPE)
