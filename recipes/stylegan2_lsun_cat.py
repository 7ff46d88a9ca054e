"""StyleGAN2 on LSUN-Cat at 256x256 (StyleGAN2, table 3): 88,000 kimg.

python -m recipes.stylegan2_lsun_cat --data ~/lsun_cat
"""

from recipes.families.stylegan2 import stylegan2_recipe
from recipes.figures import figures
from tfnss.running.command_line import main

RECIPE = stylegan2_recipe(
    "stylegan2_lsun_cat",
    "Train StyleGAN2 on LSUN-Cat at 256x256.",
    data="lsun_cat",
    resolution=256,
    kimg=88000,
    config="f",
    paper=[({"config": letter}, figures("stylegan2", 3, dataset="lsun_cat", config=letter)) for letter in "af"],
    origin="StyleGAN2",
)

if __name__ == "__main__":
    main(RECIPE)
