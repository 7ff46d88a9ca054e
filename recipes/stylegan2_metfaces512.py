"""StyleGAN2 on MetFaces at 512x512 (NSS-GAN, tables 5 and 6): 5,000 kimg.

    python -m recipes.stylegan2_metfaces512 --data ~/metfaces --ada --nss

The paper's FID and IS over 5 seeds: StyleGAN2-ADA (--ada) 18.30 and 3.79, with NSS too (--ada --nss) 17.25 and 3.87.
"""

from recipes.families.stylegan2 import stylegan2_recipe
from tfnss.running.command_line import main

RECIPE = stylegan2_recipe(
    "stylegan2_metfaces512",
    "Train StyleGAN2 on MetFaces at 512x512, with ADA and under the noisy scale-space.",
    data="metfaces",
    resolution=512,
    kimg=5000,
    gamma=1.64,
    nss_gamma=0.82,
    stddev=0.05,
    batch_size=32,
    ema_kimg=10.0,
    paper=[
        ({"augment": "ada"}, "FID 18.30, IS 3.79, over 5 seeds"),
        ({"view": "nss", "augment": "ada"}, "FID 17.25, IS 3.87, over 5 seeds"),
    ],
)

if __name__ == "__main__":
    main(RECIPE)
