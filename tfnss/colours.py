"""Images as they look: grey as grey, and transparent ones on white."""

from typing import Any

from keras import ops


def rgb(images: Any, low: float = -1.0, high: float = 1.0) -> Any:
    """RGB images of grey, RGB or RGBA ones: grey three times, and alpha laid on white. Differentiable.

    Args:
        images: Floats `[batch, height, width, 1, 3 or 4]` in [low, high]; the alpha `low` is transparent, `high` opaque.
        low: Value of black.
        high: Value of white.

    Returns:
        Floats `[batch, height, width, 3]`; those of RGB images as they are.
    """
    if images.shape[-1] == 1:
        return ops.repeat(images, 3, axis=-1)
    if images.shape[-1] == 4:
        alpha = (images[..., 3:] - low) / (high - low)
        return high + alpha * (images[..., :3] - high)
    return images
