"""DCGAN on LSUN-Conference at 64x64 (NSS-GAN, tables 3 and 4): 10 epochs of 229,069 rooms.

    python -m recipes.dcgan_conference64 --nss

The paper trains 20 seeds and reports FID (`tfnss evaluate`, under Inception):
GAN 77.96, GAN-gr 70.82, LSGAN 81.90, WGAN-gp 121.05, DRAGAN 67.07, SS 80.07, NS 73.11, NSS 64.61.
"""

from recipes.families.dcgan import METHODS, Tuning, dcgan_recipe
from tfnss.running.command_line import main

RECIPE = dcgan_recipe(
    "dcgan_conference64",
    "Train the NSS-GAN paper's DCGANs on LSUN-Conference at 64x64.",
    data="lsun_conference",
    kimg=10 * 229.069,
    tunings={
        "gan": Tuning(2e-4, 0.3),
        "gan-gr": Tuning(2e-4, 0.3, weight=5),
        "lsgan": Tuning(0.5e-4, 0.5),
        "wgan-gp": Tuning(10e-4, 0.3, weight=20),
        "dragan": Tuning(2e-4, 0.4, weight=10),
        "ss": Tuning(2e-4, 0.3),
        "ns": Tuning(5e-4, 0.3),
        "nss": Tuning(5e-4, 0.3),
    },
    fids=dict(zip(METHODS, (77.96, 70.82, 81.9, 121.05, 67.07, 80.07, 73.11, 64.61), strict=True)),
)

if __name__ == "__main__":
    main(RECIPE)
