"""Preparation of records from images of any size and kind, which can be killed and run again."""

import collections
import contextlib
import hashlib
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from tfnss import locks
from tfnss.data import pixels, records
from tfnss.data.mapping import mapped
from tfnss.data.sources import Original, Originals
from tfnss.files import expanded
from tfnss.resolution import Resolution, flag_value, plain, sides

_LOCK = ".preparing"  # a file in the folder
_EARLY = {"channels": 3, "background": None}  # of preparations whose manifests do not tell


@dataclass(frozen=True)
class Preparation:
    """How images are prepared.

    Args:
        resolution: Side of a square, or height and width, in pixels; it is kept as one number, or [height, width].
        crop: In `pixels.CROPS`; `wide` and `car` are for squares.
        filter: In `pixels.FILTERS`.
        shard_images: Originals in a shard.
        max_images: Most originals to take; None for all.
        channels: 1 for grey (luminance), 3 for RGB, 4 for RGBA.
        background: Colour on which transparent images are laid where `channels` is 1 or 3, as `PIL.ImageColor` takes it;
            None to skip them.

    Raises:
        ValueError: For values outside these.
    """

    resolution: Resolution
    crop: str = "centre"
    filter: str = "lanczos"
    shard_images: int = 1000
    max_images: int | None = None
    channels: int = 3
    background: str | None = None

    def __post_init__(self) -> None:
        height, width = sides(self.resolution)
        object.__setattr__(self, "resolution", plain(self.resolution))
        for name in ("shard_images", "max_images"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ValueError(f"{name} must be at least 1. Received: {name}={value}")
        if height * width > pixels.MAX_MEGAPIXELS * 1e6:
            raise ValueError(
                f"an image may have {pixels.MAX_MEGAPIXELS} megapixels. Received: resolution={flag_value(self.resolution)}"
            )
        pixels.check_colours(self.channels, self.background)
        if self.crop not in pixels.CROPS or self.filter not in pixels.FILTERS:
            raise ValueError(
                f"`crop` must be one of {', '.join(pixels.CROPS)}, `filter` one of {', '.join(pixels.FILTERS)}. "
                f"Received: crop={self.crop}, filter={self.filter}"
            )
        if self.crop in pixels.BANDED and height != width:
            raise ValueError(
                f"crop={self.crop} puts 4:3 into a square; for images of 4:3 themselves leave it out. "
                f"Received: resolution={flag_value(self.resolution)}"
            )


def prepare(
    originals: Originals, folder: str | os.PathLike, preparation: Preparation, progress: bool = False
) -> dict[str, Any]:
    """Writes records of images. Run again, it goes on where it was stopped, and replaces shards that are damaged.

    One process at a time writes a folder, as far as its file system has locks.

    Images of all kinds are converted to the channels of the preparation. What cannot be used is skipped, and listed by name
    and reason; how many images were smaller than the resolution is told too (`upscaled`).

    Args:
        originals: The images.
        folder: Folder of the records: a new or empty one, or that of the same preparation.
        preparation: How to prepare them.
        progress: Whether to show a progress line.

    Returns:
        The manifest (see `tfnss.data.records`).

    Raises:
        ValueError: For a folder with anything else, or that another process writes, originals that have changed since, or
            none that can be used.
        OSError: For a full disk, or an original that the machine does not give. What is done stays.
    """
    folder = expanded(folder)
    count = min(len(originals), preparation.max_images or len(originals))
    settings = {
        "source": originals.name,
        "fingerprint": originals.fingerprint,
        "labels": originals.classes is not None,
        **asdict(preparation),
    }
    check_destination(folder)
    folder.mkdir(parents=True, exist_ok=True)
    with locks.held(folder / _LOCK, folder):
        _begin(folder, settings)
        shards = _write_shards(originals, folder, preparation, count, progress)
        return _finish(folder, settings, originals.classes, shards)


def _write_shards(originals: Originals, folder: Path, preparation: Preparation, count: int, progress: bool) -> int:
    """Writes the shards that are not there yet, or damaged, and gives the number of all."""
    with _bar(progress) as bar, pixels.own_limits(), ThreadPoolExecutor() as pool:
        task = bar.add_task("preparing", total=count)
        shards = range(-(-count // preparation.shard_images))
        for number in shards:
            start = number * preparation.shard_images
            stop = min(start + preparation.shard_images, count)
            if records.is_whole(folder, number):
                bar.advance(task, stop - start)
                continue
            remarks: dict[str, Any] = {"skipped": [], "upscaled": 0}
            of_shard = originals.between(start, stop)
            prepared = mapped(pool, lambda original: _prepared(original, preparation), of_shard)
            with contextlib.closing(prepared):
                images = _good(prepared, remarks, lambda: bar.advance(task))
                records.write_shard(folder, number, images, remarks)
    return len(shards)


def check_destination(folder: Path) -> None:
    """Raises a ValueError for a folder that is not for records: one with anything else than records or hidden files."""
    names = [path.name for path in folder.iterdir()] if folder.is_dir() else []
    free = not folder.exists() or (folder.is_dir() and all(n.startswith(".") or n == records.RANKING for n in names))
    if not (free or records.is_records(folder)):
        raise ValueError(f"{folder} is not empty: name a new folder for the records")


def _begin(folder: Path, settings: dict[str, Any]) -> None:
    """Makes the folder, or finds out whether it is that of this preparation."""
    if records.is_records(folder):
        begun = _EARLY | records.read_manifest(folder).get("preparation", {})
        other = [name for name in settings if name != "source" and begun.get(name) != settings[name]]
        differences = [
            f"images of {begun.get('source')} as they were" if name == "fingerprint" else f"{name}={begun.get(name)}"
            for name in other
        ]
        if differences:
            raise ValueError(
                f"{folder} holds records of another preparation ({', '.join(differences)}): "
                "repeat that, name another folder, or remove it"
            )
    else:
        records.write_manifest(folder, {"complete": False, "preparation": settings})


class _Prepared(NamedTuple):
    """An original's name, its PNG, its class, whether it was enlarged, and the reason if there is no PNG."""

    name: str
    png: bytes | None
    label: int | None
    enlarged: bool = False
    reason: str = ""


def _prepared(original: Original, preparation: Preparation) -> _Prepared:
    resolution, crop = preparation.resolution, preparation.crop
    try:
        with original.opening as image:
            image = pixels.converted(image, preparation.channels, preparation.background, original.name)
            square = pixels.squeezed(image, resolution, crop, preparation.filter)
            enlarged = pixels.is_enlarged(image.size, resolution, crop)
            return _Prepared(original.name, pixels.png(square), original.label, enlarged)
    except pixels.ImageError as error:
        return _Prepared(original.name, None, original.label, reason=error.reason)


def _good(
    prepared: Iterator[_Prepared], remarks: dict[str, Any], advance: Callable[[], None]
) -> Iterator[tuple[bytes, int | None]]:
    """The images that can be used; `remarks` are made of the others."""
    for image in prepared:
        if image.png is None:
            remarks["skipped"].append((image.name, image.reason))
        else:
            remarks["upscaled"] += image.enlarged
            yield image.png, image.label
        advance()


def _finish(folder: Path, settings: dict[str, Any], classes: list[str] | None, shards: int) -> dict[str, Any]:
    """Writes the manifest of all shards."""
    found = [records.read_shard(folder, number) for number in range(shards)]
    skipped = [pair for shard in found for pair in shard["skipped"]]
    count = sum(len(shard["crc32"]) for shard in found)
    if not count:
        raise ValueError(f"none of the {len(skipped)} images of {settings['source']} can be used: {_first(skipped)}")
    counts = collections.Counter(label for shard in found for label in shard["labels"] or ())
    manifest = {
        "complete": True,
        "preparation": settings,
        "count": count,
        "classes": None
        if classes is None
        else [{"name": name, "count": counts[label]} for label, name in enumerate(classes)],
        "sha256": hashlib.sha256("".join(shard["sha256"] for shard in found).encode()).hexdigest(),
        "shards": [
            {
                "name": records.shard_path(folder, number).name,
                "count": len(shard["crc32"]),
                "bytes": int(shard["offsets"][-1]),
                "sha256": shard["sha256"],
            }
            for number, shard in enumerate(found)
        ],
        "skipped": skipped,
        "upscaled": sum(shard["upscaled"] for shard in found),
    }
    records.write_manifest(folder, manifest)
    return manifest


def _first(skipped: list[tuple[str, str]]) -> str:
    return " ".join(skipped[0])


def _bar(shown: bool) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, disable=not shown)
