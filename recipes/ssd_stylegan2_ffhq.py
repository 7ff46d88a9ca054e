"""StyleGAN2 with spectral realness on FFHQ (SSD-GAN, table 1).

    python -m recipes.ssd_stylegan2_ffhq --data ~/ffhq --spectral none
    python -m recipes.ssd_stylegan2_ffhq --data ~/ffhq

The paper trains the progressive StyleGAN, and its code is not released. Here the generator is StyleGAN2: the effect can be
compared, the figures cannot. Probabilities are mixed, as in the paper's text (--mixing logit for its code's way). The images
are mirrored, as in StyleGAN's own set-up.
"""

from recipes.families.stylegan2 import stylegan2_recipe
from tfnss.running.command_line import main

RECIPE = stylegan2_recipe(
    "ssd_stylegan2_ffhq",
    "Train StyleGAN2 on FFHQ at 1024x1024 with spectral realness.",
    data="ffhq",
    mirror="on",
    resolution=1024,
    kimg=25000,
    config="f",
    spectral="ssd",
    mixing="probability",
    origin="SSD-GAN",
)

if __name__ == "__main__":
    main(RECIPE)
