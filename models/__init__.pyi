from .dcgan import DCGAN as DCGAN
from .sngan import SNGAN as SNGAN
from .stylegan2 import StyleGAN2 as StyleGAN2
