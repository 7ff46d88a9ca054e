"""Folders, zips and LMDBs of image files: equal images, and bad files."""

import errno
import gc
import json
import os
import zipfile
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from tests.data.places import (
    HOSTILE,
    alpha,
    encoded,
    good_files,
    noise,
    truncated,
    with_orientation,
    write_folder,
    write_lmdb,
    write_zip,
)
from tfnss.data import load, pixels
from tfnss.data.folder import Folder
from tfnss.data.lsun import LSUN


def images_of(place, **kwargs):
    images = load(place, 16, 2, **kwargs)
    return images.take(range(len(images))), images


def test_folder_and_zip_hold_the_same(tmp_path):
    files = good_files() | {".hidden/x.png": b"junk", "a/.x": b"junk"}
    folder, labelled = images_of(write_folder(tmp_path / "folder", files), labels=True)
    assert folder.shape == (12, 16, 16, 3)
    assert len(np.unique(folder.mean((1, 2, 3)))) == 12
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        zipped, images = images_of(write_zip(tmp_path / f"{method}.zip", files, method), labels=True)
        np.testing.assert_array_equal(zipped, folder)
        np.testing.assert_array_equal(images.labels, labelled.labels)
    for cache_gb in (8, 0):
        batches = [
            next(iter(load(tmp_path / name, 16, 4, cache_gb=cache_gb).dataset(8))) for name in ("folder", "0.zip")
        ]
        np.testing.assert_array_equal(*batches)


def test_linked_folders_are_read_once_and_circles_end(tmp_path):
    pixels_of_pets = {name: encoded(noise(seed=seed)) for seed, name in enumerate(["cat/1.png", "bird/2.png"])}
    pets = write_folder(tmp_path / "pets", {"dog/3.png": encoded(noise(seed=2))})
    others = write_folder(tmp_path / "others", pixels_of_pets)
    (pets / "cat").symlink_to(others / "cat")
    (pets / "dog" / "pets").symlink_to(pets)
    (pets / "gone").symlink_to(others / "gone")
    assert Folder(pets).names == ["cat/1.png", "dog/3.png"]
    assert load(pets, 16, 1, labels=True).class_names == ["cat", "dog"]
    (tmp_path / "all").symlink_to(others)
    assert len(load(tmp_path / "all", 16, 1)) == 2


def test_a_folder_that_may_not_be_read(tmp_path, monkeypatch):
    scandir = os.scandir

    def refused(path):
        if os.fspath(path).endswith("closed"):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), os.fspath(path))
        return scandir(path)

    place = write_folder(tmp_path / "x", {"open/1.png": encoded(noise()), "closed/2.png": encoded(noise())})
    monkeypatch.setattr(os, "scandir", refused)
    with pytest.raises(PermissionError, match="closed"):
        load(place, 16, 1)


def test_lsun(tmp_path):
    pytest.importorskip("lmdb")
    files = {name.replace("/", ""): content for name, content in good_files().items()}
    files["b99.webp"] = encoded(noise(), "WEBP")
    folder, _ = images_of(write_folder(tmp_path / "folder", files))
    database, _ = images_of(write_lmdb(tmp_path / "lsun_lmdb", files))
    np.testing.assert_array_equal(database, folder)
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "data.mdb").write_bytes(b"no database" * 1000)
    with pytest.raises(ValueError, match="bad is not a database"):
        load(tmp_path / "bad", 16, 2)


def test_an_lsun_export_is_opened_as_often_as_one_likes(tmp_path):
    pytest.importorskip("lmdb")
    files = {f"{index}.png": encoded(noise(seed=index)) for index in range(8)}
    place = write_lmdb(tmp_path / "lsun", files)
    (tmp_path / "link").symlink_to(place)
    first, images = images_of(place)
    for other in (place, tmp_path / "link", tmp_path / "link" / ".." / "lsun"):
        np.testing.assert_array_equal(images_of(other)[0], first)
    kept = load(place, 16, 2, cache_gb=0)
    del images
    gc.collect()
    with ThreadPoolExecutor(8) as pool:
        for again in pool.map(lambda _: LSUN(place), range(16)):
            assert again.open(3).read() == files["3.png"]
    np.testing.assert_array_equal(kept.take(range(8)), first)
    del kept, again
    gc.collect()
    write_lmdb(place, files | {"8.png": encoded(noise(seed=8))})  # LMDB opens it: it was closed
    assert len(load(place, 16, 2)) == 9


def test_one_order_whatever_the_place(tmp_path):
    """Folder by folder, as paths are ordered, though '-' is before '/'."""
    files = {name: encoded(np.full((8, 8, 3), 20 * i, np.uint8)) for i, name in enumerate(["a/1.png", "a-b/0.png"])}
    for place in (write_folder(tmp_path / "folder", files), write_zip(tmp_path / "x.zip", files)):
        assert images_of(place)[0][:, 0, 0, 0].tolist() == [0, 20]


@pytest.mark.parametrize("cache_gb", [8, 0])
@pytest.mark.parametrize("kind", [kind for kind, (_, reason, _) in HOSTILE.items() if reason])
@pytest.mark.parametrize("write", [write_folder, write_zip])
def test_bad_files_are_refused_before_training(kind, write, cache_gb, tmp_path):
    content, reason, _ = HOSTILE[kind]
    place = write(tmp_path / ("x.zip" if write is write_zip else "x"), good_files(4) | {"c/bad": content})
    if reason == "is not an image":
        images = load(place, 16, 2, cache_gb=cache_gb)
        assert (len(images), images.passed_over) == (4, [("c/bad", reason)])
        place = write(tmp_path / ("y.zip" if write is write_zip else "y"), good_files(4) | {"c/bad.png": content})
    if cache_gb == 0 and "truncated" in kind:  # its header is good
        images = load(place, 16, 2, cache_gb=cache_gb)
        with pytest.raises(ValueError, match=f"c/bad {reason}"):
            images.take(range(len(images)))
        return
    with pytest.raises(ValueError, match="c/bad") as error:
        load(place, 16, 2, cache_gb=cache_gb)
    assert reason in str(error.value)
    assert "\n" not in str(error.value)


def test_all_eight_orientations_are_turned_upright(tmp_path):
    upright = np.zeros((16, 16, 3), np.uint8)
    upright[:8, :8], upright[:8, 8:], upright[8:, :8] = (250, 0, 0), (0, 250, 0), (0, 0, 250)
    transforms = {2: np.fliplr, 3: lambda x: np.rot90(x, 2), 4: np.flipud, 5: lambda x: x.swapaxes(0, 1)}
    transforms |= {6: np.rot90, 7: lambda x: np.rot90(x, 2).swapaxes(0, 1), 8: lambda x: np.rot90(x, 3)}
    files = {f"{n}.jpg": with_orientation(np.ascontiguousarray(f(upright)), n) for n, f in transforms.items()}
    images, _ = images_of(write_folder(tmp_path / "x", files))
    for image in images:
        np.testing.assert_allclose(image.astype(int), upright, atol=12)


# -- zips ------------------------------------------------------------------------------------------------------------


def forged(path, change):
    """Changes the headers of the last entry of a zip, both the local one and that of the directory."""
    content = bytearray(path.read_bytes())
    for signature, flags, size in ((b"PK\x03\x04", 6, 22), (b"PK\x01\x02", 8, 24)):
        start = content.rindex(signature)
        change(content, start + flags, start + size)
    path.write_bytes(content)
    return path


def claim(size):
    def change(content, _, place):
        content[place : place + 4] = size.to_bytes(4, "little")

    return change


def encrypt(content, flags, _):
    content[flags] |= 1


@pytest.mark.parametrize(
    ("extra", "method", "change", "message"),
    [
        ({"../evil.png": b""}, 8, None, r"holds the name \.\./evil\.png, which leads out"),
        ({"a/../../evil.png": b""}, 8, None, "which leads out"),
        ({"..\\evil.png": b""}, 8, None, "which leads out"),
        ({"/etc/passwd": b""}, 8, None, "which leads out"),
        ({"C:\\evil.png": b""}, 8, None, "which leads out"),
        ({"z.png": encoded(noise()) + bytes(3_000_000)}, 8, None, r"z\.png is over the limit of 1 MB"),
        ({"z.png": encoded(noise()) + bytes(3_000_000)}, 8, claim(5000), r"z\.png cannot be read .*CRC"),
        ({"z.png": encoded(noise())}, 8, claim(2**31), r"z\.png is over the limit of 1 MB"),
        ({"z.png": encoded(noise())}, 8, encrypt, r"z\.png is encrypted"),
        ({"z.png": encoded(noise())}, zipfile.ZIP_LZMA, None, r"00\.png is packed by another method"),
    ],
)
@pytest.mark.parametrize("cache_gb", [8, 0])
def test_hostile_zips(extra, method, change, message, cache_gb, tmp_path, monkeypatch):
    monkeypatch.setattr(pixels, "MAX_MEGABYTES", 1)
    path = write_zip(tmp_path / "x.zip", {"00.png": encoded(noise())} | extra, method)
    if change:
        forged(path, change)
    with pytest.raises(ValueError, match=message):
        load(path, 16, 1, cache_gb=cache_gb).take([0, 1])
    assert [p.name for p in tmp_path.rglob("*")] == ["x.zip"]  # nothing was extracted


def test_a_file_over_the_limit(tmp_path, monkeypatch):
    monkeypatch.setattr(pixels, "MAX_MEGABYTES", 1)
    write_folder(tmp_path, {"a.png": encoded(noise()) + bytes(3_000_000)})
    with pytest.raises(ValueError, match=r"a\.png is over the limit of 1 MB"):
        load(tmp_path, 16, 1)


def test_backslashes_of_windows_are_between_folders(tmp_path):
    files = {"x/cat/1.png": encoded(noise()), "x/dog/2.png": encoded(noise(seed=1)), "x/.hidden/3.png": b"junk"}
    files["x/dataset.json"] = json.dumps({"labels": [["cat/1.png", 1], ["dog/2.png", 0]]}).encode()
    expected, images = images_of(write_zip(tmp_path / "slashes.zip", files), labels=True)

    def written(files):
        return write_zip(tmp_path / "x.zip", {"x\\": b""} | {k.replace("/", "\\"): v for k, v in files.items()})

    found, same = images_of(written(files), labels=True)
    np.testing.assert_array_equal(found, expected)
    assert same.labels.tolist() == images.labels.tolist() == [1, 0]
    del files["x/dataset.json"]
    assert load(written(files), 16, 1, labels=True).class_names == ["cat", "dog"]
    with pytest.raises(ValueError, match=r"x\.zip/x/cat/1\.png cannot be read"):
        load(written({"x/cat/1.png": truncated("PNG")}), 16, 1)


@pytest.mark.parametrize(
    ("content", "message"), [(b"no zip", "is not a zip"), (b"", "is not a zip"), (None, "is not a zip .*No such file")]
)
def test_no_zip(content, message, tmp_path):
    if content is not None:
        (tmp_path / "x.zip").write_bytes(content)
    with pytest.raises(ValueError, match=message):
        load(tmp_path / "x.zip", 16, 1)
    with pytest.raises(ValueError, match=r"empty\.zip holds no images"):
        load(write_zip(tmp_path / "empty.zip", {}), 16, 1)


def test_a_damaged_zip_entry(tmp_path):
    path = write_zip(tmp_path / "x.zip", {"a.png": encoded(noise())}, zipfile.ZIP_STORED)
    content = bytearray(path.read_bytes())
    content[500] ^= 1
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"a\.png cannot be read .*CRC"):
        load(path, 16, 1)


# -- labels ----------------------------------------------------------------------------------------------------------

FILES = {"00/1.png": encoded(noise()), "00/2.png": encoded(noise(seed=1))}


@pytest.mark.parametrize(
    ("listed", "labels"),
    [
        ({"labels": [["00/2.png", 3], ["00/1.png", 0]]}, [0, 3]),
        ({"labels": None}, r"dataset\.json gives no class to 00/1\.png"),
        ({"labels": [["00/1.png", 0]]}, r"no class to 00/2\.png"),
        ({"labels": [["00/1.png", 0], ["00/2.png", [0.5, 1]]]}, r"no class to 00/2\.png"),
        ({"labels": [["00/1.png", 0], ["00/2.png", -1]]}, r"no class to 00/2\.png"),
        ({"labels": [["00/1.png", 0], ["00/2.png", True]]}, r"no class to 00/2\.png"),
        ({"labels": [["00/1.png", 0], ["00/2.png", 99_999]]}, [0, 99_999]),
        ({"labels": [["00/1.png", 0], ["00/2.png", 100_000]]}, r"gives 00/2\.png a class over the limit of 99999"),
        ({"labels": [["00/1.png", 2**31 - 1], ["00/2.png", 0]]}, r"00/1\.png a class over the limit"),
        ({"labels": [["00/1.png", 10**30], ["00/2.png", 0]]}, r"00/1\.png a class over the limit"),
        ({}, r"dataset\.json is damaged"),
        ("text", r"dataset\.json is damaged"),
        (b"[" * 100_000, r"dataset\.json is damaged"),
    ],
)
def test_labels_of_nvidia(listed, labels, tmp_path):
    files = FILES | {"dataset.json": listed if isinstance(listed, bytes) else json.dumps(listed).encode()}
    for place in (write_folder(tmp_path / "folder", files), write_zip(tmp_path / "x.zip", files)):
        assert load(place, 16, 1).labels is None
        if isinstance(labels, str):
            with pytest.raises(ValueError, match=labels):
                load(place, 16, 1, labels=True)
        else:
            assert load(place, 16, 1, labels=True).labels.tolist() == labels


@pytest.mark.parametrize(("method", "place"), [(zipfile.ZIP_STORED, 60), (zipfile.ZIP_DEFLATED, 45), (0, 0), (0, 26)])
def test_labels_of_a_damaged_zip(method, place, tmp_path):
    """The list is damaged in its content, its compression, and its header."""
    path = write_zip(tmp_path / "x.zip", {"dataset.json": json.dumps({"labels": []}).encode() * 9} | FILES, method)
    content = bytearray(path.read_bytes())
    content[place] ^= 255
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"x\.zip/dataset\.json cannot be read") as error:
        load(path, 16, 1, labels=True)
    assert "\n" not in str(error.value)


def test_files_that_change_under_training(tmp_path):
    write_folder(tmp_path, good_files(6))
    images = load(tmp_path, 16, 2, cache_gb=0)
    (tmp_path / "a" / "00.png").write_bytes(truncated("PNG"))
    (tmp_path / "b" / "03.png").unlink()
    (tmp_path / "a" / "02.png").write_bytes(alpha(254))
    for index, error, message in (
        (0, ValueError, r"00\.png cannot be read"),
        (1, ValueError, r"02\.png is transparent"),
        (4, FileNotFoundError, r"03\.png cannot be read"),
    ):
        with pytest.raises(error, match=message):
            images.take([index])
    assert images.take([2]).shape == (1, 16, 16, 3)
