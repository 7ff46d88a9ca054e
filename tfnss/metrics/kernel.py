"""The kernel distance between two sets of activations (Binkowski et al. 2018), TF-GAN's."""

import numpy as np

from tfnss.metrics import tfgan
from tfnss.metrics.activations import Activations, as_pair

BLOCK_SIZE = 1024


class KernelDistance:
    """Streaming `kernel_distance`: `real.update(...)`, `fake.update(...)`, `result()`; keeps the activations.

    Args:
        block_size: Most activations of one set in a block of the estimate.
    """

    def __init__(self, block_size: int = BLOCK_SIZE) -> None:
        self.block_size = block_size
        self.real, self.fake = Activations(), Activations()

    def result(self) -> float:
        return kernel_distance(self.real.array, self.fake.array, self.block_size)


def kernel_distance(a: np.ndarray, b: np.ndarray, block_size: int = BLOCK_SIZE) -> float:
    """Unbiased estimate of the squared maximum mean discrepancy under the kernel (xᵀy / d + 1)³.

    With Inception's pool3 activations this is the KID. Unlike the Fréchet distance it is unbiased at any count: its mean is
    zero for sets of one distribution, so that it may be negative.

    Args:
        a: Activations `[count, d]`, at least 2, in random order.
        b: The same of the other set.
        block_size: Most activations of one set in a block; the blocks' estimates are averaged.

    Raises:
        ValueError: For fewer than 2 activations, widths that differ, or values that are not finite.
    """
    return kernel_distance_and_error(a, b, block_size)[0]


def kernel_distance_and_error(a: np.ndarray, b: np.ndarray, block_size: int = BLOCK_SIZE) -> tuple[float, float]:
    """`kernel_distance` and its standard error over blocks (NaN for one block)."""
    a, b = as_pair(a, b)
    blocks = -(-max(len(a), len(b)) // max(block_size, 1))
    if block_size < 2 or min(len(a), len(b)) < 2 * blocks:
        raise ValueError(
            "the kernel distance needs 2 activations of each set in every block; use equal counts and a larger block. "
            f"Received: {len(a)} and {len(b)} activations, block_size={block_size}"
        )
    return tfgan.kernel_distance_and_error(a, b, block_size)
