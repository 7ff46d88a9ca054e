from .discriminator import StyleGANDiscriminator as StyleGANDiscriminator
from .generator import StyleGANGenerator as StyleGANGenerator
from .model import StyleGAN as StyleGAN
from .official import official_networks as official_networks
