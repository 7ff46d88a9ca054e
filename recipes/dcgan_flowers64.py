"""DCGAN on Oxford-Flowers at 64x64 (NSS-GAN, tables 3 and 4): 100 epochs of 8,189 flowers.

    python -m recipes.dcgan_flowers64 --nss

The paper trains 20 seeds. Its figures are in `recipes/figures/nss.json`; ours come of `tfnss evaluate`, under Inception.
"""

from recipes.families.dcgan import dcgan_recipe
from recipes.families.nss_tables import rows, tunings
from tfnss.running.command_line import main

RECIPE = dcgan_recipe(
    "dcgan_flowers64",
    "Train the NSS-GAN paper's DCGANs on Oxford-Flowers at 64x64.",
    data="oxford_flowers102",
    kimg=100 * 8.189,
    tunings=tunings("oxford_flowers"),
    paper=rows("oxford_flowers"),
)

if __name__ == "__main__":
    main(RECIPE)
