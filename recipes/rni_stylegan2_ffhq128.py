"""StyleGAN2 with and without Riemannian noise injection on FFHQ at 128x128 (Feng et al. 2021, tables 1 and 2).

    python -m recipes.rni_stylegan2_ffhq128 --noise rni

The paper's rows; `plain` has neither noise nor path length (--noise plain --path-length off):
PPL / FID: plain 28.44 / 6.87, ENI 16.20 / 7.29, RNI without path length 16.02 / 7.14, RNI 13.05 / 7.31.
MC / TTMC: plain 0.943 / 2.81, ENI 0.666 / 1.27, RNI without path length 0.766 / 2.39, RNI 0.530 / 1.05.
The order of its table 1 is inferred from table 2, and the length of its training is not stated.
The images are mirrored, as in StyleGAN2's own set-up.
"""

from recipes.families.stylegan2 import stylegan2_recipe
from tfnss.running.command_line import main

RECIPE = stylegan2_recipe(
    "rni_stylegan2_ffhq128",
    "Train StyleGAN2 on FFHQ at 128x128: plain, or with Euclidean or Riemannian noise.",
    data="ffhq",
    mirror="on",
    resolution=128,
    kimg=25000,
    config="e",
    paper=[
        ({"noise": "plain", "path_length": "off"}, "PPL 28.44, FID 6.87, MC 0.943, TTMC 2.81"),
        ({"noise": "eni"}, "PPL 16.20, FID 7.29, MC 0.666, TTMC 1.27"),
        ({"noise": "rni", "path_length": "off"}, "PPL 16.02, FID 7.14, MC 0.766, TTMC 2.39"),
        ({"noise": "rni"}, "PPL 13.05, FID 7.31, MC 0.530, TTMC 1.05"),
    ],
    origin="Riemannian noise injection",
)

if __name__ == "__main__":
    main(RECIPE)
