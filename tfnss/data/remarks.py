"""What there is to say of images before they are used, in words. It imports no TensorFlow."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tfnss.resolution import Resolution, written

if TYPE_CHECKING:
    from tfnss.data.images import Images

_NAMED = 3  # files to name


def remarks(images: "Images", resolution: Resolution) -> Iterator[str]:
    """A line on files that were passed over, and one on images that were enlarged to the resolution, if there are any."""
    if images.passed_over:
        names = [name for name, _ in images.passed_over]
        more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        yield f"{len(names)} files of {images.name} are no images and were passed over: {', '.join(names[:_NAMED])}{more}"
    if images.upscaled:
        yield enlarged(images.upscaled, len(images), resolution)


def enlarged(upscaled: int, count: int, resolution: Resolution) -> str:
    """That so many of the images were enlarged to a resolution."""
    return f"{upscaled} of {count} images are smaller than {written(resolution)} and were enlarged"
