from .images import Images as Images
from .loading import load as load
from .loading import originals as originals
from .named import NAMES as NAMES
from .pixels import ImageError as ImageError
from .preparation import Preparation as Preparation
from .preparation import prepare as prepare
