"""The sections of a recipe's `--help`, from the top on."""

OWN = "this experiment"
IMAGES = "images"
RUN = "the run"
MEASURING = "measuring"
MACHINE = "machine and memory"
NETWORKS = "networks"
GAME = "losses, penalties, steps and averages"
SHOWN = "what the discriminator is shown (NSS-GAN)"
AUGMENTATION = "augmentation"
SPECTRAL = "spectral classifier (SSD-GAN)"
GROWING = "growing"
ALL = (OWN, IMAGES, RUN, MEASURING, MACHINE, NETWORKS, GAME, SHOWN, AUGMENTATION, SPECTRAL, GROWING)
