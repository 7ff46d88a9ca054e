"""StyleGAN with spectral realness on FFHQ (SSD-GAN, table 1): 25,000 kimg, growing from 8x8 to 1024x1024.

    python -m recipes.ssd_stylegan_ffhq --data ~/ffhq --spectral none
    python -m recipes.ssd_stylegan_ffhq --data ~/ffhq

The paper trains the code of StyleGAN on four GPUs, whose batch sizes these are. Its own code for this experiment is not
released: the classifier of spectra has one network for each resolution here, each of which begins when its resolution does.
Probabilities are mixed, as in the paper's text (--mixing logit for its code's way). The images are mirrored, as in StyleGAN.
"""

from recipes.families.stylegan2 import stylegan2_recipe
from recipes.figures import figures
from tfnss.running.command_line import main

RECIPE = stylegan2_recipe(
    "ssd_stylegan_ffhq",
    "Train StyleGAN on FFHQ at 1024x1024 with spectral realness.",
    data="ffhq",
    mirror="on",
    resolution=1024,
    kimg=25000,
    config="a",
    growing_batches="stylegan-4",
    spectral="ssd",
    mixing="probability",
    paper=[
        ({"spectral": spectral}, figures("ssd", 1, dataset="ffhq", method=method))
        for method, spectral in (("stylegan", "none"), ("ssd-stylegan", "ssd"))
    ],
    origin="SSD-GAN",
)

if __name__ == "__main__":
    main(RECIPE)
