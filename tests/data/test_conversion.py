"""Images of all kinds become grey, RGB or RGBA: in training and in a preparation alike."""

import json
import struct
import zlib

import numpy as np
import PIL
import pytest
from PIL import Image

from tests.data.places import encoded, noise, with_orientation, write_folder, write_zip
from tests.data.test_preparation import prepared
from tfnss.data import Preparation, checked, load, originals, pixels, prepare
from tfnss.data.photos import photo_crops

SIDE = 16
COLOURS = noise(SIDE, SIDE)


def both(content, tmp_path, suffix="png", **kwargs):
    """The pixels of a file in training, which are those of a preparation."""
    place = write_folder(tmp_path / "x", {f"a.{suffix}": content})
    read = load(place, SIDE, 1, **kwargs).take([0])[0]
    prepare(originals(place), tmp_path / "records", Preparation(SIDE, **kwargs))
    again = load(tmp_path / "records", SIDE, 1, **kwargs)
    np.testing.assert_array_equal(again.take([0])[0], read)
    return read.astype(int)


def luminance(colours):
    return colours[..., :3] @ [0.299, 0.587, 0.114]


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("mode", ["1", "L", "P", "LA", "RGB", "RGBA", "CMYK"])
def test_every_mode_becomes_every_kind(mode, channels, tmp_path):
    image = Image.fromarray(COLOURS).convert(mode)
    expected = np.asarray(image.convert("RGB")).astype(int)
    kind = "TIFF" if mode == "CMYK" else "PNG"
    found = both(encoded(image, kind), tmp_path, kind.lower(), channels=channels)
    assert found.shape == (SIDE, SIDE, channels)
    if channels == 1:
        np.testing.assert_allclose(found[..., 0], luminance(expected), atol=1)
    else:
        np.testing.assert_array_equal(found[..., :3], expected)
        assert (found[..., 3:] == 255).all()


# Pillow 12 cannot read the YCbCr that it writes.
_YCBCR = pytest.mark.skipif(int(PIL.__version__.split(".")[0]) < 13, reason="Pillow 13 reads YCbCr in TIFF")


@pytest.mark.parametrize(("mode", "suffix"), [pytest.param("YCbCr", "tiff", marks=_YCBCR), ("LAB", "tiff")])
def test_other_spaces_of_colour(mode, suffix, tmp_path):
    if mode == "LAB":
        grey = np.zeros((SIDE, SIDE, 3), np.uint8)
        grey[..., 0] = 255  # white
        image, expected = Image.fromarray(grey, mode="LAB"), 255
    else:
        image, expected = Image.new("RGB", (SIDE, SIDE), (200, 100, 50)).convert(mode), np.array([200, 100, 50])
    found = both(encoded(image, "TIFF"), tmp_path, suffix)
    np.testing.assert_allclose(found, np.broadcast_to(expected, found.shape), atol=2)


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("mode", ["I;16", "I"])
def test_16_bits_are_scaled_to_8(mode, channels, tmp_path):
    values = np.random.default_rng(0).integers(0, 65_536, (SIDE, SIDE))
    values[0, :2] = 0, 65_535
    content = (
        encoded(values.astype(np.uint16))
        if mode == "I;16"
        else encoded(Image.fromarray(values.astype(np.int32)), "TIFF")
    )
    found = both(content, tmp_path, "png" if mode == "I;16" else "tiff", channels=channels)
    expected = np.round(values / 257)[..., None]
    np.testing.assert_array_equal(found[..., : min(channels, 3)], expected.repeat(min(channels, 3), 2))
    assert (found.min(), found[..., :3].max()) == (0, 255)


def layered(alpha):
    """A red half and a green half, the latter of this alpha."""
    array = np.zeros((SIDE, SIDE, 4), np.uint8)
    array[:, : SIDE // 2] = (255, 0, 0, 255)
    array[:, SIDE // 2 :] = (0, 255, 0, alpha)
    return array


@pytest.mark.parametrize(
    ("background", "colour"), [("white", (255, 255, 255)), ("#0000ff", (0, 0, 255)), ("#0000ff00", (0, 0, 255))]
)
def test_transparent_images_are_laid_on_the_background(background, colour, tmp_path):
    found = both(encoded(layered(51)), tmp_path, background=background)
    np.testing.assert_array_equal(found[:, 0], [[255, 0, 0]] * SIDE)
    expected = 0.2 * np.array([0, 255, 0]) + 0.8 * np.array(colour)
    np.testing.assert_allclose(found[:, -1], [expected] * SIDE, atol=1)


@pytest.mark.parametrize("cache_gb", [8, 0])
@pytest.mark.parametrize("channels", [1, 3])
def test_transparent_images_without_background_are_named(channels, cache_gb, tmp_path):
    palette = Image.new("P", (SIDE, SIDE))
    files = {"a.png": encoded(COLOURS), "b.png": encoded(palette, transparency=0)}
    with pytest.raises(
        ValueError, match=r"b\.png is transparent in places; lay it on a colour \(--background white"
    ) as e:
        load(write_folder(tmp_path, files), SIDE, 1, channels=channels, cache_gb=cache_gb)
    assert "\n" not in str(e.value)
    assert len(load(tmp_path, SIDE, 1, channels=channels, background="black", cache_gb=cache_gb)) == 2
    assert len(load(tmp_path, SIDE, 1, channels=4, cache_gb=cache_gb)) == 2


@pytest.mark.parametrize("value", [0, 40_000])
def test_the_transparent_grey_of_16_bits(value, tmp_path):
    array = np.full((SIDE, SIDE), 257 * 100, np.uint16)
    array[0, 0] = value
    content = encoded(array, transparency=value)
    found = both(content, tmp_path, background="white")
    assert found[0, 0].tolist() == [255] * 3
    assert found[1, 1].tolist() == [100] * 3


def test_an_opaque_image_is_the_same_with_alpha_and_without(tmp_path):
    array = noise(200, 260)
    opaque = encoded(np.dstack([array, np.full((200, 260), 255, np.uint8)]))
    with_alpha = both(opaque, tmp_path / "1", channels=4)
    without = both(encoded(array), tmp_path / "2")
    np.testing.assert_array_equal(with_alpha[..., :3], without)
    np.testing.assert_array_equal(both(opaque, tmp_path / "3"), without)
    assert (with_alpha[..., 3] == 255).all()


@pytest.mark.parametrize("filter", ["lanczos", "box"])
def test_colours_of_transparent_pixels_do_not_bleed(filter, tmp_path):
    """The transparent half is green; where it shrinks with the red one, the mixed pixels are half-transparent red."""
    array = np.roll(layered(0).repeat(2, 0).repeat(2, 1), -1, axis=1)
    array[:, -1] = array[:, -2]
    prepare(
        originals(write_folder(tmp_path / "x", {"a.png": encoded(array)})),
        tmp_path / "records",
        Preparation(SIDE, crop="none", filter=filter, channels=4),
    )
    found = load(tmp_path / "records", SIDE, 1, channels=4).take([0])[0]
    seen = found[found[..., 3] > 8]
    assert ((found[..., 3] > 8) & (found[..., 3] < 247)).any()
    assert (seen[:, 0] > 240).all()
    assert (seen[:, 1] < 15).all()


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_bands_have_the_channels(channels, tmp_path):
    place = write_folder(tmp_path / "x", {"a.png": encoded(np.full((24, 32, 3), 255, np.uint8))})
    prepare(originals(place), tmp_path / "records", Preparation(SIDE, crop="wide", channels=channels))
    image = load(tmp_path / "records", SIDE, 1, channels=channels).take([0])[0]
    assert image.shape == (SIDE, SIDE, channels)
    assert (image[2:-2] == 255).all()
    assert not image[:2].any()


@pytest.mark.parametrize("crop", [crop for crop in pixels.CROPS if crop != "car"])  # which has a least size
@pytest.mark.parametrize("size", [(1, 1), (1, 9), (9, 1)])
def test_images_of_few_pixels(size, crop):
    image = Image.new("RGB", size, "red")
    assert (pixels.squeezed(image, SIDE, crop)[4:-4] == (255, 0, 0)).all()
    assert pixels.is_enlarged(size, SIDE, crop)


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_photos_of_every_kind(channels):
    crops, colours = photo_crops(8, 10, channels), photo_crops(8, 10).astype(int)
    assert crops.shape == (10, 8, 8, channels)
    if channels == 1:
        np.testing.assert_allclose(crops[..., 0], luminance(colours), atol=3)
    else:
        np.testing.assert_array_equal(crops[..., :3], colours)


def test_the_manifest_tells_channels_and_background(tmp_path):
    place = write_folder(tmp_path / "x", {"a.png": encoded(COLOURS)})
    manifest = prepare(originals(place), tmp_path / "grey", Preparation(SIDE, channels=1, background="white"))
    assert (manifest["preparation"]["channels"], manifest["preparation"]["background"]) == (1, "white")
    with pytest.raises(ValueError, match="holds images of 1 channels, not 3: take channels=1"):
        load(tmp_path / "grey", SIDE, 1)
    with pytest.raises(ValueError, match=r"another preparation \(channels=1\)"):
        prepare(originals(place), tmp_path / "grey", Preparation(SIDE, background="white"))


def test_early_records_are_of_rgb(tmp_path):
    place = write_folder(tmp_path / "x", {"a.png": encoded(COLOURS)})
    _, images = prepared(place, tmp_path / "records")
    for path in (tmp_path / "records").glob("*.json"):
        content = checked.read(path)
        content.pop("upscaled")
        for name in ("channels", "background"):
            content.get("preparation", {}).pop(name, None)
        checked.write(path, content)
    early = load(tmp_path / "records", SIDE, 1)
    np.testing.assert_array_equal(early.take([0]), images)
    assert early.upscaled == 0
    assert prepared(place, tmp_path / "records")[0]["count"] == 1  # and they go on


@pytest.mark.parametrize("channels", [1, 4])
def test_the_kind_is_part_of_the_fingerprint(channels, tmp_path):
    place = write_folder(tmp_path / "x", {"a.png": encoded(COLOURS)})
    prints = {
        load(place, SIDE, 1, **kwargs, cache_gb=0).fingerprint
        for kwargs in ({}, {"channels": channels}, {"background": "white"}, {"background": "black"})
    }
    assert len(prints) == 4


@pytest.mark.parametrize("cache_gb", [8, 0])
@pytest.mark.parametrize("kind", ["jpeg", "png", "webp"])
def test_images_on_their_side_are_counted_upright(kind, cache_gb, tmp_path):
    files = {f"{n}.{kind}": with_orientation(noise(16, 32), n, kind.upper()) for n in (1, 6)}
    place = write_folder(tmp_path / "x", files)
    assert load(place, (32, 16), 1, cache_gb=cache_gb).upscaled == 1  # the one that lies as it is meant
    assert load(place, (16, 32), 1, cache_gb=cache_gb).upscaled == 1


def tiff(bits, photometric, values, sample_format=1):
    """A grey TIFF of one row; values of 12 bits are packed, two in three bytes."""
    data = np.asarray(values, "<u1" if bits == 8 else "<u2").tobytes()
    if bits == 12:
        data = b"".join(
            bytes([a >> 4, (a & 15) << 4 | b >> 8, b & 255]) for a, b in zip(*[iter(values)] * 2, strict=True)
        )
    tags = [(256, len(values)), (257, 1), (258, bits), (259, 1), (262, photometric), (273, 8), (277, 1), (278, 1)]
    tags += [(279, len(data)), (339, sample_format)]
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags)
    return struct.pack("<2sHI", b"II", 42, 8 + len(data)) + data + struct.pack("<H", len(tags)) + entries + bytes(4)


@pytest.mark.parametrize(
    ("bits", "photometric", "reason"),
    [
        (16, 1, None),
        (16, 0, "is a grey TIFF of 16 bits whose white is 0"),
        (12, 1, "is a grey TIFF of 12 bits whose white is the highest number"),
    ],
)
def test_grey_tiffs_of_many_bits(bits, photometric, reason, tmp_path):
    place = write_folder(tmp_path / "x", {"a.tiff": tiff(bits, photometric, [0, 2**bits - 1] * 8)})
    if reason is None:
        assert load(place, (1, SIDE), 1).take([0])[0, 0, :, 0].tolist() == [0, 255] * 8
        return
    for cache_gb in (8, 0):
        with pytest.raises(ValueError, match=f"a.tiff {reason}; convert it to 8 bits"):
            load(place, (1, SIDE), 1, cache_gb=cache_gb)


@pytest.mark.parametrize("cache_gb", [8, 0])
@pytest.mark.parametrize("bits", [8, 16])
def test_signed_tiffs(bits, cache_gb, tmp_path):
    """Their scale is not told: from 0, or from -2^15."""
    content = tiff(bits, 1, [0, 2 ** (bits - 1) - 1] * 8, sample_format=2)
    place = write_folder(tmp_path / "x", {"a.tiff": content})
    with pytest.raises(ValueError, match=f"a.tiff is a TIFF of signed numbers of {bits} bits; convert it to unsigned"):
        load(place, (1, SIDE), 1, cache_gb=cache_gb)


def png(bits, colour_type, rows, transparent):
    """A PNG of rows of bytes, and a transparent grey or colour as it is stored."""

    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    samples = {0: 1, 2: 3}[colour_type]
    width = len(rows[0]) * 8 // (bits * samples)
    header = struct.pack(">IIBBBBB", width, len(rows), bits, colour_type, 0, 0, 0)
    chunks = chunk(b"IHDR", header) + chunk(b"tRNS", struct.pack(f">{samples}H", *transparent))
    chunks += chunk(b"IDAT", zlib.compress(b"".join(b"\0" + bytes(row) for row in rows))) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


@pytest.mark.parametrize("bits", [1, 2, 4, 8])
@pytest.mark.parametrize("above", [0, 256])  # in a bit that is to be ignored
def test_the_transparent_grey_of_few_bits(bits, above, tmp_path):
    """The first pixel of each row is of that grey, the second one of another."""
    most = 2**bits - 1
    transparent, other = (most, 0) if bits == 1 else (1, most)
    first_byte = {1: 0b10000000, 2: 0b01110000, 4: 0x1F, 8: 1}[bits]
    row = [first_byte, *([0] if bits < 8 else [other, 0])]
    content = png(bits, 0, [row] * 2, [transparent + (above if bits > 1 else 0)])
    place = write_folder(tmp_path / "x", {"a.png": content})
    width = len(row) * 8 // bits
    found = load(place, (2, width), 1, channels=4).take([0])[0]
    assert found[0, 0, 3] == 0
    assert found[0, 0, 0] == transparent * 255 // most
    assert found[0, 1].tolist() == [other * 255 // most] * 3 + [255]
    assert (found[..., 3] == 0).sum() == 2
    laid = load(place, (2, width), 1, background="#ff0000").take([0])[0]
    assert laid[0, 0].tolist() == [255, 0, 0]
    with pytest.raises(ValueError, match="transparent in places"):
        load(place, (2, width), 1)


@pytest.mark.parametrize("cache_gb", [8, 0])
def test_transparent_colours(cache_gb, tmp_path):
    pixel, other = [1, 2, 3], [9, 9, 9]
    place = write_folder(tmp_path / "x", {"a.png": png(8, 2, [pixel + other], [256 + 1, 2, 3])})
    assert load(place, (1, 2), 1, channels=4, cache_gb=cache_gb).take([0])[0, 0].tolist() == [
        [1, 2, 3, 0],
        [9, 9, 9, 255],
    ]
    content = png(16, 2, [[0, 1, 0, 2, 0, 3] * 2], [1, 2, 3])
    place = write_folder(tmp_path / "y", {"a.png": content})
    for kwargs in ({"channels": 4}, {"background": "white"}, {}):
        with pytest.raises(ValueError, match=r"a\.png has a transparent colour of 16 bits; convert it to 8 bits"):
            load(place, (1, 2), 1, cache_gb=cache_gb, **kwargs)


@pytest.mark.parametrize("writer", [write_folder, write_zip])
@pytest.mark.parametrize("cache_gb", [8, 0])
def test_enlarged_images_are_counted(writer, cache_gb, tmp_path):
    sizes = [(15, 40), (16, 16), (40, 15), (17, 80), (4, 4)]  # heights and widths
    files = {f"{index}.png": encoded(noise(*size)) for index, size in enumerate(sizes)}
    place = writer(tmp_path / ("x.zip" if writer is write_zip else "x"), files)
    images = load(place, SIDE, 1, cache_gb=cache_gb)
    assert images.upscaled == 3
    assert images.reseeded(1).upscaled == 3
    manifest = prepare(originals(place), tmp_path / "records", Preparation(SIDE, shard_images=2))
    assert manifest["upscaled"] == load(tmp_path / "records", SIDE, 1).upscaled == 3
    whole = prepare(originals(place), tmp_path / "whole", Preparation(SIDE, crop="none", shard_images=2))
    assert whole["upscaled"] == 3
    wide = prepare(originals(place), tmp_path / "wide", Preparation(SIDE, crop="wide"))
    assert wide["upscaled"] == 2  # of 40x15 it keeps 20x15, and needs 16x12
    assert json.loads((tmp_path / "wide" / "manifest.json").read_text())["upscaled"] == 2


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"channels": 2}, "must be 1, 3 or 4. Received: channels=2"),
        ({"background": "whiteish"}, "must be a colour, such as white .*: background=whiteish"),
        ({"background": 255}, "must be a colour"),
    ],
)
def test_bad_colours(kwargs, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        Preparation(SIDE, **kwargs)
    for source in ("photos", write_folder(tmp_path, {"a.png": encoded(COLOURS)})):
        with pytest.raises(ValueError, match=message):
            load(source, SIDE, 1, **kwargs)


def test_formats_are_those_of_this_pillow():
    assert {"PNG", "JPEG"} <= set(pixels.FORMATS)
    assert {".png", ".jpg", ".tif", ".webp"} <= pixels.ENDINGS.keys()
    assert ".eps" not in pixels.ENDINGS
    pillows = {ending for ending, kind in Image.registered_extensions().items() if kind in pixels.FORMATS}
    assert pillows <= pixels.ENDINGS.keys()
