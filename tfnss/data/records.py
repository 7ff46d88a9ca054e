"""Records: images of one size in TFRecord shards, any of which is read by its number.

A folder of records holds

- `shard-00000.tfrecord`, ...: shards of `tf.train.Example`s with the features `image` (a PNG file) and, if there are
  classes, `label` (int64). `tf.data.TFRecordDataset` reads them.
- `shard-00000.json`, ...: of each shard the `offsets` of its records and of its end, their checksums (`crc32`, of the
  Example), their `labels` or null, the shard's `sha256`, the originals that were `skipped`, with reasons, and how many
  were `upscaled`.
- `manifest.json`: `format`, `version`, whether it is `complete`, how it was prepared, and when it is complete `count`,
  `classes` (name and count of each) or null, `shards` (name, count, bytes and sha256 of each), `sha256` of those checksums,
  all that was `skipped`, and how many images were `upscaled`: had fewer pixels than the resolution,
  which is one number for squares, else [height, width].
- `ranking.json`, if a ranking chose the images (`tfnss.running.ranked`).

Each JSON file holds a `checksum` of the rest of it (`tfnss.data.checked`).
"""

import hashlib
import io
import os
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import tensorflow as tf

from tfnss import files
from tfnss.data import checked, pixels
from tfnss.files import expanded
from tfnss.resolution import sides

MANIFEST, FORMAT, VERSION = "manifest.json", "tfnss records", 1
RANKING = "ranking.json"
_REMEDY = "copy it again, or repeat the preparation (tfnss.data.prepare), which replaces damaged shards"
_HEAD, _FOOT = 12, 4  # bytes of a TFRecord around its data: length and checksum, checksum


class Records:
    """A `Source` of a folder of records. Reads an image with one access to its shard, and checks it.

    Raises:
        ValueError: For a folder that holds no complete records, or damaged ones as far as their sizes tell. The message
            names the file.
    """

    def __init__(self, folder: str | os.PathLike) -> None:
        self._folder = expanded(folder)
        self.name = os.fspath(self._folder)
        manifest = read_manifest(self._folder)
        if not manifest["complete"]:
            raise ValueError(f"{self.name} is not complete: repeat the preparation (tfnss.data.prepare), which goes on")
        try:
            self.fingerprint = f"records {manifest['sha256']}"
            resolution = manifest["preparation"]["resolution"]
            channels = manifest["preparation"].get("channels", 3)  # of early records: RGB
            self.shape: tuple[int, int, int] = (*sides(resolution), channels)
            self._shards = [read_shard(self._folder, number) for number in range(len(manifest["shards"]))]
            for number, (shard, listed) in enumerate(zip(self._shards, manifest["shards"], strict=True)):
                if shard["sha256"] != listed["sha256"]:
                    raise _damaged(shard_path(self._folder, number), "it is not the one in the manifest")
            self._ends = np.cumsum([len(shard["crc32"]) for shard in self._shards])
            labels = [shard["labels"] for shard in self._shards]
            self.labels = None if manifest["classes"] is None else np.concatenate(labels).astype(np.int64)
            self.class_names = None if manifest["classes"] is None else [found["name"] for found in manifest["classes"]]
            self.upscaled = int(manifest.get("upscaled", 0))
            if manifest["count"] != self._ends[-1] or channels not in pixels.MODES:
                raise ValueError("counts differ")
        except (ValueError, KeyError, TypeError, IndexError) as error:
            raise error if isinstance(error, pixels.ImageError) else _damaged(self._folder / MANIFEST, error) from None

    def __len__(self) -> int:
        return int(self._ends[-1])

    def read(self, index: int) -> np.ndarray:
        number = int(np.searchsorted(self._ends, index, side="right"))
        shard = self._shards[number]
        record = index - int(self._ends[number]) + len(shard["crc32"])
        start, end = (int(offset) for offset in shard["offsets"][record : record + 2])
        path = shard_path(self._folder, number)
        name = f"{path}, record {record},"

        def image_file() -> BinaryIO:
            with open(path, "rb", buffering=0) as file:
                file.seek(start + _HEAD)
                data = file.read(end - start - _HEAD - _FOOT)
            if zlib.crc32(data) != shard["crc32"][record]:
                raise pixels.ImageError(name, "is damaged (its checksum differs)", _REMEDY)
            return io.BytesIO(tf.train.Example.FromString(data).features.feature["image"].bytes_list.value[0])

        with pixels.opened(image_file, name) as image:
            array, mode = pixels.as_array(image), image.mode
        if array.shape != self.shape or mode != pixels.MODES[self.shape[2]]:
            size = f"{array.shape[1]}x{array.shape[0]} ({mode})"
            raise pixels.ImageError(name, f"is {size}, not as the manifest says", _REMEDY)
        return array


def is_records(folder: Path) -> bool:
    """Whether a folder holds records, complete or not."""
    try:
        with open(folder / MANIFEST, "rb") as file:
            return FORMAT.encode() in file.read(1000)
    except OSError:
        return False


def read_manifest(folder: Path) -> dict[str, Any]:
    """The content of a folder's `manifest.json`.

    Raises:
        ValueError: For one that is damaged, or of another version. The message names it.
    """
    path = folder / MANIFEST
    try:
        manifest = checked.read(path)
        if manifest["format"] != FORMAT or not isinstance(manifest["complete"], bool):
            raise TypeError("it is of another kind")
        version = manifest["version"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _damaged(path, error) from None
    if version != VERSION:
        raise ValueError(f"{path} is of version {version}, and this tfnss reads version {VERSION}; prepare it again")
    return manifest


def write_manifest(folder: Path, manifest: dict[str, Any]) -> None:
    """Writes `manifest.json`."""
    checked.write(folder / MANIFEST, {"format": FORMAT, "version": VERSION, **manifest})


def write_shard(
    folder: Path, number: int, images: Iterable[tuple[bytes, int | None]], remarks: Mapping[str, Any]
) -> None:
    """Writes a shard, whole or not at all, and then what there is to know of it.

    Args:
        folder: Folder of the records.
        number: Number of the shard.
        images: PNG files, and their labels: all integers, or all None.
        remarks: `skipped`, the names and reasons of the originals that were skipped, and how many were `upscaled`; complete
            when `images` ends.
    """
    path = shard_path(folder, number)
    offsets, checksums, labels = [0], [], []
    with files.replacing(path) as temporary:
        try:
            with tf.io.TFRecordWriter(os.fsencode(temporary)) as writer:
                for image, label in images:
                    data = _example(image, label)
                    writer.write(data)
                    offsets.append(offsets[-1] + _HEAD + len(data) + _FOOT)
                    checksums.append(zlib.crc32(data))
                    labels.append(label)
        except tf.errors.OpError as error:  # a full disk
            raise OSError(f"{path} cannot be written: {error.message}") from error
        sha256 = _sha256(temporary)
    content = {
        "offsets": offsets,
        "crc32": checksums,
        "labels": None if None in labels else labels,
        "sha256": sha256,
        **remarks,
    }
    checked.write(path.with_suffix(".json"), content)


def read_shard(folder: Path, number: int) -> dict[str, Any]:
    """What is known of a shard: `offsets` and `crc32` as arrays, `labels`, `sha256`, `skipped`, `upscaled`.

    Raises:
        ImageError: For one that is missing, has changed, or is not as long as it should be. The message names the file.
        OSError: For one that the machine does not give.
    """
    path = shard_path(folder, number)
    about = path.with_suffix(".json")
    try:
        shard = checked.read(about)
        shard |= {name: np.array(shard[name], np.int64) for name in ("offsets", "crc32")}
        labels, count = shard["labels"], len(shard["crc32"])
        if len(shard["offsets"]) != count + 1 or (labels is not None and len(labels) != count):
            raise ValueError("counts differ")
        if shard["offsets"][0] != 0 or (np.diff(shard["offsets"]) <= _HEAD + _FOOT).any():
            raise ValueError("offsets are out of order")
        shard["sha256"], shard["skipped"], shard.setdefault("upscaled", 0)  # early shards do not tell
    except (FileNotFoundError, ValueError, KeyError, TypeError, OverflowError) as error:
        raise _damaged(about, error) from None
    try:
        size = path.stat().st_size
    except FileNotFoundError as error:
        raise _damaged(path, error) from None
    if size != shard["offsets"][-1]:
        raise _damaged(path, f"it has {size} bytes instead of {shard['offsets'][-1]}")
    return shard


def is_whole(folder: Path, number: int) -> bool:
    """Whether a shard is there with the content that it was written with.

    Raises:
        OSError: For one that the machine does not give, which may be whole.
    """
    try:
        return read_shard(folder, number)["sha256"] == _sha256(shard_path(folder, number))
    except pixels.ImageError:
        return False


def shard_path(folder: Path, number: int) -> Path:
    """Where a shard is: its name follows from its number alone, not from what a manifest says."""
    return folder / f"shard-{number:05d}.tfrecord"


def _example(image: bytes, label: int | None) -> bytes:
    features = {"image": tf.train.Feature(bytes_list=tf.train.BytesList(value=[image]))}
    if label is not None:
        features["label"] = tf.train.Feature(int64_list=tf.train.Int64List(value=[label]))
    example = tf.train.Example(features=tf.train.Features(feature=features))
    return example.SerializeToString(deterministic=True)


def _sha256(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _damaged(path: Path, what: object) -> pixels.ImageError:
    remedy = "copy it again, or prepare into a new folder" if path.name == MANIFEST else _REMEDY
    return pixels.ImageError(os.fspath(path), f"is missing or damaged ({what})", remedy)
