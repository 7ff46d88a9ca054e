"""Sizes that several benchmarks measure."""

from typing import Any

from recipes.dcgan_photos import RECIPE


def main_job() -> tuple[dict[str, Any], int]:
    """The arguments of `models.DCGAN` and the batch of `recipes.dcgan_photos`."""
    settings = RECIPE.settings()
    return {name: settings[name] for name in ("resolution", "base_width", "upsampling")}, settings["batch_size"]
