"""StyleGAN2 with and without Riemannian noise injection on LSUN-Church at 128x128 (Feng et al. 2021, tables 1 and 2).

    python -m recipes.rni_stylegan2_church128 --noise rni

The paper's figures are in `recipes/figures/rni.json`; its row `plain` has neither noise nor path length (--noise plain
--path-length off). The order of its table 1 is inferred from table 2, and the length of its training is not stated.
"""

from recipes.families.stylegan2 import stylegan2_recipe
from recipes.figures import figures
from tfnss.running.command_line import main

RECIPE = stylegan2_recipe(
    "rni_stylegan2_church128",
    "Train StyleGAN2 on LSUN-Church at 128x128: plain, or with Euclidean or Riemannian noise.",
    data="lsun_church",
    resolution=128,
    kimg=25000,
    config="e",
    paper=[
        ({"noise": "plain", "path_length": "off"}, figures("rni", dataset="lsun_church", method="stylegan2-plain")),
        ({"noise": "eni"}, figures("rni", dataset="lsun_church", method="stylegan2+eni")),
        (
            {"noise": "rni", "path_length": "off"},
            figures("rni", dataset="lsun_church", method="stylegan2-nopathreg+rni"),
        ),
        ({"noise": "rni"}, figures("rni", dataset="lsun_church", method="stylegan2+rni")),
    ],
    origin="Riemannian noise injection",
)

if __name__ == "__main__":
    main(RECIPE)
