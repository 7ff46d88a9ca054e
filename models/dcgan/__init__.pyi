from .model import DCGAN as DCGAN
