"""StyleGAN2 with and without Riemannian noise injection on LSUN-Cat at 128x128 (Feng et al. 2021).

    python -m recipes.rni_stylegan2_cat128 --data ~/lsun_cat --noise rni

The paper trains on a subset of 100,000 images and shows pictures alone. The length of its training is not stated: here it is
StyleGAN2's for these images (its table 3).
"""

from recipes.families.stylegan2 import stylegan2_recipe
from tfnss.running.command_line import main

RECIPE = stylegan2_recipe(
    "rni_stylegan2_cat128",
    "Train StyleGAN2 on LSUN-Cat at 128x128: plain, or with Euclidean or Riemannian noise.",
    data="lsun_cat",
    resolution=128,
    kimg=88000,
    config="e",
    origin="Riemannian noise injection",
)

if __name__ == "__main__":
    main(RECIPE)
