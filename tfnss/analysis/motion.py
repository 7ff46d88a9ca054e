"""What moves in films of a generator: one code after the other, as closed loops."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from tfnss.analysis.loops import loop, wave
from tfnss.serving.drawing import Key, Model
from tfnss.serving.exported import Code


def through(model: Model, keys: Sequence[Key], frames: int, layers: Sequence[int] | None = None) -> Iterator[Code]:
    """A loop through the images of keys, `frames` from each to the next: in W where there are styles, else among latents.

    Args:
        model: The model.
        keys: Seeds or names of pictures, 2 or more.
        frames: Frames from one to the next.
        layers: Slots of styles that move, the others being the first image's; None for all.

    Raises:
        ValueError: For fewer keys. A class, and noise of a picture's own, are the first image's throughout.
    """
    codes = [model.code(key) for key in keys]
    points = loop(np.stack([code.point for code in codes]), frames, of_latents=not model.slots)
    if layers is not None:
        points = np.where(np.isin(np.arange(model.slots), layers)[:, np.newaxis], points, codes[0].point)
    return (codes[0]._replace(point=point) for point in points)


def through_truncation(model: Model, key: Key, frames: int, truncation: float) -> Iterator[Code]:
    """One image from its truncation over the average to the opposite of it, and back: `truncation` times cosines."""
    return (model.code(key, truncation * share) for share in wave(frames))


def through_steps(
    model: Model, key: Key, frames: int, step: Callable[[Code, float], Code], amount: float
) -> Iterator[Code]:
    """One image `amount` steps along a direction, as many the other way, and back."""
    code = model.code(key)
    return (step(code, amount * share) for share in wave(frames))
