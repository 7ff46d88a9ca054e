"""What the library asks of a generator."""

from typing import Any


def latent_width(generator: Any) -> Any:
    """Width of the latents: the attribute `latent_dim`, else that of a functional model's input; None if unknown."""
    width = getattr(generator, "latent_dim", None)
    if width is None and getattr(generator, "input_shape", None) is not None:
        width = generator.input_shape[-1]
    return width


def has_styles(generator: Any) -> bool:
    """Whether it is made of `mapping`, `styles` and `synthesis` (see `models.stylegan2.StyleGAN2Generator`)."""
    return all(hasattr(generator, part) for part in ("mapping", "styles", "synthesis"))
