"""Files beside images: captions, notes, databases of thumbnails."""

from concurrent.futures import ThreadPoolExecutor

from tfnss.data import pixels
from tfnss.data.mapping import mapped, tracked
from tfnss.data.sources import Files, has_image_name, path


def found(files: Files) -> list[tuple[str, str]]:
    """Names of files that are no images, and the reasons, in order.

    A file whose name ends as those of images do counts as one, whatever is in it; of others the headers are read.

    Raises:
        OSError: For a file that the machine does not give.
    """
    if not files.mixed:
        return []
    unclear = [index for index, name in enumerate(files.names) if not has_image_name(name)]

    def reason(index: int) -> str | None:
        try:
            with pixels.opened(lambda: files.open(index), path(files, index), whole=False):
                return None
        except pixels.NoImageError as error:
            return error.reason
        except pixels.ImageError:  # of an image, which says so when it is read
            return None

    with pixels.own_limits(), ThreadPoolExecutor() as pool:
        reasons = list(tracked(mapped(pool, reason, unclear), "looking for images", len(unclear)))
    return [(files.names[index], why) for index, why in zip(unclear, reasons, strict=True) if why is not None]


def pass_over(files: Files) -> list[tuple[str, str]]:
    """Takes files that are no images out of `files.names`, and gives their names and the reasons.

    Raises:
        ValueError: If nothing is left. The message names the place.
        OSError: For a file that the machine does not give.
    """
    others = found(files)
    names = {name for name, _ in others}
    files.names = [name for name in files.names if name not in names]
    if not files.names:
        raise ValueError(f"{files.name} holds no images ({' '.join(others[0])}); name a folder or zip of images")
    return others
