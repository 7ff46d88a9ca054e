from .basis import DiscriminativeBasis as DiscriminativeBasis
from .basis import GenerativeBasis as GenerativeBasis
from .block import ResidualBlock as ResidualBlock
from .discriminator import R3GANDiscriminator as R3GANDiscriminator
from .generator import R3GANGenerator as R3GANGenerator
from .model import R3GAN as R3GAN
from .model import gamma_of as gamma_of
