"""Images to train on."""

from tfnss.data.images import Images
from tfnss.data.loading import NAMES, load

__all__ = ["NAMES", "Images", "load"]
