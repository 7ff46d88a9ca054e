"""Images to train on."""

from tfnss.data.images import Images
from tfnss.data.loading import load

__all__ = ["Images", "load"]
