"""Networks and their papers' defaults, on the engine of `tfnss.training`."""

from models.dcgan import DCGAN
from models.sngan import SNGAN
from models.stylegan2 import StyleGAN2

__all__ = ["DCGAN", "SNGAN", "StyleGAN2"]
