"""`tfnss prepare`: turns images into records: sharded, of one size, checked, and quick to train on.

    tfnss prepare ~/pictures ~/pictures64 --resolution 64
    tfnss train dcgan_celeba64 --data ~/pictures64
    tfnss prepare ~/pictures ~/wide --resolution 640x384      # 640 pixels wide, 384 high

SOURCE is a folder or zip of images, an LSUN export (a folder with data.mdb), or a data set of TensorFlow Datasets by name.
The same command goes on where it was stopped, or where a disk failed. One process writes DEST.

    tfnss prepare ~/lsun/cat ~/cats --resolution 256 --rank 100000

keeps the images that rank highest on the manifold of all of them, of which `ranking.json` tells (`tfnss.running.ranked`).
"""

import collections
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tfnss.console import Parser, check_range, one_line_warnings, parser_of, reporting, say, start_tensorflow
from tfnss.data import pixels
from tfnss.data.named import NAMED
from tfnss.data.remarks import enlarged
from tfnss.files import expanded
from tfnss.metrics.networks import NAMES as NETWORKS
from tfnss.processes import quoted
from tfnss.resolution import IN_WORDS, METAVAR, flag_value, from_text, written
from tfnss.running.lock import only_writer

if TYPE_CHECKING:
    from tfnss.data import Preparation
    from tfnss.data.sources import Originals

PROGRAM = "tfnss prepare"
SUMMARY = "Turn images into records, quick to train on."
_LISTED = 20  # skipped images to print
_DEFAULTS: dict[str, Any] = {"labels": False, "download": False}
_RANKING = ("rank", "rank_queries", "features", "inception")


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs the command line; ends with status 2 and one line on bad input."""
    given = _DEFAULTS | vars(parser_of(PROGRAM, SUMMARY, add_flags).parse_args(arguments))
    source, dest = given.pop("source"), expanded(given.pop("dest"))
    labels, download = given.pop("labels"), given.pop("download")
    ranking = {name: given.pop(name) for name in _RANKING if name in given}
    with reporting(PROGRAM, ValueError, OSError), one_line_warnings(PROGRAM):
        start_tensorflow()
        from tfnss.data import Preparation, originals

        preparation = Preparation(**given)
        _check_ranking(ranking, given)
        place = expanded(source)
        if source not in NAMED and place.is_dir() and dest.resolve().is_relative_to(place.resolve()):
            raise ValueError(f"{dest} lies in {source}: name a folder outside it for the records")
        try:
            manifest = _prepared(originals(source, download, labels), dest, preparation, ranking)
        except KeyboardInterrupt:
            say(f"Stopped. The same command goes on; {dest} holds what is done.")
            raise SystemExit(130) from None
        _print(manifest, dest)


def _check_ranking(ranking: dict[str, Any], given: dict[str, Any]) -> None:
    if ranking and "rank" not in ranking:
        raise ValueError(f"--{min(ranking).replace('_', '-')} goes with --rank N, which says how many images to keep")
    if ranking and "max_images" in given:
        raise ValueError("--rank chooses the images to keep: leave out --max-images")
    check_range({"rank": 1} | ranking, "rank", 1)


def _prepared(images: "Originals", dest: Path, preparation: "Preparation", ranking: dict[str, Any]) -> dict[str, Any]:
    from tfnss.data import prepare
    from tfnss.data.preparation import check_destination

    check_destination(dest)  # before the lock is written in it
    dest.mkdir(parents=True, exist_ok=True)
    with only_writer(dest):
        try:
            if ranking:
                images = _ranked(images, dest, preparation, **ranking)
            return prepare(images, dest, preparation, progress=True)
        except OSError as error:
            raise OSError(f"{error}: mend that, and the same command goes on; {dest} holds what is done") from error


def _ranked(
    images: "Originals",
    dest: Path,
    preparation: "Preparation",
    rank: int,
    rank_queries: str | None = None,
    features: str = "inception",
    inception: str | None = None,
) -> "Originals":
    from tfnss.data import originals
    from tfnss.metrics import networks
    from tfnss.running.ranked import ranked

    queries = originals(rank_queries) if rank_queries else None
    return ranked(images, dest, preparation, rank, networks.load(features, inception), queries, progress=True)


def _print(manifest: dict[str, Any], dest: Path) -> None:
    resolution, skipped = manifest["preparation"]["resolution"], manifest["skipped"]
    megabytes = sum(shard["bytes"] for shard in manifest["shards"]) / 1e6
    classes = f", {len(manifest['classes'])} classes" if manifest["classes"] else ""
    say(
        f"{manifest['count']} images of {written(resolution)}{classes}: "
        f"{len(manifest['shards'])} shards, {megabytes:.1f} MB, sha256 {manifest['sha256'][:16]}..."
    )
    if manifest["upscaled"]:
        say(enlarged(manifest["upscaled"], manifest["count"], resolution))
    if skipped:
        counts = collections.Counter(reason for _, reason in skipped)
        reasons = ", ".join(f"{count} {reason}" for reason, count in counts.most_common(_LISTED))
        say(f"Skipped {len(skipped)} ({reasons}):")
        for name, reason in skipped[:_LISTED]:
            say(f"  {name} {reason}")
        if len(skipped) > _LISTED:
            say(f"  and {len(skipped) - _LISTED} more, listed in {dest / 'manifest.json'}")
    channels = manifest["preparation"]["channels"]
    kept = "" if channels == 3 else f" --channels {channels}"
    say(
        f"Next: tfnss train dcgan_photos --data {quoted(dest)} --resolution {flag_value(resolution)}{kept}, "
        "or any other recipe"
    )


def add_flags(parser: Parser) -> None:
    """Adds the flags of this command."""
    flag = parser.add_argument
    flag("source", metavar="SOURCE", help="folder, zip, LSUN export, or data set of TensorFlow Datasets by name")
    flag("dest", metavar="DEST", help="folder for the records: a new one, or that of the same command")
    flag(
        "--resolution",
        type=from_text,
        required=True,
        metavar=METAVAR,
        help=f"size of the records' images in pixels: {IN_WORDS}",
    )
    flag("--crop", choices=pixels.CROPS, help=f"what to keep of images of another shape: {_CROPS}")
    flag("--filter", choices=pixels.FILTERS, help="how to resize, antialiased (default: lanczos)")
    flag("--channels", type=int, choices=tuple(pixels.MODES), help="1 for grey, 3 for RGB, 4 for RGBA (default: 3)")
    flag(
        "--background",
        metavar="COLOUR",
        help="colour to lay transparent images on, where --channels is 1 or 3: white, "
        "#ff8000, ... (default: they are skipped)",
    )
    flag("--labels", action="store_true", help="keep classes: of dataset.json, else the subfolder of each image")
    flag("--shard-images", type=int, metavar="N", help="images in a shard (default: 1000)")
    flag("--max-images", type=int, metavar="N", help="take no more than the first N images")
    flag(
        "--rank",
        type=int,
        metavar="N",
        help="keep the N images that rank highest on the manifold of all: see --rank-queries",
    )
    flag(
        "--rank-queries",
        metavar="FOLDER",
        help="images like those to keep; without them, images with many that are like them rank high (a density ranking)",
    )
    flag("--features", choices=NETWORKS, help="feature network of the ranking (default: inception)")
    flag("--inception", metavar="DIR", help="folder of Inception's SavedModel, instead of TensorFlow Hub")
    flag("--download", action="store_true", help="let TensorFlow Datasets download the data set if it is not on disk")


_CROPS = (
    "the centred part of the records' shape (centre), the centred 4:3 between black bands in a square (wide), the same as "
    "StyleGAN's code prepares LSUN-Car, distorted and without small images (car), or all of it, distorted (none) "
    "(default: centre)"
)
