"""Images on disk for tests, good and hostile."""

import io
import struct
import zipfile
import zlib

import numpy as np
from PIL import Image


def encoded(pixels, format="PNG", **options):
    file = io.BytesIO()
    image = pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)
    image.save(file, format, **options)
    return file.getvalue()


def noise(height=24, width=32, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def good_files(count=12):
    """Names and contents of files in two subfolders, PNG and JPEG, of several sizes."""
    return {
        f"{'ab'[index % 2]}/{index:02d}.{'jpg' if index % 3 == 1 else 'png'}": encoded(
            noise(20 + index, 30, index), "JPEG" if index % 3 == 1 else "PNG"
        )
        for index in range(count)
    }


def write_folder(folder, files):
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def write_zip(path, files, method=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def write_lmdb(folder, files):
    import lmdb

    with lmdb.open(str(folder), map_size=2**24) as database, database.begin(write=True) as transaction:
        for name, content in files.items():
            transaction.put(name.encode(), content)
    return folder


def huge_png(width, height):
    """A PNG whose header promises this size, and which holds next to nothing."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(99))) + chunk(b"IEND", b"")
    )


def truncated(format):
    content = encoded(noise(64, 64), format)
    return content[: len(content) // 2]


def with_orientation(pixels, orientation, format="JPEG"):
    exif = Image.Exif()
    exif[274] = orientation
    return encoded(pixels, format, exif=exif, **({"quality": 100, "subsampling": 0} if format == "JPEG" else {}))


def alpha(opacity):
    """An RGBA PNG, whose first pixel has this opacity; all others are opaque."""
    pixels = np.dstack([noise(), np.full((24, 32), 255, np.uint8)])
    pixels[0, 0, 3] = opacity
    return encoded(pixels)


# What a file holds, why training refuses it (None: it does not), and why a preparation skips it (None: it does not). What
# is not an image is passed over by training.
HOSTILE = {
    "text": (b"hello", "is not an image", "is not an image"),
    "empty": (b"", "is not an image", "is not an image"),
    "postscript": (encoded(noise(), "EPS"), "is not an image", "is not an image"),
    "png-100-megapixels": (huge_png(10_000, 10_000), "has 100 megapixels", "has 100 megapixels, over the limit of 64"),
    "png-900-megapixels": (huge_png(30_000, 30_000), "megapixels", "megapixels, over the limit of 64"),
    "truncated-jpeg": (truncated("JPEG"), "cannot be read", "cannot be read"),
    "truncated-png": (truncated("PNG"), "cannot be read", "cannot be read"),
    "grey": (encoded(noise()[..., 0]), None, None),
    "black-and-white": (encoded(Image.new("1", (32, 32), 1)), None, None),
    "palette": (encoded(Image.fromarray(noise()).quantize(16)), None, None),
    "opaque-alpha": (alpha(255), None, None),
    "alpha": (alpha(254), "is transparent in places", "is transparent in places"),
    "transparent-gif": (
        encoded(Image.new("P", (9, 9)), "GIF", transparency=0),
        "is transparent in places",
        "is transparent in places",
    ),
    "cmyk": (encoded(Image.new("CMYK", (32, 32)), "JPEG"), None, None),
    "grey-16-bit": (encoded(np.zeros((9, 9), np.uint16)), None, None),
    "floats": (encoded(Image.new("F", (9, 9)), "TIFF"), "has pixels of floating point", "has pixels of floating point"),
    "grey-32-bit": (
        encoded(Image.new("I", (9, 9), 70_000), "TIFF"),
        "has values from 70000 to 70000, not 16 bits",
        "has values from 70000 to 70000",
    ),
}
