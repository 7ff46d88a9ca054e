"""One image, from a file to a uint8 square of 1, 3 or 4 channels."""

import contextlib
import errno
import io
import os
import warnings
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

import numpy as np
from PIL import ExifTags, Image, ImageColor, ImageOps, features

from tfnss.resolution import Resolution, sides

MAX_MEGAPIXELS, MAX_MEGABYTES = 64, 256  # of an image, and of its file once unpacked
_LATER = {"AVIF": "avif", "JPEG2000": "jpg_2000"}  # formats that some builds of Pillow lack, and their features
_KNOWN = {*features.modules, *features.codecs}  # Pillow warns when it is asked for others
FORMATS = (  # of these, Pillow starts no other program
    *("PNG", "JPEG", "WEBP", "TIFF", "BMP", "GIF", "PPM"),
    *(name for name, feature in _LATER.items() if feature in _KNOWN and features.check(feature)),
)
_NAMED = {  # formats and their endings, whether or not they are read here: such a file is an image to its owner
    "PNG": (".png", ".apng"),
    "JPEG": (".jpg", ".jpeg", ".jpe", ".jfif"),
    "WEBP": (".webp",),
    "TIFF": (".tif", ".tiff"),
    "BMP": (".bmp",),
    "GIF": (".gif",),
    "PPM": (".ppm", ".pgm", ".pbm", ".pnm", ".pfm"),
    "AVIF": (".avif", ".avifs"),
    "JPEG2000": (".jp2", ".j2k", ".j2c", ".jpc", ".jpf", ".jpx"),
    "HEIC": (".heic", ".heif", ".hif"),
    "JPEG XL": (".jxl",),
    "TGA": (".tga",),
}
ENDINGS = {ending: kind for kind, endings in _NAMED.items() for ending in endings}  # in lower case, with the dot
MODES = {1: "L", 3: "RGB", 4: "RGBA"}  # Pillow's, of images of so many channels
PREPROCESSING = "centred square, Lanczos"  # of `squeezed` by default; part of the key of cached statistics
_ON_THEIR_SIDE = (5, 6, 7, 8)  # orientations in EXIF whose width is the height that is meant
_BITS, _PHOTOMETRIC, _SAMPLE_FORMAT = 258, 262, 339  # tags of TIFF
_SIGNED = 2  # sample format
_PNG_SCALES = {"L;2": 85, "L;4": 17}  # how Pillow brings grey of few bits to 8
CROPS, FILTERS = ("centre", "wide", "car", "none"), ("lanczos", "box")
BANDED = ("wide", "car")  # of 4:3, between black bands in a square


class ImageError(ValueError):
    """An image that cannot be used.

    Args:
        name: The file that it is in.
        reason: What is wrong with it, after its name.
        remedy: What to do.
    """

    def __init__(self, name: str, reason: str, remedy: str) -> None:
        super().__init__(f"{name} {reason}; {remedy}")
        self.name, self.reason, self.remedy = name, reason, remedy


class NoImageError(ImageError):
    """A file that is no image of `FORMATS`."""


@contextlib.contextmanager
def opened(open_file: Callable[[], BinaryIO], name: str, whole: bool = True) -> Iterator[Image.Image]:
    """The image in a file, turned upright. Without `whole` only its header is read, and it lies as it is stored.

    Raises:
        ImageError: Here or in the block, for a file that is no image of `FORMATS` (`NoImageError`), is damaged, or is over a
            limit.
        OSError: For one that the machine does not give (a failing disk, a missing permission). The message names it.
    """
    try:
        with open_file() as file:
            content: BinaryIO = io.BytesIO(_content(file, name)) if whole else file
            with Image.open(content, formats=FORMATS) as image:
                megapixels = image.width * image.height / 1e6
                if megapixels > MAX_MEGAPIXELS:
                    raise _too_large(name, f"{megapixels:.0f}")
                _check_tiff(image, name)
                _mend_png(image, name)
                yield ImageOps.exif_transpose(image) if whole else image
    except (ImageError, MemoryError):
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):  # Pillow's limits are higher
        raise _too_large(name, "many") from None
    except Image.UnidentifiedImageError:
        raise _not_identified(name) from None
    except Exception as error:  # the readers of files and images raise many kinds for damaged ones
        raise unreadable(name, error) from None


def unreadable(name: str, error: Exception) -> Exception:
    """What a failure to read a file says: the machine's stay errors of the machine, all others are of a damaged file."""
    if isinstance(error, OSError) and error.errno not in (None, errno.EINVAL):  # EINVAL: for an offset without sense
        return OSError(error.errno, f"{name} cannot be read ({error.strerror})")
    return ImageError(name, f"cannot be read ({error})", "remove or replace it")


def _not_identified(name: str) -> ImageError:
    kind = ENDINGS.get(os.path.splitext(name)[1].lower())
    if kind is None or kind in FORMATS:
        return NoImageError(name, "is not an image", "remove it")
    reader = "this Pillow" if kind in _LATER else "tfnss"
    return ImageError(name, f"is {kind} by its name, which {reader} does not read", "convert it to PNG")


def upright_size(image: Image.Image) -> tuple[int, int]:
    """Width and height of an image that lies as it is stored, once it is turned upright, as its header tells."""
    if image.format == "PNG" and "exif" not in image.info:  # Pillow would read all pixels to look behind them
        return image.size
    width, height = image.size
    return (height, width) if image.getexif().get(ExifTags.Base.Orientation, 1) in _ON_THEIR_SIDE else (width, height)


@contextlib.contextmanager
def own_limits() -> Iterator[None]:
    """In the block, Pillow does not warn of large images, which `opened` refuses. To be entered where no threads run."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        yield


def check_colours(channels: int, background: str | None) -> None:
    """Raises a ValueError for other channels than 1, 3 and 4, a background that is no colour, or one with 4 channels."""
    if channels not in MODES:
        raise ValueError(f"`channels` must be 1, 3 or 4. Received: channels={channels}")
    if background is not None:
        try:
            ImageColor.getrgb(background)
        except (ValueError, TypeError, AttributeError):
            raise ValueError(
                f"`background` must be a colour, such as white or #ff8000. Received: background={background}"
            ) from None
    if background is not None and channels == 4:
        raise ValueError(
            "images of 4 channels keep their alpha, so nothing lies under them: leave the background out, or take 1 or 3 "
            f"channels. Received: background={background}, channels=4"
        )


def channels_of(image: Image.Image) -> int:
    """How many channels hold an image as its header tells it: 1 for grey, 4 for what may be transparent, else 3."""
    if image.has_transparency_data:
        return 4
    return 1 if image.mode in ("1", "L", "I", "F") or image.mode.startswith("I;16") else 3


def is_certain(image: Image.Image, channels: int, background: str | None) -> bool:
    """Whether the header tells that `converted` takes an image, if it is not damaged."""
    transparent = image.has_transparency_data and channels != 4 and background is None
    return not transparent and image.mode not in ("I", "F")


def converted(image: Image.Image, channels: int, background: str | None, name: str) -> Image.Image:
    """An image of any kind as 8-bit grey, RGB or RGBA.

    16-bit grey is scaled to 8 bits. An opaque alpha channel is dropped where none is asked for.

    Args:
        image: The image.
        channels: 1 for grey (luminance), 3 for RGB, 4 for RGBA.
        background: Colour on which transparent images are laid where no alpha is asked for.
        name: What errors call the image.

    Raises:
        ImageError: For a transparent image without background, floating point, or integers out of 16 bits.
    """
    if image.mode == "F":
        raise ImageError(name, "has pixels of floating point", "convert it to 8 bits")
    if image.mode == "I" or image.mode.startswith("I;16"):
        image = _eight_bits(image, name)
    if image.has_transparency_data:
        image = image.convert("RGBA")
        if channels != 4 and image.getchannel("A").getextrema() != (255, 255):
            if background is None:
                remedy = "lay it on a colour (--background white, say), or take 4 channels (--channels 4)"
                raise ImageError(name, "is transparent in places", remedy)
            colour = Image.new("RGBA", image.size, (*ImageColor.getrgb(background)[:3], 255))
            image = Image.alpha_composite(colour, image)
    if image.mode not in ("1", "L", "RGB"):
        image = image.convert("RGBA" if channels == 4 and image.mode == "RGBA" else "RGB")
    return image if image.mode == MODES[channels] else image.convert(MODES[channels])


def _eight_bits(image: Image.Image, name: str) -> Image.Image:
    """16-bit grey as 8-bit grey, with alpha where the header names a transparent grey."""
    values = np.asarray(image).astype(np.int64)
    if values.min() < 0 or values.max() > 65_535:
        raise ImageError(name, f"has values from {values.min()} to {values.max()}, not 16 bits", "convert it to 8 bits")
    grey = ((values + 128) // 257).astype(np.uint8)
    transparent = image.info.get("transparency")
    if not isinstance(transparent, int):
        return Image.fromarray(grey)
    return Image.fromarray(np.dstack([grey, np.where(values == transparent, 0, 255).astype(np.uint8)]))


def squeezed(image: Image.Image, resolution: Resolution, crop: str = "centre", filter: str = "lanczos") -> np.ndarray:
    """An image of one of `MODES` at a resolution: uint8 `[height, width, channels]`.

    Args:
        image: The image.
        resolution: Side of a square, or height and width, in pixels.
        crop: `centre` for the largest centred part of the resolution's shape, such as a square; `wide`, for squares alone,
            for the centred 4:3 rectangle, between black bands above and below (that of StyleGAN2's LSUN-Car; transparent
            ones with alpha); `car` for the same as StyleGAN's code prepares LSUN-Car: all columns, and as many centred rows
            as are 3/4 of the resolution once the width is it; so other images than those of its width are distorted, and
            smaller ones cannot be used; `none` for the whole image, distorted unless it has the shape.
        filter: `lanczos`, or `box` for averages of areas; both antialiased.

    Raises:
        ImageError: For an image that `car` cannot use.
    """
    box, size = _kept(image.size, resolution, crop)
    small = resized(image, size, box, filter)
    if crop not in BANDED:
        return small
    height, width = sides(resolution)
    bands = np.zeros((height, width, small.shape[2]), np.uint8)
    top = (height - size[1]) // 2
    bands[top : top + size[1]] = small
    return bands


def is_enlarged(size: tuple[int, int], resolution: Resolution, crop: str = "centre") -> bool:
    """Whether `squeezed` enlarges what it keeps of an image of (width, height), in either direction."""
    (left, top, right, bottom), (width, height) = _kept(size, resolution, crop)
    return right - left < width or bottom - top < height


def resized(
    image: Image.Image, size: tuple[int, int], box: tuple[float, float, float, float], filter: str = "lanczos"
) -> np.ndarray:
    """A box (left, top, right, bottom) of an image, resized with antialiasing to (width, height): uint8 `[height, width,
    channels]`. Pillow weights colours by alpha, so that those of transparent pixels do not bleed into others."""
    if image.mode == "RGBA" and image.getchannel("A").getextrema() == (
        255,
        255,
    ):  # no weights, and none of their rounding
        colours = resized(image.convert("RGB"), size, box, filter)
        return np.dstack([colours, np.full(colours.shape[:2], 255, np.uint8)])
    if filter == "lanczos":
        small: Any = image.resize(size, Image.Resampling.LANCZOS, box=box, reducing_gap=3.0)
    else:
        small = image.resize(size, Image.Resampling.BOX, box=box)
    return as_array(small)


def as_array(image: Image.Image) -> np.ndarray:
    """The pixels of an 8-bit image, `[height, width, channels]`, as a copy."""
    pixels = np.array(image)
    return pixels[..., None] if pixels.ndim == 2 else pixels


def as_image(pixels: np.ndarray) -> Image.Image:
    """The image of pixels `[height, width, 1, 3 or 4]`."""
    return Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels)


def png(pixels: np.ndarray) -> bytes:
    """The pixels `[height, width, 1, 3 or 4]` as a PNG file: quickly, a few per cent larger than the smallest."""
    file = io.BytesIO()
    as_image(pixels).save(file, "PNG", compress_level=1)
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


def _check_tiff(image: Image.Image, name: str) -> None:
    """Raises an ImageError for TIFFs whose pixels Pillow gives as they are stored, on another scale:
    signed ones, and some grey ones of over 8 bits."""
    if image.format != "TIFF":
        return
    tags: Any = image.tag_v2  # type: ignore[attr-defined]
    bits = tags.get(_BITS, (16,))[0]
    if tags.get(_SAMPLE_FORMAT, (1,))[0] == _SIGNED and bits < 32:  # those of 32 bits may hold unsigned ones of 16
        raise ImageError(name, f"is a TIFF of signed numbers of {bits} bits", "convert it to unsigned ones of 8 bits")
    white = "0" if tags.get(_PHOTOMETRIC) == 0 else "the highest number"
    if image.mode.startswith("I;16") and (bits, white) != (16, "the highest number"):
        raise ImageError(name, f"is a grey TIFF of {bits} bits whose white is {white}", "convert it to 8 bits")


def _mend_png(image: Image.Image, name: str) -> None:
    """Brings the transparent grey or colour of a PNG to the scale of its pixels, which Pillow leaves as it is stored.

    Raises:
        ImageError: For a colour of 16 bits: Pillow gives 8 of them, so that it cannot be told from those near it.
    """
    transparent = image.info.get("transparency")
    if image.format != "PNG" or image.mode not in ("L", "RGB") or transparent is None:
        return
    stored = _stored_mode(image)
    if stored == "RGB;16B":
        raise ImageError(name, "has a transparent colour of 16 bits", "convert it to 8 bits")
    scale = _PNG_SCALES.get(stored, 1)
    most = 255 // scale  # the bits above are to be ignored
    image.info["transparency"] = (
        (transparent & most) * scale if image.mode == "L" else tuple(value & most for value in transparent)
    )


def _stored_mode(image: Image.Image) -> str:
    """How Pillow calls the pixels as an image holds them."""
    tiles: Any = image.tile  # type: ignore[attr-defined]
    return str(tiles[0][3]) if tiles else image.mode


def _too_large(name: str, megapixels: str) -> ImageError:
    return ImageError(name, f"has {megapixels} megapixels, over the limit of {MAX_MEGAPIXELS}", "shrink it")


def _kept(
    size: tuple[int, int], resolution: Resolution, crop: str
) -> tuple[tuple[int, int, int, int], tuple[int, int]]:
    """What `squeezed` keeps (left, top, right, bottom) of an image of (width, height), and the size that this becomes."""
    height, width = sides(resolution)
    if crop == "none":
        return (0, 0, *size), (width, height)
    if crop == "centre":
        return _centred(size, width, height), (width, height)
    bands = width, max(1, round(width * 3 / 4))
    return (_centred(size, 4, 3) if crop == "wide" else _columns(size, *bands)), bands


def _columns(size: tuple[int, int], width: int, height: int) -> tuple[int, int, int, int]:
    """All columns, and the centred rows that StyleGAN's code keeps of LSUN-Car."""
    rows = round(width * size[1] / size[0])
    if size[0] < width or rows < height:
        raise ImageError("an image", f"has {size[0]}x{size[1]} pixels, too few for crop=car", "take crop=wide")
    top = (size[1] - rows) // 2
    return 0, top, size[0], top + rows


def _centred(size: tuple[int, int], across: int, down: int) -> tuple[int, int, int, int]:
    """The largest centred rectangle of the aspect across:down, of at least one pixel."""
    width, height = min(size[0], size[1] * across // down), min(size[1], size[0] * down // across)
    width, height = max(width, 1), max(height, 1)
    left, top = (size[0] - width) // 2, (size[1] - height) // 2
    return left, top, left + width, top + height
