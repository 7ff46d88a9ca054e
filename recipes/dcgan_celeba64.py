"""DCGAN on CelebA at 64x64 (NSS-GAN, tables 3 and 4): 10 epochs of 202,599 faces.

    python -m recipes.dcgan_celeba64 --nss

The paper trains 20 seeds. Its figures are in `recipes/figures/nss.json`; ours come of `tfnss evaluate`, under Inception.
"""

from recipes.families.dcgan import dcgan_recipe
from recipes.families.nss_tables import rows, tunings
from tfnss.running.command_line import main

RECIPE = dcgan_recipe(
    "dcgan_celeba64",
    "Train the NSS-GAN paper's DCGANs on CelebA at 64x64.",
    data="celeb_a",
    kimg=10 * 202.599,
    tunings=tunings("celeba"),
    paper=rows("celeba"),
)

if __name__ == "__main__":
    main(RECIPE)
