"""DCGAN on LSUN-Conference at 64x64 (NSS-GAN, tables 3 and 4): 10 epochs of 229,069 rooms.

    python -m recipes.dcgan_conference64 --nss

The paper trains 20 seeds. Its figures are in `recipes/figures/nss.json`; ours come of `tfnss evaluate`, under Inception.
"""

from recipes.families.dcgan import dcgan_recipe
from recipes.families.nss_tables import rows, tunings
from tfnss.running.command_line import main

RECIPE = dcgan_recipe(
    "dcgan_conference64",
    "Train the NSS-GAN paper's DCGANs on LSUN-Conference at 64x64.",
    data="lsun_conference",
    kimg=10 * 229.069,
    tunings=tunings("lsun_conference"),
    paper=rows("lsun_conference"),
)

if __name__ == "__main__":
    main(RECIPE)
