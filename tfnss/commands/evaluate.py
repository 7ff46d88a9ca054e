"""`tfnss evaluate`: measures a run, or a folder of images, against real images.

tfnss evaluate runs/00000-dcgan_photos-nss --metrics fid,pr,spectrum
tfnss evaluate runs/00000-dcgan_photos-nss --images 50000 --reals all --save-reference faces.npz
tfnss evaluate samples --reference faces.npz
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tfnss.console import Parser, check_range, count_or_all, one_line_warnings, parser_of, reporting, start_tensorflow
from tfnss.files import check_folder, expanded
from tfnss.metrics import NAMES
from tfnss.metrics.names import check_names
from tfnss.metrics.networks import NAMES as NETWORKS
from tfnss.resolution import IN_WORDS, METAVAR, from_text
from tfnss.running.file_names import METRICS, SETTINGS
from tfnss.running.hub import is_remote, located

PROGRAM = "tfnss evaluate"
SUMMARY = "Measure a run, or a folder of images."
_DEFAULTS: dict[str, Any] = {"metrics": "fid", "batch_size": 64, "seed": 0, "download": False, "nearest": False}
_OF_REALS = (
    "data",
    "reals",
    "resolution",
    "download",
    "save_reference",
    "nearest",
)  # flags that --reference leaves nothing for


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs the command line; ends with status 2 and one line on bad input."""
    given = vars(parser_of(PROGRAM, SUMMARY, add_flags).parse_args(arguments))
    with reporting(PROGRAM, ValueError, OSError), one_line_warnings(PROGRAM):
        _check_reference(given)
        given = _DEFAULTS | given
        for side in np.ravel(given.get("resolution", ())):
            check_range({"resolution": side}, "resolution", 1, below=2**16)
        metrics = check_names(given["metrics"].split(","))
        if is_remote(given["target"]) and "out" not in given:
            raise ValueError(f"{given['target']} is not to be written into: name a file for the results with --out")
        target = located(given["target"])
        places: dict[str, Any] = {name: expanded(given[name]) for name in ("out", "save_reference") if name in given}
        for name, place in places.items():
            check_folder(place.parent, f"--{name.replace('_', '-')} {place}")
        given |= places
        given |= {"reals": count_or_all(given["reals"], "--reals")} if "reals" in given else {}
        if "save_reference" in given:
            _check_new(given["save_reference"], metrics)
        if not target.is_dir():
            raise ValueError(f"{target} is neither the folder of a run nor of images")
        start_tensorflow()
        from tfnss.running import measuring

        if (target / SETTINGS).exists():
            measuring.measure_run(target, metrics, given)
        else:
            measuring.measure_folder(metrics, given)


def _check_reference(given: dict[str, Any]) -> None:
    """Raises a ValueError for flags that contradict each other."""
    if "reference" in given and (others := [name for name in _OF_REALS if name in given]):
        flag = f"--{others[0].replace('_', '-')}"
        raise ValueError(f"--reference stands in for the real images, and {flag} is about those: leave one out")


def _check_new(path: Path, metrics: Sequence[str]) -> None:
    """Raises a ValueError for a place or metrics that no reference can be saved at or of: before what takes long."""
    if "fid" not in metrics:
        raise ValueError("--save-reference keeps what fid needs of the real images: add fid to --metrics")
    if path.suffix != ".npz":
        raise ValueError(f"--save-reference {path} must end in .npz: it is an archive of NumPy arrays")
    if path.exists():
        raise ValueError(f"--save-reference {path} is there already: name another file, or remove it")


def add_flags(parser: Parser) -> None:
    """Adds the flags of this command."""
    flag = parser.add_argument
    flag(
        "target",
        metavar="RUN",
        help="folder of a run (all seeds of one with --trials), a run of the Hub (hf://USER/NAME), or a folder of images of "
        "one size",
    )
    flag("--metrics", metavar="NAMES", help=f"which, with commas between them: {', '.join(NAMES)} (default: fid)")
    flag("--features", choices=NETWORKS, help="feature network (default: the reference's, or the run's, or inception)")
    flag("--inception", metavar="DIR", help="folder of Inception's SavedModel, instead of TensorFlow Hub")
    flag("--vgg16", metavar="FILE", help="Keras weights of VGG16, instead of Keras' download")
    flag("--data", metavar="DIR", help="real images: a data set by name, or a folder (default: the run's)")
    flag(
        "--reference",
        metavar="FILE",
        help="statistics of real images in place of them, for fid: a file of --save-reference, or an npz file of mu and "
        "sigma as pytorch-fid, TTUR and clean-fid write it, whose network --features says",
    )
    flag(
        "--save-reference", metavar="FILE", help="npz file that gets the statistics of the real images, for --reference"
    )
    flag("--images", type=int, metavar="N", help="most fake images (default: the run's; 50000 for a folder)")
    flag(
        "--reals",
        metavar="all|N",
        help="most real images; all for every one, as FID is often reported (default: the run's; as many as --images)",
    )
    flag(
        "--resolution",
        type=from_text,
        metavar=METAVAR,
        help=f"for a folder, size in pixels to crop and resize real images to: {IN_WORDS} (default: that of its images)",
    )
    flag(
        "--nearest",
        action="store_true",
        help="draw nearest.png: 16 samples beside the real images nearest to them, so that copying is seen",
    )
    flag(
        "--channels",
        type=int,
        choices=(1, 3, 4),
        help="for a folder, channels to bring its images and the real ones to (default: those of its first image)",
    )
    flag(
        "--background",
        metavar="COLOUR",
        help="colour to lay transparent images on, unless they have 4 channels (default: the run's; none for a folder)",
    )
    flag("--batch-size", type=int, metavar="IMAGES", help="images at a time (default: 64)")
    flag("--seed", type=int, help="seed of the samples (default: 0)")
    flag("--download", action="store_true", help="let TensorFlow Datasets download the real images")
    flag("--out", metavar="FILE", help=f"file that gets a line of JSON per result (default: {METRICS} in the run)")
