"""DCGAN with and without Riemannian noise injection on CIFAR-10 (Feng et al. 2021).

    python -m recipes.rni_dcgan_cifar10 --noise rni --download

The paper shows DCGANs on CIFAR-10 without stating sizes and lengths; its table 1 has them on other images, FFHQ and
LSUN-Church (`recipes/figures/rni.json`).
"""

from recipes.families.dcgan import METHODS, Tuning, dcgan_recipe
from tfnss.running.command_line import main

RECIPE = dcgan_recipe(
    "rni_dcgan_cifar10",
    "Train a DCGAN on CIFAR-10: plain, or with Euclidean or Riemannian noise.",
    data="cifar10",
    kimg=5000,
    tunings={name: Tuning(2e-4, 0.5, 10.0) for name in METHODS},
    resolution=32,
    origin="Riemannian noise injection",
)

if __name__ == "__main__":
    main(RECIPE)
