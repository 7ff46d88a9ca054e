"""Products of small matrices, exact to float32."""

from typing import Any

from keras import ops


def product(a: Any, b: Any) -> Any:
    """a @ b in full float32: accelerators round the factors of their matrix products, here by a tenth of a pixel.

    Args:
        a: `[..., rows, inner]`.
        b: `[..., inner, columns]`.
    """
    return ops.sum(a[..., :, :, None] * b[..., None, :, :], axis=-2)
