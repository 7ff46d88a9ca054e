from .dcgan import DCGAN as DCGAN
from .mlp_gan import MLPGAN as MLPGAN
from .official import official_networks as official_networks
from .r3gan import R3GAN as R3GAN
from .sngan import SNGAN as SNGAN
from .stylegan import StyleGAN as StyleGAN
from .stylegan2 import StyleGAN2 as StyleGAN2
