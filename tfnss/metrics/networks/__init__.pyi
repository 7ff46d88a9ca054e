from .choice import NAMES as NAMES
from .choice import load as load
from .embedded import Embedded as Embedded
from .inception import Inception as Inception
from .network import FeatureNetwork as FeatureNetwork
from .network import Outputs as Outputs
from .vgg16 import VGG16 as VGG16
from .vgg16 import vgg16_features as vgg16_features
