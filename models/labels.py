"""Labels of conditional networks."""

from typing import Any


def check_labels(labels: Any, classes: int) -> None:
    """Raises a ValueError where labels and classes do not go together."""
    if classes and labels is None:
        raise ValueError(f"a network of {classes} classes needs labels, one-hot [batch, {classes}]")
    if labels is not None and (len(labels.shape) != 2 or labels.shape[-1] != classes):
        raise ValueError(f"labels must be one-hot [batch, {classes}]. Received: shape {tuple(labels.shape)}")
