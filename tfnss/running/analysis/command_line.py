"""The command line of an analysis: `tfnss analyse NAME MODEL...`, or `python -m recipes.NAME MODEL...`."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tfnss.console import Parser, check_range, nearest, one_line_warnings, reporting, start_tensorflow
from tfnss.data import NAMES
from tfnss.files import expanded
from tfnss.running import catalogue
from tfnss.running.analysis import writing
from tfnss.running.analysis.declaration import Analysis
from tfnss.running.analysis.model import Place, check_needs, opened, place_of
from tfnss.running.analysis.work import Work, digest
from tfnss.running.hub import located
from tfnss.running.stored import read_settings

_OF_FILES = ("models", "out", "overwrite", "smoke")  # flags that are no settings


def names() -> list[str]:
    """The names of all analyses."""
    return catalogue.names_of("ANALYSIS")


def analysis_called(name: str) -> Analysis:
    """An analysis by its name.

    Raises:
        ValueError: For a name that is no analysis'. The message has the nearest one.
    """
    if name not in catalogue.names() or not hasattr(catalogue.module(name), "ANALYSIS"):
        raise ValueError(f"{name} is no analysis{nearest(name, names())}: `tfnss analyse` lists them")
    return catalogue.module(name).ANALYSIS


def main_of(name: str) -> None:
    """Runs the command line of an analysis' module; ends with status 2 and one line on bad input."""
    main(analysis_called(name))


def main(analysis: Analysis, arguments: Sequence[str] | None = None, program: str | None = None) -> None:
    """Runs the command line of an analysis; ends with status 2 and one line on bad input.

    Args:
        analysis: The analysis.
        arguments: Its arguments; those of the process by default.
        program: What its messages call it.
    """
    program = program or f"python -m recipes.{analysis.name}"
    flags = vars(parser_of(analysis, program).parse_args(arguments))
    with reporting(program, ValueError, OSError), one_line_warnings(program):
        settings = _settings(analysis, flags)
        places = [place_of(located(model)) for model in flags["models"]]
        settings |= _data(analysis, settings, places)
        out = expanded(flags["out"]) if "out" in flags else None
        picture = writing.picture_of(analysis, places, out, "overwrite" in flags)
        start_tensorflow()
        import tensorflow as tf

        tf.get_logger().setLevel("ERROR")  # each model is a function anew, which it warns of
        with reporting(program, tf.errors.OpError):
            _analyse(analysis, settings, places, picture)


def parser_of(analysis: Analysis, program: str) -> Parser:
    """The parser of an analysis."""
    remarks = " ".join(analysis.remarks).replace("%", "%%")
    parser = Parser(prog=program, description=analysis.summary.replace("%", "%%"), epilog=remarks or None)
    parser.add_argument(
        "models",
        metavar="MODEL",
        nargs="+",
        help="folder of a run, one of its checkpoints (.weights.h5), a run of the Hub (hf://USER/NAME), an official pickle "
        "of StyleGAN2, or a .keras file",
    )
    for option in analysis.options:
        option.add_to(parser)
    flag = parser.add_argument
    if analysis.reals:
        flag("--data", metavar="DIR", help="real images: a data set by name, or a folder (default: the first run's)")
        flag("--download", action="store_true", help="let TensorFlow Datasets download the real images")
    flag("--seed", type=int, help="seed of all that is random (default: 0)")
    flag("--batch-size", type=int, metavar="IMAGES", help=f"images at a time (default: {analysis.batch_size})")
    picture = (analysis.picture or analysis.name) + analysis.suffixes[0]
    flag(
        "--out",
        metavar="FILE",
        help=f"picture to draw, {' '.join(analysis.suffixes)}; the numbers go to the .json file of the same name (default: "
        f"{picture} in the folder of the first run, whose report shows it; without a run, here)",
    )
    flag("--overwrite", action="store_true", help="replace the files of --out")
    flag("--smoke", action="store_true", help="as little as can be, to see that all works")
    return parser


def _settings(analysis: Analysis, flags: dict[str, Any]) -> dict[str, Any]:
    given = {name: value for name, value in flags.items() if name not in _OF_FILES}
    settings = analysis.defaults | (dict(analysis.smoke) if "smoke" in flags else {}) | given
    check_range(settings, "batch_size", 1, below=2**31)
    check_range(settings, "seed", below=2**31)
    analysis.check(settings)
    if analysis.most is not None and len(flags["models"]) > analysis.most:
        raise ValueError(f"{analysis.name} takes at most {analysis.most} models. Received: {len(flags['models'])}")
    return settings


def _data(analysis: Analysis, settings: dict[str, Any], places: Sequence[Place]) -> dict[str, Any]:
    """Where the real images are."""
    if not analysis.reals or settings["data"] is not None:
        return {}
    run = next((place.run for place in places if place.run is not None), None)
    if run is None and analysis.optional_reals:
        return {}
    if run is None:
        raise ValueError(f"{places[0].path} is not of a run, whose images would be known: name real images with --data")
    return {"data": read_settings(run)["settings"]["data"]}


def _files(analysis: Analysis, settings: dict[str, Any]) -> list[Path | str]:
    """What tells the files and the folder of images that settings name from others of the same names."""
    from tfnss.data.folder import Folder

    named = (settings[option.name] for option in analysis.options if option.metavar == "FILE")
    found: list[Path | str] = [path for path in map(expanded, filter(None, named)) if path.is_file()]
    data = settings.get("data")
    if data is None or data in NAMES:
        return found
    place = expanded(data)
    return [*found, *([Folder(place).fingerprint] if place.is_dir() else [place] if place.is_file() else [])]


def _analyse(analysis: Analysis, settings: dict[str, Any], places: Sequence[Place], picture: Path) -> None:
    models = opened(places)
    check_needs(models, analysis.needs)
    own = digest(analysis.name, settings, *_files(analysis, settings), *(place.weights for place in places))
    work = Work(picture.with_name(f".{picture.stem}.work-{own}"))
    with work.going_on():
        found = analysis.analyse(models, settings, work)
        for line in found.told:
            print(line)
        written = writing.write(analysis, models, settings, found, picture)
        work.finish()
    print(f"Picture: {written[0]}")
    print(f"Numbers: {written[-1]}" + "".join(f", {path}" for path in written[1:-1]))
    report = writing.renew_report(picture.parent)
    if report is not None:
        print(f"Report: {report}")
