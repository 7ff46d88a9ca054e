"""DCGAN with and without Riemannian noise injection on LSUN-Church at 128x128 (Feng et al. 2021, table 1).

    python -m recipes.rni_dcgan_church128 --data ~/lsun_church --noise rni

The paper states neither size nor training of its DCGANs: both are ours.
"""

from recipes.families.dcgan import METHODS, Tuning, dcgan_recipe
from recipes.figures import figures
from recipes.rni_dcgan_ffhq128 import ROWS
from tfnss.running.command_line import main

RECIPE = dcgan_recipe(
    "rni_dcgan_church128",
    "Train a DCGAN on LSUN-Church at 128x128: plain, or with Euclidean or Riemannian noise.",
    data="lsun_church",
    kimg=5000,
    tunings={name: Tuning(2e-4, 0.5, 10.0) for name in METHODS},
    paper=[
        ({"noise": noise}, figures("rni", 1, dataset="lsun_church", method=method)) for noise, method in ROWS.items()
    ],
    resolution=128,
    origin="Riemannian noise injection",
)

if __name__ == "__main__":
    main(RECIPE)
