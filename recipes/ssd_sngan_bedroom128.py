"""SNGAN with and without spectral realness on LSUN bedroom at 128x128 (SSD-GAN, table 2).

    python -m recipes.ssd_sngan_bedroom128 --data ~/bedroom --method ssd

The paper's FID: sngan 25.87, reg 16.95, dwt 148.05, ssd 15.17, ssd+reg 10.61.
"""

from recipes.families.sngan import sngan_recipe
from tfnss.running.command_line import main

RECIPE = sngan_recipe(
    "ssd_sngan_bedroom128",
    "Train SNGAN on LSUN bedroom at 128x128, with and without spectral realness.",
    data="lsun_bedroom",
    resolution=128,
    fids={"sngan": 25.87, "reg": 16.95, "dwt": 148.05, "ssd": 15.17, "ssd+reg": 10.61},
)

if __name__ == "__main__":
    main(RECIPE)
