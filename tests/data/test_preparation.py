"""Preparation of records: pixels, what is skipped, and being killed."""

import contextlib
import errno
import io
import json
import os
import re

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from tests.data.places import HOSTILE, encoded, good_files, noise, truncated, with_orientation, write_folder, write_zip
from tfnss.data import Preparation, checked, load, originals, pixels, prepare, records
from tfnss.data.folder import Folder
from tfnss.data.sources import Original


def prepared(place, dest, *, labels=False, **kwargs):
    """The manifest, and the images."""
    manifest = prepare(originals(place, labels=labels), dest, Preparation(**{"resolution": 16} | kwargs))
    images = load(dest, manifest["preparation"]["resolution"], 1, labels=labels)
    return manifest, images.take(range(len(images)))


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("write", [write_folder, write_zip])
def test_records_are_what_training_would_have_read(write, tmp_path):
    place = write(tmp_path / ("x.zip" if write is write_zip else "x"), good_files())
    files = load(place, 16, 2, labels=True)
    manifest, images = prepared(place, tmp_path / "records", labels=True, shard_images=5)
    np.testing.assert_array_equal(images, files.array)
    found = load(tmp_path / "records", 16, 2, labels=True)
    np.testing.assert_array_equal(found.labels, files.labels)
    assert found.labels.dtype == np.int64
    assert load(tmp_path / "records", 16, 2).labels is None
    assert manifest["count"] == 12
    assert manifest["classes"] == [{"name": "a", "count": 6}, {"name": "b", "count": 6}]
    assert [shard["count"] for shard in manifest["shards"]] == [5, 5, 2]
    assert not manifest["skipped"]
    for kwargs in ({}, {"cache_gb": 0}, {"mirror": True}):
        of_files, of_records = (
            list(load(source, 16, 4, seed=3, labels=True, **kwargs).dataset(8).take(4))
            for source in (place, tmp_path / "records")
        )
        for (a, a_labels), (b, b_labels) in zip(of_files, of_records, strict=True):
            np.testing.assert_array_equal(a, b)
            np.testing.assert_array_equal(a_labels, b_labels)


def test_tensorflow_reads_the_shards(tmp_path):
    _, images = prepared(write_folder(tmp_path / "x", good_files()), tmp_path / "records", labels=True, shard_images=5)
    features = {"image": tf.io.FixedLenFeature((), tf.string), "label": tf.io.FixedLenFeature((), tf.int64)}
    shards = sorted(map(str, (tmp_path / "records").glob("*.tfrecord")))
    examples = [tf.io.parse_single_example(x, features) for x in tf.data.TFRecordDataset(shards)]
    np.testing.assert_array_equal([tf.io.decode_png(x["image"]) for x in examples], images)
    assert [int(x["label"]) for x in examples] == [0] * 6 + [1] * 6


def test_the_manifest_tells_the_shards_apart(tmp_path):
    place = write_folder(tmp_path / "x", good_files())
    first, _ = prepared(place, tmp_path / "1", shard_images=5)
    again, _ = prepared(place, tmp_path / "2", shard_images=5)
    assert first["sha256"] == again["sha256"]
    assert load(tmp_path / "1", 16, 1).fingerprint == load(tmp_path / "2", 16, 1).fingerprint
    assert len({shard["sha256"] for shard in first["shards"]}) == 3
    other, _ = prepared(place, tmp_path / "3", shard_images=5, filter="box")
    assert other["sha256"] != first["sha256"]
    assert other.items() < json.loads((tmp_path / "3" / "manifest.json").read_text()).items()


# -- pixels ----------------------------------------------------------------------------------------------------------


def of_one(array, tmp_path, **kwargs):
    _, images = prepared(write_folder(tmp_path / "x", {"a.png": encoded(array)}), tmp_path / "records", **kwargs)
    return images[0]


def test_the_centred_square_by_averages_of_areas(tmp_path):
    """To 1, here and below: Pillow rounds after each axis."""
    array = noise(24, 36)
    expected = array[:, 6:30].reshape(8, 3, 8, 3, 3).mean((1, 3))
    image = of_one(array, tmp_path, resolution=8, filter="box")
    np.testing.assert_allclose(image, expected, atol=1)


def test_the_whole_image(tmp_path):
    array = noise(24, 16)
    expected = array.reshape(8, 3, 8, 2, 3).mean((1, 3))
    image = of_one(array, tmp_path, resolution=8, filter="box", crop="none")
    np.testing.assert_allclose(image, expected, atol=1)


@pytest.mark.parametrize(
    ("height", "width", "rows", "columns"), [(24, 40, (0, 24), (4, 36)), (40, 32, (8, 32), (0, 32))]
)
def test_four_to_three_between_black_bands(height, width, rows, columns, tmp_path):
    array = noise(height, width)
    expected = array[slice(*rows), slice(*columns)].reshape(12, 2, 16, 2, 3).mean((1, 3))
    image = of_one(array, tmp_path, resolution=16, filter="box", crop="wide")
    np.testing.assert_allclose(image[2:14], expected, atol=1)
    assert not image[:2].any()
    assert not image[14:].any()


def test_cars_as_stylegan_has_them(tmp_path):
    """Of 32x40 pixels at 16: round(16 * 32 / 40) = 13 rows from the tenth on, and all columns."""
    array = noise(32, 40)
    expected = np.asarray(Image.fromarray(array[9:22]).resize((16, 12), Image.Resampling.LANCZOS))
    image = of_one(array, tmp_path, resolution=16, crop="car")
    np.testing.assert_allclose(image[2:14].astype(int), expected, atol=6)  # Pillow's filter looks beyond the box
    assert not image[:2].any()
    assert not image[14:].any()
    folder = write_folder(tmp_path / "low", {"low.png": encoded(noise(16, 40)), "good.png": encoded(noise(32, 40))})
    manifest = prepared(folder, tmp_path / "y", resolution=16, crop="car")
    assert "too few for crop=car" in str(manifest)


def test_a_rectangle(tmp_path):
    """Of 24x40 pixels, the centred 20x40 for images twice as wide as high; manifests hold height and width."""
    array = noise(24, 40)
    expected = array[2:22].reshape(10, 2, 20, 2, 3).mean((1, 3))
    image = of_one(array, tmp_path, resolution=(10, 20), filter="box")
    np.testing.assert_allclose(image, expected, atol=1)
    manifest = json.loads((tmp_path / "records" / "manifest.json").read_text())
    assert manifest["preparation"]["resolution"] == [10, 20]
    again, _ = prepared(tmp_path / "x", tmp_path / "records", resolution=[10, 20], filter="box")
    assert again["sha256"] == manifest["sha256"]
    with pytest.raises(ValueError, match="holds images of 20x10, not 10x20: take resolution=20x10, or prepare"):
        load(tmp_path / "records", (20, 10), 1)
    with pytest.raises(ValueError, match=r"another preparation .resolution=\[10, 20\]"):
        prepared(tmp_path / "x", tmp_path / "records", resolution=(20, 10), filter="box")


def test_bands_are_for_squares(tmp_path):
    with pytest.raises(ValueError, match="crop=wide puts 4:3 into a square"):
        prepared(
            write_folder(tmp_path / "x", {"a.png": encoded(noise())}), tmp_path / "y", resolution=(12, 16), crop="wide"
        )


@pytest.mark.parametrize("filter", ["box", "lanczos"])
def test_what_is_too_fine_is_removed(filter, tmp_path):
    """A checkerboard of single pixels becomes grey, where a filter without antialiasing would keep it or make moiré."""
    array = 255 * (np.indices((63, 63)).sum(0) % 2).astype(np.uint8)[..., None].repeat(3, 2)
    image = of_one(array, tmp_path, resolution=21, filter=filter)
    np.testing.assert_allclose(image[2:-2, 2:-2], 127.5, atol=20)


def test_grey_and_palette_and_orientation(tmp_path):
    grey = noise()[..., 0]
    half = np.zeros((16, 16, 3), np.uint8)
    half[:8] = 255
    files = {
        "grey.png": encoded(grey),
        "opaque.png": encoded(np.dstack([noise(), np.full((24, 32), 255, np.uint8)])),
        "palette.png": encoded(Image.new("P", (16, 16), 1)),
        "turned.png": with_orientation(half, 3, "PNG"),
    }
    _, images = prepared(write_folder(tmp_path / "x", files), tmp_path / "records", resolution=24, crop="none")
    as_grey = np.asarray(Image.fromarray(grey).resize((24, 24), Image.Resampling.LANCZOS))
    np.testing.assert_allclose(images[0].astype(int), as_grey[..., None].repeat(3, 2), atol=1)
    of_rgb = np.asarray(Image.fromarray(noise()).resize((24, 24), Image.Resampling.LANCZOS, reducing_gap=3))
    np.testing.assert_array_equal(images[1], of_rgb)
    assert np.ptp(images[2]) == 0
    assert (images[3, :10] < 20).all()
    assert (images[3, 14:] > 235).all()


# -- what is skipped -------------------------------------------------------------------------------------------------


@pytest.mark.filterwarnings("default")  # as for users: no warning of Pillow's about large images
@pytest.mark.parametrize("write", [write_folder, write_zip])
def test_what_is_skipped_and_why(write, tmp_path, recwarn):
    files = {f"x/{kind}": content for kind, (content, _, _) in HOSTILE.items()} | good_files(3)
    place = write(tmp_path / ("x.zip" if write is write_zip else "x"), files)
    manifest, images = prepared(place, tmp_path / "records", shard_images=4)
    bad = {f"x/{kind}": reason for kind, (_, _, reason) in HOSTILE.items() if reason}
    assert [name for name, _ in manifest["skipped"]] == sorted(bad)
    for name, reason in manifest["skipped"]:
        assert bad[name] in reason
    assert len(images) == manifest["count"] == len(files) - len(bad)
    assert not recwarn.list


def test_nothing_of_use(tmp_path):
    with pytest.raises(ValueError, match=r"none of the 1 images .*: a\.png is not an image"):
        prepared(write_folder(tmp_path / "x", {"a.png": b"x"}), tmp_path / "records")
    with pytest.raises(ValueError, match="not complete"):
        load(tmp_path / "records", 16, 1)


def test_a_zip_that_leads_out_is_refused_whole(tmp_path):
    place = write_zip(tmp_path / "x.zip", good_files(3) | {"../evil.png": encoded(noise())})
    with pytest.raises(ValueError, match="which leads out of it"):
        prepared(place, tmp_path / "records")
    assert not (tmp_path / "records").exists()


def test_a_zip_bomb_is_skipped(tmp_path, monkeypatch):
    monkeypatch.setattr(pixels, "MAX_MEGABYTES", 1)
    place = write_zip(tmp_path / "x.zip", good_files(3) | {"z.png": encoded(noise()) + bytes(5_000_000)})
    manifest, _ = prepared(place, tmp_path / "records")
    assert manifest["skipped"] == [["z.png", "is over the limit of 1 MB"]]


def test_some_images(tmp_path):
    place = write_folder(tmp_path / "x", good_files())
    manifest, images = prepared(place, tmp_path / "records", max_images=7, shard_images=3)
    assert [shard["count"] for shard in manifest["shards"]] == [3, 3, 1]
    np.testing.assert_array_equal(images, load(place, 16, 1).take(range(7)))


class Plain:
    """`Originals` that count how many are taken."""

    name, fingerprint, classes, taken = "plain", "plain", None, 0

    def __len__(self):
        return 300

    def between(self, start, stop):
        for index in range(start, stop):
            self.taken += 1
            yield Original(str(index), contextlib.nullcontext(Image.new("RGB", (8, 8))), None)


def test_few_originals_are_taken_before_their_turn(tmp_path, monkeypatch):
    plain = Plain()

    def first(folder, number, images, skipped):
        next(images)
        raise KeyboardInterrupt

    monkeypatch.setattr(records, "write_shard", first)
    with pytest.raises(KeyboardInterrupt):
        prepare(plain, tmp_path / "records", Preparation(8))
    assert 0 < plain.taken < 100


# -- killed and run again --------------------------------------------------------------------------------------------


@pytest.fixture
def place(tmp_path):
    """Twelve images, and one that is skipped."""
    return write_folder(tmp_path / "x", good_files() | {"a/bad.png": truncated("PNG")})


def killed_at(monkeypatch, count):
    """Makes the preparation fail after it has opened so many images."""
    left = iter(range(count))
    squeezed = pixels.squeezed

    def dying(*args):
        if next(left, None) is None:
            raise KeyboardInterrupt
        return squeezed(*args)

    monkeypatch.setattr(pixels, "squeezed", dying)


@pytest.mark.parametrize("count", [0, 1, 5, 11])
def test_a_killed_preparation_goes_on(count, place, tmp_path, monkeypatch):
    prepared(place, tmp_path / "whole", labels=True, shard_images=3)
    with monkeypatch.context() as patch:
        killed_at(patch, count)
        with pytest.raises(KeyboardInterrupt):
            prepared(place, tmp_path / "killed", labels=True, shard_images=3)
    with pytest.raises(ValueError, match="killed is not complete"):
        load(tmp_path / "killed", 16, 1)
    done = {path: path.stat().st_mtime_ns for path in (tmp_path / "killed").glob("shard-*")}
    assert len(done) >= 2 * ((count - 3) // 3)
    prepared(place, tmp_path / "killed", labels=True, shard_images=3)
    assert contents(tmp_path / "killed") == contents(tmp_path / "whole")
    assert done == {path: path.stat().st_mtime_ns for path in done}  # not written again


def test_one_process_at_a_time(place, tmp_path):
    dest = tmp_path / "records"

    class Meanwhile:
        """Another preparation begins while this one takes its first image."""

        def __init__(self, originals):
            self.originals, self.name, self.classes = originals, originals.name, originals.classes
            self.fingerprint = originals.fingerprint

        def __len__(self):
            return len(self.originals)

        def between(self, start, stop):
            with pytest.raises(ValueError, match=f"{dest} is being written by process {os.getpid()} on .*: let it end"):
                prepare(originals(place), dest, Preparation(16))
            yield from self.originals.between(start, stop)

    manifest = prepare(Meanwhile(originals(place)), dest, Preparation(16))
    assert manifest["count"] == 12
    assert {path.name for path in dest.iterdir()} == {"manifest.json", "shard-00000.tfrecord", "shard-00000.json"}
    assert prepare(originals(place), dest, Preparation(16)) == manifest


class Failing(io.BytesIO):
    """An open file whose disk fails."""

    def read(self, size=-1):
        raise OSError(errno.EIO, os.strerror(errno.EIO))


@pytest.mark.parametrize("number", [errno.EACCES, errno.EMFILE, errno.EIO])
def test_a_file_that_the_machine_does_not_give_is_not_skipped(number, place, tmp_path, monkeypatch):
    whole, _ = prepared(place, tmp_path / "whole", shard_images=3)
    opened = Folder.open

    def failing(files, index):
        if files.names[index] != "b/05.png":
            return opened(files, index)
        if number == errno.EIO:
            return Failing()
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patch:
        patch.setattr(Folder, "open", failing)
        with pytest.raises(OSError, match=r"x/b/05\.png cannot be read \(") as error:
            prepared(place, tmp_path / "failed", shard_images=3)
        assert error.value.errno == number
        with pytest.raises(OSError, match=r"x/b/05\.png cannot be read \("):
            load(place, 16, 1, cache_gb=0)
    done = {path: path.stat().st_mtime_ns for path in (tmp_path / "failed").glob("shard-*")}
    assert len(done) >= 4
    assert prepared(place, tmp_path / "failed", shard_images=3)[0] == whole
    assert done == {path: path.stat().st_mtime_ns for path in done}  # not written again


@pytest.mark.parametrize("name", ["shard-00001.tfrecord", "shard-00001.json"])
def test_a_shard_that_the_machine_does_not_give_is_not_replaced(name, place, tmp_path):
    prepared(place, tmp_path / "records", shard_images=3)
    shard = tmp_path / "records" / name
    shard.unlink()
    shard.symlink_to(shard)  # a loop, which no one can open
    with pytest.raises(OSError, match=name) as error:
        prepared(place, tmp_path / "records", shard_images=3)
    assert error.value.errno == errno.ELOOP
    assert shard.is_symlink()


@pytest.mark.parametrize("what", ["flipped", "cut", "gone", "about", "label"])
def test_damaged_shards_are_replaced(what, place, tmp_path):
    prepared(place, tmp_path / "records", labels=True, shard_images=3)
    before = contents(tmp_path / "records")
    damage(tmp_path / "records", what)
    assert contents(tmp_path / "records") != before
    prepared(place, tmp_path / "records", labels=True, shard_images=3)
    assert contents(tmp_path / "records") == before


def test_images_that_changed_meanwhile_are_an_error(place, tmp_path):
    prepared(place, tmp_path / "records", shard_images=3)
    (place / "b" / "new.png").write_bytes(encoded(noise()))
    with pytest.raises(ValueError, match=r"another preparation \(images of .*x as they were\)"):
        prepared(place, tmp_path / "records", shard_images=3)


@pytest.mark.parametrize("write", [write_folder, write_zip])
def test_labels_that_changed_meanwhile_are_an_error(write, tmp_path):
    def written(labels):
        listed = json.dumps({"labels": [[f"{index}.png", label] for index, label in enumerate(labels)]}).encode()
        files = {f"{index}.png": encoded(noise(seed=index)) for index in range(4)} | {"dataset.json": listed}
        place = write(tmp_path / ("x.zip" if write is write_zip else "x"), files)
        for index in range(4 if write is write_folder else 0):
            os.utime(place / f"{index}.png", (0, 0))
        return place

    place = written([0, 1, 0, 1])
    prepared(place, tmp_path / "records", labels=True)
    prepared(place, tmp_path / "unlabelled")
    prepared(written([0, 1, 0, 1]), tmp_path / "records", labels=True)
    written([1, 0, 1, 0])
    with pytest.raises(ValueError, match=r"another preparation \(images of .*x.* as they were\)"):
        prepared(place, tmp_path / "records", labels=True)
    prepared(place, tmp_path / "unlabelled")


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"resolution": 8}, "resolution=16"),
        ({"crop": "wide"}, "crop=centre"),
        ({"filter": "box"}, "filter=lanczos"),
        ({"shard_images": 4}, "shard_images=3"),
        ({"max_images": 4}, "max_images=None"),
        ({"labels": True}, "labels=False"),
    ],
)
def test_other_arguments_are_an_error(kwargs, message, place, tmp_path):
    prepared(place, tmp_path / "records", shard_images=3)
    before = contents(tmp_path / "records")
    with pytest.raises(ValueError, match=f"of another preparation .{message}"):
        prepared(place, tmp_path / "records", **{"shard_images": 3} | kwargs)
    assert contents(tmp_path / "records") == before


def test_a_folder_with_anything_else(place, tmp_path):
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "thesis.txt").write_text("precious")
    (tmp_path / "file").write_text("a file")
    for name in ("taken", "file"):
        with pytest.raises(ValueError, match=f"{name} is not empty"):
            prepared(place, tmp_path / name)
    prepared(place, tmp_path / "records")
    with pytest.raises(ValueError, match="prepared already"):
        prepared(tmp_path / "records", tmp_path / "more")


@pytest.mark.parametrize("values", [{"resolution": 0}, {"resolution": 9000}, {"crop": "x"}, {"filter": "x"}])
@pytest.mark.parametrize("more", [{}, {"shard_images": 0}, {"max_images": 0}])
def test_bad_values(values, more):
    with pytest.raises(ValueError, match="Received"):
        Preparation(**{"resolution": 8} | values | more)


# -- damaged records -------------------------------------------------------------------------------------------------


def damage(folder, what):
    shard, about = folder / "shard-00001.tfrecord", folder / "shard-00001.json"
    content = shard.read_bytes()
    if what == "flipped":
        shard.write_bytes(content[:100] + bytes([content[100] ^ 1]) + content[101:])
    elif what == "cut":
        shard.write_bytes(content[:-1])
    elif what == "gone":
        shard.unlink()
    elif what == "other":
        for path in (shard, about):
            path.write_bytes((folder / path.name.replace("1", "2")).read_bytes())
    elif what == "about":
        about.write_text(about.read_text()[:50])
    elif what == "offsets":
        known = checked.read(about)
        checked.write(about, known | {"offsets": [0, 9**9, 5, known["offsets"][-1]]})
    elif what == "label":
        about.write_text(re.sub(r'("labels": \[\d+, )0', r"\g<1>1", about.read_text()))
    elif what == "nested":
        about.write_text("[" * 100_000)
    elif what == "manifest":
        (folder / "manifest.json").write_text('{"format": "tfnss records", "version": 1, "comp')
    elif what == "version":
        checked.write(folder / "manifest.json", checked.read(folder / "manifest.json") | {"version": 2})
    elif what == "fields":
        manifest = checked.read(folder / "manifest.json")
        checked.write(folder / "manifest.json", manifest | {"shards": [{"name": "../../etc/passwd"}]})
    elif what == "count":
        (folder / "manifest.json").write_text(
            (folder / "manifest.json").read_text().replace('"count": 6', '"count": 5', 1)
        )


@pytest.mark.parametrize(
    ("what", "message"),
    [
        ("cut", r"shard-00001\.tfrecord is missing or damaged \(it has \d+ bytes instead of \d+\); copy it again"),
        ("gone", r"shard-00001\.tfrecord is missing or damaged"),
        ("other", r"shard-00001\.tfrecord is missing or damaged \(it is not the one in the manifest\)"),
        ("about", r"shard-00001\.json is missing or damaged"),
        ("offsets", r"shard-00001\.json is missing or damaged"),
        ("label", r"shard-00001\.json is missing or damaged \(its checksum differs\)"),
        ("nested", r"shard-00001\.json is missing or damaged \(it is nested too deeply\)"),
        ("count", r"manifest\.json is missing or damaged \(its checksum differs\)"),
        ("manifest", r"manifest\.json is missing or damaged .*; copy it again, or prepare into a new folder"),
        ("fields", r"manifest\.json is missing or damaged"),
        ("version", r"manifest\.json is of version 2"),
    ],
)
def test_unreadable_records_are_named(what, message, place, tmp_path):
    prepared(place, tmp_path / "records", labels=True, shard_images=3)
    before = contents(tmp_path / "records")
    damage(tmp_path / "records", what)
    assert contents(tmp_path / "records") != before
    with pytest.raises(ValueError, match=message) as error:
        load(tmp_path / "records", 16, 1)
    assert "\n" not in str(error.value)


def test_a_flipped_bit_is_found_when_it_is_read(place, tmp_path):
    prepared(place, tmp_path / "records", shard_images=3)
    damage(tmp_path / "records", "flipped")
    images = load(tmp_path / "records", 16, 1)
    assert len(images.take([0, 1, 2, 4])) == 4
    with pytest.raises(ValueError, match=r"shard-00001\.tfrecord, record 0, is damaged"):
        images.take([3])
    (tmp_path / "records" / "shard-00001.tfrecord").unlink()
    with pytest.raises(FileNotFoundError, match=r"shard-00001\.tfrecord, record 0, cannot be read"):
        images.take([3])


def test_records_of_another_kind(place, tmp_path):
    prepared(place, tmp_path / "records")
    with pytest.raises(ValueError, match="holds images of 16x16, not 32x32: take resolution=16"):
        load(tmp_path / "records", 32, 1)
    with pytest.raises(ValueError, match="has no labels"):
        load(tmp_path / "records", 16, 1, labels=True)


def test_a_full_disk(place, tmp_path, monkeypatch):
    def full(*args):
        raise tf.errors.ResourceExhaustedError(None, None, "No space left on device")

    monkeypatch.setattr(tf.io.TFRecordWriter, "write", full)
    with pytest.raises(OSError, match=r"shard-00000\.tfrecord cannot be written: No space left"):
        prepared(place, tmp_path / "records")
    assert not list((tmp_path / "records").glob("*shard*"))
    assert records.is_records(tmp_path / "records")
