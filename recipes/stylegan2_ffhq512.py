"""StyleGAN2 on FFHQ at 512x512 (NSS-GAN, tables 5 and 6): 5,000 kimg.

    python -m recipes.stylegan2_ffhq512 --data ~/ffhq --nss

The paper's FID and IS over 5 seeds: StyleGAN2-ADA (--ada) 7.27 and 4.61, StyleGAN2-NSS (--nss) 5.52 and 4.91. Table 5's
weight of R1 is that of the configuration `auto` at a batch of 32. The images are mirrored, as in StyleGAN2's own set-up.
"""

from recipes.families.stylegan2 import stylegan2_recipe
from tfnss.running.command_line import main

RECIPE = stylegan2_recipe(
    "stylegan2_ffhq512",
    "Train StyleGAN2 on FFHQ at 512x512, with ADA or under the noisy scale-space.",
    data="ffhq",
    mirror="on",
    resolution=512,
    kimg=5000,
    gamma=1.64,
    stddev=0.1,
    batch_size=32,
    ema_kimg=10.0,
    paper=[
        ({"augment": "ada"}, "FID 7.27, IS 4.61, over 5 seeds"),
        ({"view": "nss"}, "FID 5.52, IS 4.91, over 5 seeds"),
    ],
)

if __name__ == "__main__":
    main(RECIPE)
