"""DCGAN on CelebA at 64x64 (NSS-GAN, tables 3 and 4): 10 epochs of 202,599 faces.

    python -m recipes.dcgan_celeba64 --nss

The paper trains 20 seeds and reports FID (`tfnss evaluate`, under Inception):
GAN 21.36, GAN-gr 19.87, LSGAN 33.38, WGAN-gp 42.16, DRAGAN 20.36, SS 21.49, NS 20.50, NSS 19.45.
"""

from recipes.families.dcgan import METHODS, Tuning, dcgan_recipe
from tfnss.running.command_line import main

RECIPE = dcgan_recipe(
    "dcgan_celeba64",
    "Train the NSS-GAN paper's DCGANs on CelebA at 64x64.",
    data="celeb_a",
    kimg=10 * 202.599,
    tunings={
        "gan": Tuning(5e-4, 0.3),
        "gan-gr": Tuning(5e-4, 0.3, weight=1),
        "lsgan": Tuning(1e-4, 0.4),
        "wgan-gp": Tuning(10e-4, 0.3, weight=20),
        "dragan": Tuning(1e-4, 0.4, weight=10),
        "ss": Tuning(5e-4, 0.4),
        "ns": Tuning(5e-4, 0.3),
        "nss": Tuning(5e-4, 0.4),
    },
    fids=dict(zip(METHODS, (21.36, 19.87, 33.38, 42.16, 20.36, 21.49, 20.5, 19.45), strict=True)),
)

if __name__ == "__main__":
    main(RECIPE)
