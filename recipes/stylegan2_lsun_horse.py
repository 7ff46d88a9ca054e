"""StyleGAN2 on LSUN-Horse at 256x256 (StyleGAN2, table 3): 100,000 kimg.

python -m recipes.stylegan2_lsun_horse --data ~/lsun_horse
"""

from recipes.families.stylegan2 import stylegan2_recipe
from recipes.figures import figures
from tfnss.running.command_line import main

RECIPE = stylegan2_recipe(
    "stylegan2_lsun_horse",
    "Train StyleGAN2 on LSUN-Horse at 256x256.",
    data="lsun_horse",
    resolution=256,
    kimg=100000,
    gamma=100.0,
    config="f",
    paper=[({"config": letter}, figures("stylegan2", 3, dataset="lsun_horse", config=letter)) for letter in "af"],
    origin="StyleGAN2",
)

if __name__ == "__main__":
    main(RECIPE)
