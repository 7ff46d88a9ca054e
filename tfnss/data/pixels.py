"""One image, from a file to a uint8 square."""

import contextlib
import errno
import io
import warnings
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

import numpy as np
from PIL import Image, ImageOps

MAX_MEGAPIXELS, MAX_MEGABYTES = 64, 256  # of an image, and of its file once unpacked
FORMATS = ("PNG", "JPEG", "WEBP", "TIFF", "BMP", "GIF", "PPM")  # of these, Pillow starts no other program
PREPROCESSING = "centred square, Lanczos"  # of `squeezed` by default; part of the key of cached statistics
CROPS, FILTERS = ("centre", "wide", "none"), ("lanczos", "box")


class ImageError(ValueError):
    """An image that cannot be used.

    Args:
        name: The file that it is in.
        reason: What is wrong with it, after its name.
        remedy: What to do.
    """

    def __init__(self, name: str, reason: str, remedy: str) -> None:
        super().__init__(f"{name} {reason}; {remedy}")
        self.reason = reason


@contextlib.contextmanager
def opened(open_file: Callable[[], BinaryIO], name: str, whole: bool = True) -> Iterator[Image.Image]:
    """The image in a file, turned upright. Without `whole` only its header is read, and it lies as it is stored.

    Raises:
        ImageError: Here or in the block, for a file that is no image of `FORMATS`, is damaged, or is over a limit.
        OSError: For one that the machine does not give (a failing disk, a missing permission). The message names it.
    """
    try:
        with open_file() as file:
            content: BinaryIO = io.BytesIO(_content(file, name)) if whole else file
            with Image.open(content, formats=FORMATS) as image:
                megapixels = image.width * image.height / 1e6
                if megapixels > MAX_MEGAPIXELS:
                    raise _too_large(name, f"{megapixels:.0f}")
                yield ImageOps.exif_transpose(image) if whole else image
    except (ImageError, MemoryError):
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):  # Pillow's limits are higher
        raise _too_large(name, "many") from None
    except Image.UnidentifiedImageError:
        raise ImageError(name, "is not an image", "remove it") from None
    except Exception as error:  # the readers of files and images raise many kinds for damaged ones
        raise unreadable(name, error) from None


def unreadable(name: str, error: Exception) -> Exception:
    """What a failure to read a file says: the machine's stay errors of the machine, all others are of a damaged file."""
    if isinstance(error, OSError) and error.errno not in (None, errno.EINVAL):  # EINVAL: for an offset without sense
        return OSError(error.errno, f"{name} cannot be read ({error.strerror})")
    return ImageError(name, f"cannot be read ({error})", "remove or replace it")


@contextlib.contextmanager
def own_limits() -> Iterator[None]:
    """In the block, Pillow does not warn of large images, which `opened` refuses. To be entered where no threads run."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        yield


def check_rgb(image: Image.Image, name: str) -> None:
    """Raises `ImageError` for an image of other channels than red, green and blue."""
    if image.mode != "RGB":
        raise ImageError(
            name,
            f"has {len(image.getbands())} channels ({image.mode})",
            "convert it to 3-channel RGB, as tfnss.data.prepare does where that is safe",
        )


def as_rgb(image: Image.Image, name: str) -> Image.Image:
    """Grey, palette and opaque images as RGB.

    Raises:
        ImageError: For an image that is transparent anywhere, or of other channels (CMYK, 16-bit grey, ...).
    """
    transparent = "transparency" in image.info or image.mode in ("LA", "PA", "RGBA", "La", "RGBa")
    if transparent and image.mode in ("RGB", "L", "LA", "P", "PA", "RGBA"):
        image = image.convert("RGBA")
        if image.getchannel("A").getextrema() != (255, 255):
            raise ImageError(name, "is transparent in places", "lay it on a background")
    elif transparent or image.mode not in ("RGB", "L", "1", "P"):
        check_rgb(image, name)
    return image.convert("RGB")


def squeezed(image: Image.Image, resolution: int, crop: str = "centre", filter: str = "lanczos") -> np.ndarray:
    """An RGB image as a square: uint8 `[resolution, resolution, 3]`.

    Args:
        image: The image.
        resolution: Height and width of the square in pixels.
        crop: `centre` for the centred square; `wide` for the centred 4:3 rectangle, between black bands above and below
            (that of StyleGAN2's LSUN-Car); `none` for the whole image, distorted unless it is square.
        filter: `lanczos`, or `box` for averages of areas; both antialiased.
    """
    if crop == "none":
        return resized(image, (resolution, resolution), (0, 0, *image.size), filter)
    if crop == "centre":
        return resized(image, (resolution, resolution), _centred(image.size, 1, 1), filter)
    bands = np.zeros((resolution, resolution, 3), np.uint8)
    height = max(1, round(resolution * 3 / 4))
    top = (resolution - height) // 2
    bands[top : top + height] = resized(image, (resolution, height), _centred(image.size, 4, 3), filter)
    return bands


def resized(
    image: Image.Image, size: tuple[int, int], box: tuple[float, float, float, float], filter: str = "lanczos"
) -> np.ndarray:
    """A box (left, top, right, bottom) of an RGB image, resized with antialiasing to (width, height)."""
    if filter == "lanczos":
        small: Any = image.resize(size, Image.Resampling.LANCZOS, box=box, reducing_gap=3.0)
    else:
        small = image.resize(size, Image.Resampling.BOX, box=box)
    return np.asarray(small)


def png(pixels: np.ndarray) -> bytes:
    """The pixels as a PNG file: quickly, a few per cent larger than the smallest."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG", compress_level=1)
    return file.getvalue()


def _content(file: BinaryIO, name: str) -> bytes:
    """The bytes of a file; hardly more is read than may be, whatever an archive claims."""
    content = bytearray()
    while piece := file.read(2**20):
        content += piece
        if len(content) > MAX_MEGABYTES * 10**6:
            raise too_long(name)
    return bytes(content)


def too_long(name: str) -> ImageError:
    """The error for a file over the limit."""
    return ImageError(name, f"is over the limit of {MAX_MEGABYTES} MB", "remove it")


def _too_large(name: str, megapixels: str) -> ImageError:
    return ImageError(name, f"has {megapixels} megapixels, over the limit of {MAX_MEGAPIXELS}", "shrink it")


def _centred(size: tuple[int, int], across: int, down: int) -> tuple[int, int, int, int]:
    """The largest centred rectangle of the aspect across:down."""
    width, height = min(size[0], size[1] * across // down), min(size[1], size[0] * down // across)
    left, top = (size[0] - width) // 2, (size[1] - height) // 2
    return left, top, left + width, top + height
