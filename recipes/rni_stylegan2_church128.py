"""StyleGAN2 with and without Riemannian noise injection on LSUN-Church at 128x128 (Feng et al. 2021, tables 1 and 2).

    python -m recipes.rni_stylegan2_church128 --noise rni

The paper's rows; `plain` has neither noise nor path length (--noise plain --path-length off):
PPL / FID: plain 425.7 / 6.44, ENI 123.6 / 6.80, RNI without path length 178.9 / 5.75, RNI 119.5 / 6.86.
MC / TTMC: plain 2.31 / 6.31, ENI 0.883 / 1.75, RNI without path length 1.71 / 4.74, RNI 0.773 / 1.51.
The order of its table 1 is inferred from table 2, and the length of its training is not stated.
"""

from recipes.families.stylegan2 import stylegan2_recipe
from tfnss.running.command_line import main

RECIPE = stylegan2_recipe(
    "rni_stylegan2_church128",
    "Train StyleGAN2 on LSUN-Church at 128x128: plain, or with Euclidean or Riemannian noise.",
    data="lsun_church",
    resolution=128,
    kimg=25000,
    config="e",
    paper=[
        ({"noise": "plain", "path_length": "off"}, "PPL 425.7, FID 6.44, MC 2.31, TTMC 6.31"),
        ({"noise": "eni"}, "PPL 123.6, FID 6.80, MC 0.883, TTMC 1.75"),
        ({"noise": "rni", "path_length": "off"}, "PPL 178.9, FID 5.75, MC 1.71, TTMC 4.74"),
        ({"noise": "rni"}, "PPL 119.5, FID 6.86, MC 0.773, TTMC 1.51"),
    ],
    origin="Riemannian noise injection",
)

if __name__ == "__main__":
    main(RECIPE)
