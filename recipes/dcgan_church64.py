"""DCGAN on LSUN-Church at 64x64 (NSS-GAN, tables 3 and 4): 10 epochs of 126,227 scenes.

    python -m recipes.dcgan_church64 --nss

The paper trains 20 seeds. Its figures are in `recipes/figures/nss.json`; ours come of `tfnss evaluate`, under Inception.
"""

from recipes.families.dcgan import dcgan_recipe
from recipes.families.nss_tables import rows, tunings
from tfnss.running.command_line import main

RECIPE = dcgan_recipe(
    "dcgan_church64",
    "Train the NSS-GAN paper's DCGANs on LSUN-Church at 64x64.",
    data="lsun_church",
    kimg=10 * 126.227,
    tunings=tunings("lsun_church"),
    paper=rows("lsun_church"),
)

if __name__ == "__main__":
    main(RECIPE)
