"""DCGAN on Oxford-Flowers at 64x64 (NSS-GAN, tables 3 and 4): 100 epochs of 8,189 flowers.

    python -m recipes.dcgan_flowers64 --nss

The paper trains 20 seeds and reports FID (`tfnss evaluate`, under Inception):
GAN 97.71, GAN-gr 99.25, LSGAN 121.81, WGAN-gp 129.05, DRAGAN 98.37, SS 91.93, NS 91.44, NSS 86.28.
"""

from recipes.families.dcgan import METHODS, Tuning, dcgan_recipe
from tfnss.running.command_line import main

RECIPE = dcgan_recipe(
    "dcgan_flowers64",
    "Train the NSS-GAN paper's DCGANs on Oxford-Flowers at 64x64.",
    data="oxford_flowers102",
    kimg=100 * 8.189,
    tunings={
        "gan": Tuning(2e-4, 0.4),
        "gan-gr": Tuning(5e-4, 0.4, weight=5),
        "lsgan": Tuning(0.5e-4, 0.5),
        "wgan-gp": Tuning(10e-4, 0.3, weight=20),
        "dragan": Tuning(2e-4, 0.5, weight=10),
        "ss": Tuning(5e-4, 0.3),
        "ns": Tuning(5e-4, 0.3),
        "nss": Tuning(5e-4, 0.3),
    },
    fids=dict(zip(METHODS, (97.71, 99.25, 121.81, 129.05, 98.37, 91.93, 91.44, 86.28), strict=True)),
)

if __name__ == "__main__":
    main(RECIPE)
