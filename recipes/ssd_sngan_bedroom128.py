"""SNGAN with and without spectral realness on LSUN bedroom at 128x128 (SSD-GAN, table 2).

    python -m recipes.ssd_sngan_bedroom128 --data ~/bedroom --method ssd

The paper's figures are in `recipes/figures/ssd.json`.
"""

from recipes.families.sngan import sngan_recipe
from tfnss.running.command_line import main

RECIPE = sngan_recipe(
    "ssd_sngan_bedroom128",
    "Train SNGAN on LSUN bedroom at 128x128, with and without spectral realness.",
    data="lsun_bedroom",
    resolution=128,
    dataset="lsun_bedroom",
)

if __name__ == "__main__":
    main(RECIPE)
