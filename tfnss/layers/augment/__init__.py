"""Augmentation of the images that a discriminator sees (StyleGAN2-ADA), one stage of it a file."""

from tfnss.layers.augment.pipeline import PIPELINES, Augment

__all__ = ["PIPELINES", "Augment"]
