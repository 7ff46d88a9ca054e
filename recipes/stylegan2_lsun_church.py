"""StyleGAN2 on LSUN-Church at 256x256 (StyleGAN2, table 3): 48,000 kimg.

    python -m recipes.stylegan2_lsun_church --data ~/lsun_church

The paper's length is 48,000 kimg, and the one in its code's instructions 88,000.
"""

from recipes.families.stylegan2 import stylegan2_recipe
from recipes.figures import figures
from tfnss.running.command_line import main

RECIPE = stylegan2_recipe(
    "stylegan2_lsun_church",
    "Train StyleGAN2 on LSUN-Church at 256x256.",
    data="lsun_church",
    resolution=256,
    kimg=48000,
    gamma=100.0,
    config="f",
    paper=[({"config": letter}, figures("stylegan2", 3, dataset="lsun_church", config=letter)) for letter in "af"],
    origin="StyleGAN2",
)

if __name__ == "__main__":
    main(RECIPE)
