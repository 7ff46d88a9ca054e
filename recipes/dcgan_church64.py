"""DCGAN on LSUN-Church at 64x64 (NSS-GAN, tables 3 and 4): 10 epochs of 126,227 scenes.

    python -m recipes.dcgan_church64 --nss

The paper trains 20 seeds and reports FID (`tfnss evaluate`, under Inception):
GAN 69.05, GAN-gr 61.67, LSGAN 75.88, WGAN-gp 102.61, DRAGAN 50.41, SS 61.20, NS 60.02, NSS 58.86.
"""

from recipes.families.dcgan import METHODS, Tuning, dcgan_recipe
from tfnss.running.command_line import main

RECIPE = dcgan_recipe(
    "dcgan_church64",
    "Train the NSS-GAN paper's DCGANs on LSUN-Church at 64x64.",
    data="lsun_church",
    kimg=10 * 126.227,
    tunings={
        "gan": Tuning(2e-4, 0.3),
        "gan-gr": Tuning(5e-4, 0.3, weight=10),
        "lsgan": Tuning(0.5e-4, 0.5),
        "wgan-gp": Tuning(10e-4, 0.3, weight=20),
        "dragan": Tuning(1e-4, 0.4, weight=10),
        "ss": Tuning(5e-4, 0.3),
        "ns": Tuning(10e-4, 0.3),
        "nss": Tuning(5e-4, 0.3),
    },
    fids=dict(zip(METHODS, (69.05, 61.67, 75.88, 102.61, 50.41, 61.2, 60.02, 58.86), strict=True)),
)

if __name__ == "__main__":
    main(RECIPE)
