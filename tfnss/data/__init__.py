"""Images to train on."""

from tfnss.data.images import Images
from tfnss.data.loading import NAMES, load, originals
from tfnss.data.pixels import ImageError
from tfnss.data.preparation import Preparation, prepare

__all__ = ["NAMES", "ImageError", "Images", "Preparation", "load", "originals", "prepare"]
