"""SNGAN with and without spectral realness on STL-10 at 48x48 (SSD-GAN, table 2).

    python -m recipes.ssd_sngan_stl10 --method ssd

The paper's figures are in `recipes/figures/ssd.json`.
"""

from recipes.families.sngan import sngan_recipe
from tfnss.running.command_line import main

RECIPE = sngan_recipe(
    "ssd_sngan_stl10",
    "Train SNGAN on STL-10 at 48x48, with and without spectral realness.",
    data="stl10",
    resolution=48,
    dataset="stl10",
)

if __name__ == "__main__":
    main(RECIPE)
