"""`tfnss evaluate`: measures a run, or a folder of images, against real images.

tfnss evaluate runs/00000-dcgan_photos-nss --metrics fid,pr,spectrum
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tfnss.console import Parser, one_line_warnings, parser_of, reporting, start_tensorflow
from tfnss.metrics import NAMES
from tfnss.metrics.names import check_names
from tfnss.metrics.networks import NAMES as NETWORKS
from tfnss.running.file_names import METRICS, SETTINGS

PROGRAM = "tfnss evaluate"
SUMMARY = "Measure a run, or a folder of images."
_DEFAULTS: dict[str, Any] = {"metrics": "fid", "batch_size": 64, "seed": 0, "download": False}


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs the command line; ends with status 2 and one line on bad input."""
    given = _DEFAULTS | vars(parser_of(PROGRAM, SUMMARY, add_flags).parse_args(arguments))
    with reporting(PROGRAM, ValueError, OSError), one_line_warnings(PROGRAM):
        metrics = check_names(given["metrics"].split(","))
        target = Path(given["target"]).expanduser()
        given |= {"out": Path(given["out"]).expanduser()} if "out" in given else {}
        if not target.is_dir():
            raise ValueError(f"{target} is neither the folder of a run nor of images")
        start_tensorflow()
        from tfnss.running import measuring

        if (target / SETTINGS).exists():
            measuring.measure_run(target, metrics, given)
        else:
            measuring.measure_folder(metrics, given)


def add_flags(parser: Parser) -> None:
    """Adds the flags of this command."""
    flag = parser.add_argument
    flag("target", metavar="RUN", help="folder of a run (all seeds of one with --trials), or of images of one size")
    flag("--metrics", metavar="NAMES", help=f"which, with commas between them: {', '.join(NAMES)} (default: fid)")
    flag("--features", choices=NETWORKS, help="feature network (default: the run's; inception for a folder)")
    flag("--inception", metavar="DIR", help="folder of Inception's SavedModel, instead of TensorFlow Hub")
    flag("--vgg16", metavar="FILE", help="Keras weights of VGG16, instead of Keras' download")
    flag("--data", metavar="DIR", help="real images: a data set by name, or a folder (default: the run's)")
    flag(
        "--images",
        type=int,
        metavar="N",
        help="most real images, and fake ones (default: the run's; 50000 for a folder)",
    )
    flag(
        "--resolution",
        type=int,
        metavar="PIXELS",
        help="for a folder, size to crop and resize real images to (default: that of its images)",
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
