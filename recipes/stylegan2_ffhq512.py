"""StyleGAN2 on FFHQ at 512x512 (NSS-GAN, tables 5 and 6): 5,000 kimg.

    python -m recipes.stylegan2_ffhq512 --data ~/ffhq --nss

The paper has StyleGAN2-ADA (--ada) and StyleGAN2-NSS (--nss), over 5 seeds (`recipes/figures/nss.json`). Its weight of R1 is
that of the configuration `auto` at a batch of 32. The images are mirrored, as in StyleGAN2's own set-up.
"""

from recipes.families.stylegan2 import stylegan2_recipe
from recipes.figures import figures, value
from tfnss.running.command_line import main

RECIPE = stylegan2_recipe(
    "stylegan2_ffhq512",
    "Train StyleGAN2 on FFHQ at 512x512, with ADA or under the noisy scale-space.",
    data="ffhq",
    mirror="on",
    resolution=512,
    kimg=5000,
    gamma=value("nss", 5, dataset="ffhq", method="stylegan2-ada", metric="gamma"),
    nss_gamma=value("nss", 5, dataset="ffhq", method="stylegan2-nss", metric="gamma"),
    stddev=value("nss", 5, dataset="ffhq", metric="sigma"),
    batch_size=32,
    ema_kimg=10.0,
    paper=[
        ({"augment": "ada"}, figures("nss", 6, dataset="ffhq", method="stylegan2-ada")),
        ({"view": "nss"}, figures("nss", 6, dataset="ffhq", method="stylegan2-nss")),
    ],
)

if __name__ == "__main__":
    main(RECIPE)
