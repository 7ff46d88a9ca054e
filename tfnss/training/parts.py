"""Whether `compile` is given parts of the right kinds: one of another kind may train silently wrong."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from tfnss.training.augmentation import Augmentation
from tfnss.training.growth import Growth
from tfnss.training.losses import LOSSES, Loss
from tfnss.training.penalty import Penalty


class _Place(NamedTuple):
    """What a part of the game may be.

    Attributes:
        fits: Whether it is,
        takes: and what a message says of that.
    """

    fits: Callable[[Any], bool]
    takes: str


def check_parts(arguments: Mapping[str, Any]) -> None:
    """Raises a ValueError for a part of a game that is not of the kind that its place takes.

    The view and the annealing are looked at where they become a `View`.
    """
    for name, place in _PLACES.items():
        if not place.fits(arguments[name]):
            raise ValueError(f"`{name}` must be {place.takes}. Received: {name}={arguments[name]!r:.100}")


def _is_loss(part: Any) -> bool:
    return isinstance(part, (str, Loss)) or _has(part, "discriminator", "generator", "needs_reals")


def _is_penalties(part: Any) -> bool:
    return isinstance(part, Sequence) and all(isinstance(penalty, Penalty) for penalty in part)


def _has(part: Any, *names: str) -> bool:
    """Whether it has these attributes, and is no class, which somebody forgot to call."""
    return not isinstance(part, type) and all(hasattr(part, name) for name in names)


_PLACES = {
    "loss": _Place(_is_loss, f"one of {', '.join(LOSSES)} or a tfnss.training.Loss"),
    "regularizers": _Place(_is_penalties, "a list of penalties, such as [tfnss.R1(1.0)]"),
    "augmentation": _Place(
        lambda part: part is None or isinstance(part, Augmentation),
        "a tfnss.Augmentation or tfnss.AdaptiveAugmentation, such as tfnss.Augmentation('bgc', 0.5)",
    ),
    "spectral_realness": _Place(
        lambda part: part is None or _has(part, "profile", "classify", "mix"), "a tfnss.SpectralRealness()"
    ),
    "growth": _Place(
        lambda part: part is None or part is False or isinstance(part, Growth), "a tfnss.Growth(), or False for none"
    ),
}
