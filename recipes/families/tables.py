"""What the papers' tables share: names of data sets and the recipes on them."""

from typing import Any

from tfnss.running.table.declaration import Cell

NSS_DATASETS = {
    "celeba": ("CelebA", "dcgan_celeba64"),
    "lsun_church": ("Church", "dcgan_church64"),
    "lsun_conference": ("Conference", "dcgan_conference64"),
    "oxford_flowers": ("Flowers", "dcgan_flowers64"),
}
NSS_METHODS = {
    "gan": "GAN",
    "gan-gr": "GAN-gr",
    "lsgan": "LSGAN",
    "wgan-gp": "WGAN-gp",
    "dragan": "DRAGAN",
    "ss": "SS",
    "ns": "NS",
    "nss": "NSS",
}
LAST_WEIGHTS = {"ema_kimg": 0.0}  # no paper speaks of an average of DCGAN's or SNGAN's generator


def small_dcgan(row: str, kimg: float = 10.0, **settings: Any) -> Cell:
    """A DCGAN on the embedded photographs, minutes on a CPU."""
    own = {"batch_size": 32, "augment": "none", "upsampling": "transposed"}  # nearer to the paper's
    own |= {"initial_time": 256.0, "annealing_power": 20.0}
    given = {"kimg": kimg, "fid_every": 0.0, **own, **LAST_WEIGHTS, **settings}
    return Cell(row, "photographs", "dcgan_photos", given)


# 8x8, 16x16 and 32x32 within the 6 kimg of `small_stylegan2`
SMALL_GROWTH: dict[str, Any] = {"stable_kimg": 1.0, "fade_kimg": 0.75}


def small_stylegan2(row: str, kimg: float = 6.0, **settings: Any) -> Cell:
    """A StyleGAN2 at 32x32 on the embedded photographs, minutes on a CPU."""
    own = {"loss": "non_saturating", "gamma": 1.0, "r2": 0.0, "augment": "none", "noise": "eni", "channel_max": 32}
    own |= {"initial_time": 128.0, "annealing_power": 20.0, "learning_rate": None, "path_length": None}  # the config's
    given = {"resolution": 32, "kimg": kimg, "fid_every": 0.0, **own, **settings}  # nearer to the paper's
    return Cell(row, "photographs", "stylegan2_photos64", given)


def small_sngan(row: str, kimg: float = 20.0, **settings: Any) -> Cell:
    """An SNGAN at 32x32 on the embedded photographs, minutes on a CPU."""
    sizes = {"data": "photos", "width": 0.25, "kimg": kimg, "features": "embedded", "fid_images": 1000}
    return Cell(row, "photographs", "ssd_sngan_cifar100", {**sizes, **LAST_WEIGHTS, **settings})
