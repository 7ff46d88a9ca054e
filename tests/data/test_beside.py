"""Files beside images, and a folder of odd ones: each is used, or listed by name."""

import io
import json

import numpy as np
import pytest
from PIL import Image, features

from tests.data.places import encoded, good_files, noise, truncated, with_orientation, write_folder, write_zip
from tfnss.data import Preparation, load, originals, pixels, prepare

BESIDE = {
    "Thumbs.db": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500),
    "a/caption.txt": b"a cat",
    "a/00.json": b'{"caption": "a cat"}',
    "README.md": b"# Cats",
    "P6 notes": b"Pythons",
}
HIDDEN = {".DS_Store": b"x", "a/.x.png": b"junk", "__MACOSX/a/00.png": b"junk"}


@pytest.mark.parametrize("cache_gb", [8, 0])
@pytest.mark.parametrize("write", [write_folder, write_zip])
def test_what_is_beside_images_is_passed_over(write, cache_gb, tmp_path):
    names = ("x.zip", "y.zip") if write is write_zip else ("x", "y")
    alone = load(write(tmp_path / names[0], good_files()), 16, 2, labels=True, cache_gb=cache_gb)
    place = write(tmp_path / names[1], BESIDE | good_files() | HIDDEN)
    images = load(place, 16, 2, labels=True, cache_gb=cache_gb)
    np.testing.assert_array_equal(images.take(range(12)), alone.take(range(12)))
    np.testing.assert_array_equal(images.labels, alone.labels)
    assert sorted(images.passed_over) == [(name, "is not an image") for name in sorted(BESIDE)]
    assert (alone.passed_over, images.reseeded(1).passed_over) == ([], images.passed_over)
    manifest = prepare(originals(place, labels=True), tmp_path / "records", Preparation(16, shard_images=3))
    assert sorted(name for name, _ in manifest["skipped"]) == sorted(BESIDE)
    np.testing.assert_array_equal(load(tmp_path / "records", 16, 2, labels=True).labels, images.labels)


def test_the_order_and_the_fingerprint_are_those_of_the_images(tmp_path):
    place = write_folder(tmp_path, good_files())
    fingerprint = load(place, 16, 2, cache_gb=0).fingerprint
    write_folder(tmp_path, BESIDE)
    assert load(place, 16, 2, cache_gb=0).fingerprint == fingerprint
    write_folder(tmp_path, {"a/more": encoded(noise())})  # an image, whatever its name
    assert load(place, 16, 2, cache_gb=0).fingerprint != fingerprint
    assert len(load(place, 16, 2)) == 13


@pytest.mark.parametrize("write", [write_folder, write_zip])
def test_nothing_but_other_files(write, tmp_path):
    place = write(tmp_path / ("x.zip" if write is write_zip else "x"), {"notes": b"x", "z.txt": b"y"})
    with pytest.raises(ValueError, match=r"x.* holds no images \(notes is not an image\)"):
        load(place, 16, 1)
    with pytest.raises(ValueError, match=r"none of the 2 images of .*: notes is not an image"):
        prepare(originals(place), tmp_path / "records", Preparation(16))
    with pytest.raises(ValueError, match="holds no images"):
        originals(place, labels=True)


@pytest.mark.parametrize("name", ["bad.jpg", "bad.JPEG", "bad.tiff", "bad"])
def test_a_damaged_image_is_an_error_by_name_or_by_header(name, tmp_path):
    content = truncated("PNG") if name == "bad" else b"hello"
    place = write_folder(tmp_path, good_files(2) | {name: content})
    with pytest.raises(ValueError, match=f"{name} (is not an image|cannot be read)"):
        load(place, 16, 1)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("a/IMG.HEIC", "is HEIC by its name, which tfnss does not read"),
        ("a/x.jxl", "is JPEG XL by its name, which tfnss does not read"),
        ("a/x.tga", "is TGA by its name, which tfnss does not read"),
        ("a/x.avif", "is AVIF by its name, which this Pillow does not read"),
        ("a/x.j2k", "is JPEG2000 by its name, which this Pillow does not read"),
    ],
)
@pytest.mark.parametrize("write", [write_folder, write_zip])
def test_images_that_are_not_read_here_are_not_passed_over(write, name, reason, tmp_path, monkeypatch):
    """Whatever this Pillow can read; a preparation counts them."""
    monkeypatch.setattr(pixels, "FORMATS", ("PNG", "JPEG"))
    place = write(tmp_path / ("x.zip" if write is write_zip else "x"), good_files(4) | {name: b"\0\0\0\x18ftyp"})
    with pytest.raises(ValueError, match=f"{name} {reason}; convert it to PNG, or train on records of the good ones"):
        load(place, 16, 1)
    manifest = prepare(originals(place), tmp_path / "records", Preparation(16))
    assert (manifest["count"], manifest["skipped"]) == (4, [[name, reason]])


@pytest.mark.parametrize("place", ["dataset.json", "pets/dataset.json"])
@pytest.mark.parametrize("write", [write_folder, write_zip])
def test_a_list_of_labels_beside_other_files(write, place, tmp_path):
    """It need not list what is no image, and notes at the top do not hide it."""
    listed = json.dumps({"labels": [["pets/a/1.png", 1], ["pets/a/2.png", 0]]}).encode()
    files = {"pets/a/1.png": encoded(noise()), "pets/a/2.png": encoded(noise()), place: listed, "README": b"pets"}
    images = load(write(tmp_path / ("x.zip" if write is write_zip else "x"), files | HIDDEN), 16, 1, labels=True)
    assert images.labels.tolist() == [1, 0]
    assert images.passed_over == [("README", "is not an image")]


def animated():
    first, *others = (Image.new("RGB", (24, 24), colour) for colour in ("red", "green", "blue"))
    return encoded(first, "GIF", save_all=True, append_images=others)


def one_transparent_pixel():
    array = np.dstack([noise(), np.full((24, 32), 255, np.uint8)])
    array[3, 3, 3] = 0
    return encoded(array)


def odd():
    """Names and contents: used as they are, used on a background, damaged, and no images."""
    colours = Image.fromarray(noise())
    grey = colours.convert("L")
    palette = colours.quantize(16)
    used = {
        "palette.png": encoded(palette),
        "16-bit.png": encoded(np.linspace(0, 65_535, 768).reshape(24, 32).astype(np.uint16)),
        "cmyk.jpg": encoded(colours.convert("CMYK"), "JPEG"),
        "turned.jpg": with_orientation(noise(), 6),
        "webp.webp": encoded(colours, "WEBP"),
        "animated.gif": animated(),
        "1x1.png": encoded(noise(1, 1)),
        "grey.png": encoded(grey),
        "opaque.png": encoded(np.dstack([noise(), np.full((24, 32), 255, np.uint8)])),
        "tiff.tif": encoded(colours, "TIFF"),
        "bmp.bmp": encoded(colours, "BMP"),
        "ppm.ppm": encoded(colours, "PPM"),
        "long.png": encoded(noise(2, 1000)),
        "a jpeg.png": encoded(colours, "JPEG"),
        "a png.dat": encoded(colours),
    }
    if features.check("avif"):
        used["avif.avif"] = encoded(colours, "AVIF")
    if features.check("jpg_2000"):
        used["jpeg2000.jp2"] = encoded(colours, "JPEG2000")
    transparent = {
        "palette-alpha.png": encoded(palette, transparency=int(np.asarray(palette)[0, 0])),
        "pixel.png": one_transparent_pixel(),
        "grey-alpha.png": encoded(np.dstack([np.asarray(grey), np.full((24, 32), 99, np.uint8)])),
    }
    damaged = {"truncated.jpg": truncated("JPEG"), "empty.png": b""}
    beside = {"notes.txt": b"hello", "Thumbs.db": BESIDE["Thumbs.db"], "1.json": b"{}", "empty": b""}
    return used, transparent, damaged, beside


@pytest.mark.parametrize("background", [None, "white"])
def test_a_preparation_uses_or_lists_each_of_many_odd_files(background, tmp_path):
    used, transparent, damaged, beside = odd()
    files = used | transparent | damaged | beside
    assert len(files) >= 24 - 2
    place = write_folder(tmp_path / "x", files)
    manifest = prepare(originals(place), tmp_path / "records", Preparation(16, background=background))
    skipped = damaged | beside | ({} if background else transparent)
    assert sorted(name for name, _ in manifest["skipped"]) == sorted(skipped)
    assert manifest["count"] == len(files) - len(skipped)
    assert manifest["upscaled"] == 2  # 1x1 and 2x1000


@pytest.mark.parametrize("cache_gb", [8, 0])
def test_training_uses_or_lists_each_of_many_odd_files(cache_gb, tmp_path):
    used, transparent, damaged, beside = odd()
    place = write_folder(tmp_path / "x", used | transparent | beside | {"empty.png": damaged["empty.png"]})
    with pytest.raises(ValueError, match=r"empty\.png is not an image"):
        load(place, 16, 1, background="white", cache_gb=cache_gb)
    (place / "empty.png").unlink()
    with pytest.raises(ValueError, match=r"(palette-alpha|pixel|grey-alpha)\.png is transparent"):
        load(place, 16, 1, cache_gb=cache_gb)
    for kwargs in ({"background": "white"}, {"channels": 4}, {"channels": 1, "background": "#444"}):
        images = load(place, 16, 1, cache_gb=cache_gb, **kwargs)
        assert len(images) == len(used | transparent)
        assert sorted(name for name, _ in images.passed_over) == sorted(beside)
        assert images.upscaled == 2
    names = sorted(used | transparent)
    colours = load(place, 16, 1, background="white", cache_gb=cache_gb).take(range(len(names))).astype(int)
    expected = pixels.squeezed(Image.fromarray(noise()), 16).astype(int)
    for name in ("opaque.png", "tiff.tif", "bmp.bmp", "ppm.ppm", "a png.dat"):
        np.testing.assert_array_equal(colours[names.index(name)], expected)
    turned = np.asarray(Image.open(io.BytesIO(used["turned.jpg"])).transpose(Image.Transpose.ROTATE_270))
    np.testing.assert_array_equal(
        colours[names.index("turned.jpg")], pixels.squeezed(Image.fromarray(turned), 16).astype(int)
    )
    assert colours[names.index("animated.gif")].mean((0, 1)).tolist() == [255, 0, 0]  # the first picture
    for name in ("avif.avif", "jpeg2000.jp2", "webp.webp", "cmyk.jpg"):
        if name in names:
            np.testing.assert_allclose(colours[names.index(name)].mean(), expected.mean(), atol=12)
