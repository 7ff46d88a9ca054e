"""Networks and their papers' defaults, on the engine of `tfnss.training`."""

from models.dcgan import DCGAN

__all__ = ["DCGAN"]
