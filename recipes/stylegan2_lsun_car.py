"""StyleGAN2 on LSUN-Car at 512x384 (StyleGAN2, tables 1 and 3): 57,000 kimg.

    python -m recipes.stylegan2_lsun_car --data ~/lsun_car

The images are 512x384, on a canvas of 512x512: `tfnss prepare LMDB RECORDS --resolution 512 --crop wide` makes them.
(`--resolution 512x384` here and there does without the canvas: smaller networks than the paper's.)
"""

from recipes.families.stylegan2 import stylegan2_recipe
from recipes.figures import figures
from tfnss.running.command_line import main

RECIPE = stylegan2_recipe(
    "stylegan2_lsun_car",
    "Train StyleGAN2 on LSUN-Car at 512x384.",
    data="lsun_car",
    resolution=512,
    kimg=57000,
    config="f",
    paper=[({"config": letter}, figures("stylegan2", 1, dataset="lsun_car", config=letter)) for letter in "ef"],
    origin="StyleGAN2",
)

if __name__ == "__main__":
    main(RECIPE)
