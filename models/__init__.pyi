from .dcgan import DCGAN as DCGAN
from .mlp_gan import MLPGAN as MLPGAN
from .r3gan import R3GAN as R3GAN
from .sngan import SNGAN as SNGAN
from .stylegan2 import StyleGAN2 as StyleGAN2
