"""A folder of odd files, as people have them: each is used, or named in what is printed or in an error with its remedy."""

import json
import struct
import zlib

import numpy as np
import pytest
from PIL import Image, features

from recipes.dcgan_photos import RECIPE
from tests.data.places import alpha, encoded, huge_png, noise, truncated, with_orientation, write_folder
from tfnss import data
from tfnss.commands import entry
from tfnss.data.pixels import FORMATS
from tfnss.data.remarks import remarks
from tfnss.running.command_line import main

COLOURS = noise(40, 48)
PICTURE = Image.fromarray(COLOURS)


def png_of_16_bits(values):
    """An RGB file of 16 bits, which Pillow cannot write, from `[height, width, 3]`."""

    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    height, width, _ = values.shape
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
    header = struct.pack(">IIBBBBB", width, height, 16, 2, 0, 0, 0)
    chunks = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


def images():
    """Names and contents of the images that can be used, transparent ones on a background."""
    seen_through = PICTURE.quantize(16)
    grey = PICTURE.convert("L")
    found = {
        "palette.png": encoded(PICTURE.quantize(16)),
        "grey-16-bit.png": encoded(COLOURS[..., 0].astype(np.uint16) * 257),
        "rgb-16-bit.png": png_of_16_bits(COLOURS.astype(np.uint16) * 257),
        "cmyk.jpg": encoded(PICTURE.convert("CMYK"), "JPEG"),
        "rotated.jpg": with_orientation(COLOURS, 6),
        "photo.webp": encoded(PICTURE, "WEBP"),
        "moving.gif": encoded(PICTURE, "GIF", save_all=True, append_images=[Image.fromarray(noise(40, 48, 1))]),
        "scan.tif": encoded(PICTURE, "TIFF"),
        "old.bmp": encoded(PICTURE, "BMP"),
        "dot.png": encoded(COLOURS[:1, :1]),
        "grey.png": encoded(grey),
        "one-bit.png": encoded(PICTURE.convert("1")),
        "UPPER.JPG": encoded(PICTURE, "JPEG"),
        "no-ending": encoded(PICTURE),
    }
    transparent = {
        "palette-transparent.png": encoded(seen_through, transparency=seen_through.getpixel((0, 0))),
        "one-transparent-pixel.png": alpha(0),
        "grey-alpha.png": encoded(Image.merge("LA", (grey, grey.point(lambda value: value // 2)))),
    }
    if "AVIF" in FORMATS and features.check("avif"):
        found["photo.avif"] = encoded(PICTURE, "AVIF")
    return found, transparent


BESIDE = {
    "README": b"how these were made",
    "Thumbs.db": b"\xd0\xcf\x11\xe0 thumbnails",
    "captions.txt": b"a cat",
    "labels.json": b"{}",
}
DAMAGED = {
    "cut.jpg": (truncated("JPEG"), "cannot be read"),
    "empty.png": (b"", "is not an image; remove it"),
    "huge.png": (huge_png(13_000, 5_000), "has 65 megapixels, over the limit of 64; shrink it"),
    "text.png": (b"no image", "is not an image; remove it"),
}


def train(folder, run, *flags):
    flags = ["--batch-size", "8", "--kimg", "0.016", "--checkpoint-every", "0.016", "--base-width", "4", *flags]
    main(RECIPE, ["--smoke", "--data", str(folder), "--run-dir", str(run), *flags])


def test_every_odd_file_is_used_or_named(tmp_path, capsys):
    good, transparent = images()
    damaged = {name: content for name, (content, _) in DAMAGED.items()}
    every = good | transparent | BESIDE | damaged | {".hidden.png": b"hidden"}
    assert len(every) >= 24
    folder = write_folder(tmp_path / "odd", every)
    reasons = {name: reason for name, (_, reason) in DAMAGED.items()}
    reasons |= dict.fromkeys(transparent, "is transparent in places; lay it on a colour (--background white")
    with pytest.raises(SystemExit) as end:
        train(folder, tmp_path / "run")
    assert end.value.code == 2
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert DAMAGED["cut.jpg"][1] in line
    for _ in range(len(reasons)):  # without a background; one by one, as a person would mend it
        with pytest.raises(ValueError, match="odd/") as error:
            data.load(folder, 32, batch_size=1)
        line = str(error.value)
        (name,) = [name for name in reasons if f"odd/{name} " in line]
        assert reasons.pop(name) in line
        assert "train on records of the good ones (tfnss prepare leaves out the others)" in line
        (folder / name).unlink()
    assert not (tmp_path / "run").exists()

    write_folder(folder, transparent)
    train(folder, tmp_path / "run", "--background", "white")
    lines = capsys.readouterr().out.splitlines()
    assert (
        f"4 files of {folder} are no images and were passed over: README, Thumbs.db, captions.txt and 1 more" in lines
    )
    small = 1 + 1  # `dot.png`, and of `tests.data.places` the one of 32x24
    used = len(good) + len(transparent)
    assert f"{small} of {used} images are smaller than 32x32 and were enlarged" in lines
    assert json.loads((tmp_path / "run" / "settings.json").read_text())["images"]["count"] == used

    write_folder(folder, damaged)  # the other way: records
    arguments = [str(folder), str(tmp_path / "records"), "--resolution", "32", "--background", "white"]
    entry.main(["prepare", *arguments])
    lines = capsys.readouterr().out.splitlines()
    assert any(line.startswith(f"{used} images of 32x32") for line in lines)
    assert f"{small} of {used} images are smaller than 32x32 and were enlarged" in lines
    listed = {line.split()[0] for line in lines if line.startswith("  ")}
    assert listed == {*BESIDE, *DAMAGED}
    for name in damaged:
        (folder / name).unlink()
    direct = data.load(folder, 32, background="white", batch_size=1)
    prepared = data.load(tmp_path / "records", 32, batch_size=1)
    assert list(remarks(prepared, 32)) == [f"{small} of {used} images are smaller than 32x32 and were enlarged"]
    np.testing.assert_array_equal(direct.take(range(used)), prepared.take(range(used)))
