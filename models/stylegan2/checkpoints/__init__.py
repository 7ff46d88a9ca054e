"""Official StyleGAN2 checkpoints, read without executing anything of them."""

from models.stylegan2.checkpoints.read import Checkpoint, read_checkpoint

__all__ = ["Checkpoint", "read_checkpoint"]
