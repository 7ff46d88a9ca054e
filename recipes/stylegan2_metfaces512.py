"""StyleGAN2 on MetFaces at 512x512 (NSS-GAN, tables 5 and 6): 5,000 kimg.

    python -m recipes.stylegan2_metfaces512 --data ~/metfaces --ada --nss

The paper has StyleGAN2-ADA (--ada), and with NSS too (--ada --nss), over 5 seeds (`recipes/figures/nss.json`).
"""

from recipes.families.stylegan2 import stylegan2_recipe
from recipes.figures import figures, value
from tfnss.running.command_line import main

RECIPE = stylegan2_recipe(
    "stylegan2_metfaces512",
    "Train StyleGAN2 on MetFaces at 512x512, with ADA and under the noisy scale-space.",
    data="metfaces",
    resolution=512,
    kimg=5000,
    gamma=value("nss", 5, dataset="metfaces", method="stylegan2-ada", metric="gamma"),
    nss_gamma=value("nss", 5, dataset="metfaces", method="stylegan2-nss", metric="gamma"),
    stddev=value("nss", 5, dataset="metfaces", metric="sigma"),
    batch_size=32,
    ema_kimg=10.0,
    paper=[
        ({"augment": "ada"}, figures("nss", 6, dataset="metfaces", method="stylegan2-ada")),
        ({"view": "nss", "augment": "ada"}, figures("nss", 6, dataset="metfaces", method="stylegan2-nss")),
    ],
)

if __name__ == "__main__":
    main(RECIPE)
