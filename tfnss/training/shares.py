"""How a global batch is divided over replicas, accumulation steps and groups."""

import logging
from collections.abc import Mapping
from typing import Any

from tfnss.layers import MinibatchStandardDeviation
from tfnss.training.view import View

logger = logging.getLogger("tfnss")


def check_steps(arguments: Mapping[str, Any]) -> None:
    """Raises a ValueError for numbers of steps below 1."""
    for name in ("discriminator_steps", "accumulation_steps", "steps_per_execution"):
        if not isinstance(arguments[name], int) or arguments[name] < 1:
            raise ValueError(f"`{name}` must be a whole number >= 1. Received: {arguments[name]!r}")


def check_batch_size(batch_size: int, replicas: int, accumulation_steps: int, discriminator: Any) -> None:
    """Raises a ValueError if a global batch of this size cannot be divided over replicas, steps and groups."""
    parts = replicas * accumulation_steps
    if batch_size % (2 * parts) and parts > 1:
        raise ValueError(
            f"{replicas} replicas and {accumulation_steps} accumulation steps need an even share each of the batch: "
            f"a multiple of {2 * parts}. Received: batch_size={batch_size}"
        )
    share = batch_size // parts
    for layer in discriminator._flatten_layers():
        if isinstance(layer, MinibatchStandardDeviation) and share % min(layer.group_size, share):
            raise ValueError(
                f"a share of {share} images is no multiple of the minibatch standard deviation's groups of "
                f"{layer.group_size}. Received: batch_size={batch_size}"
            )


def warn_of_mixed_groups(share: int, discriminator: Any, view: Any) -> None:
    """Says so where shown and clean images of a half batch meet in a group of the minibatch standard deviation.

    Every other image is shown, and group i holds every n-th image from i on: groups are of one kind for an even n.
    """
    if not isinstance(view, View) or not view.half_batch:
        return
    for layer in discriminator._flatten_layers():
        if not isinstance(layer, MinibatchStandardDeviation):
            continue
        group = min(layer.group_size, share)
        if group > 1 and share // group % 2:
            logger.warning(
                f"shown and clean images meet in the minibatch standard deviation's groups of {group}, which tells the "
                f"discriminator of the view: take a share of a multiple of {2 * group} images per device, or "
                f"View(..., half_batch=False). Received: a share of {share}"
            )
            return
