"""StyleGAN2 on FFHQ at 1024x1024 (StyleGAN2, table 1): 25,000 kimg.

    python -m recipes.stylegan2_ffhq1024 --data ~/ffhq

The images are mirrored. `--config a` to `d` are the configurations that grow, from StyleGAN of 2018 (A) to StyleGAN2's trunk
with lazy and path length regularisation (D); E has a weight of R1 of 100, the others of 10.
"""

from recipes.families.stylegan2 import stylegan2_recipe
from recipes.figures import figures
from tfnss.running.command_line import main

RECIPE = stylegan2_recipe(
    "stylegan2_ffhq1024",
    "Train StyleGAN2 on FFHQ at 1024x1024.",
    data="ffhq",
    mirror="on",
    resolution=1024,
    kimg=25000,
    config="f",
    paper=[({"config": letter}, figures("stylegan2", 1, dataset="ffhq", config=letter)) for letter in "abcdef"],
    origin="StyleGAN2",
)

if __name__ == "__main__":
    main(RECIPE)
