"""What metrics are called, and what a result tells beside their values."""

from collections.abc import Iterable
from typing import Any

# NVIDIA's names: `ppl_...` crop to the region of a face, `ppl2_...` do not.
PATH_LENGTHS: dict[str, dict[str, Any]] = {
    f"{name}_{space}{sampling}": {"space": space, "sampling": sampling, "crop": name == "ppl"}
    for name in ("ppl", "ppl2")
    for space in "zw"
    for sampling in ("full", "end")
}
FACES = ("ffhq", "metfaces")  # of which the region is known: their faces are aligned alike
NAMES = ("fid", "is", "kid", "pr", "spectrum", "ppl", *PATH_LENGTHS, "condition")
"""The metrics that `Evaluation` knows by name."""
# What a record tells of how its values came about.
CONDITIONS = (
    "network",
    "comparable",
    "resize",
    "perceptual_network",
    "reals",
    "reference",
    "real_images",
    "fake_images",
    "classes",
    "size",
    "seed",
    "batch_size",
)


def check_names(metrics: Iterable[str]) -> tuple[str, ...]:
    """The names of metrics, each once.

    Raises:
        ValueError: For an unknown one, or none.
    """
    names = tuple(dict.fromkeys(metrics))
    unknown = [name for name in names if name not in NAMES]
    if unknown or not names:
        raise ValueError(f"{unknown[0] if unknown else 'nothing'} is not a metric; choose of {', '.join(NAMES)}")
    return names
