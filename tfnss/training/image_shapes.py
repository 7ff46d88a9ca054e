"""Whether images for training are of the size and the channels that the networks have."""

from collections.abc import Sequence
from typing import Any, TypeAlias

from tfnss.generators import image_shape

ImageShape: TypeAlias = tuple[int | None, ...]  # height, width, channels


def known_shape(generator: Any) -> ImageShape | None:
    """The shape of a generator's images at its full size; None where a network of a user's own does not tell."""
    try:
        shape = tuple(getattr(generator, "output_shape", None) or image_shape(generator))[1:]
    except Exception:  # whatever a network raises that cannot be called without values
        return None
    return shape if all(side is None or isinstance(side, int) for side in shape) else None


def check_shape(images: Sequence[int | None], networks: Sequence[int | None], halvings: int = 0) -> None:
    """Raises a ValueError for images that are not like those of the networks, as far as both are known.

    Args:
        images: Height, width and channels of the images,
        networks: and of the generator's at its full size.
        halvings: How many times the sides are halved where the networks are now.
    """
    due = [side and side >> halvings for side in networks[:2]] + list(networks[2:])
    if _agree(images, due):
        return
    if halvings and _agree(images, networks):
        raise ValueError(
            f"the networks are at {_sides(due)} now, and the images have {_sides(images)}: networks grow in `fit`; for "
            "`train_step`, compile(growth=False)"
        )
    raise ValueError(
        f"the networks make images of {_described(due)}, and the images to train on have {_described(images)}: "
        "bring these to the networks' size and channels, or build the networks for theirs"
    )


def _agree(images: Sequence[int | None], due: Sequence[int | None]) -> bool:
    return len(images) == len(due) and all(None in pair or pair[0] == pair[1] for pair in zip(images, due, strict=True))


def _sides(shape: Sequence[int | None]) -> str:
    return "x".join(map(str, shape[:2]))


def _described(shape: Sequence[int | None]) -> str:
    height, width, channels = shape if len(shape) == 3 else (*shape, None, None, None)[:3]
    return f"height {height}, width {width} and {channels} channels"
