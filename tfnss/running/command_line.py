"""The command line of a recipe."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tfnss import xla_cache
from tfnss.console import Parser, one_line_warnings, reporting, start_tensorflow
from tfnss.running import sections
from tfnss.running.file_names import CHECKPOINT, SETTINGS
from tfnss.running.mode import Mode
from tfnss.running.recipe import Recipe

LATEST = "latest"
STRATEGIES = ("auto", "one", "mirrored", "multiworker", "tpu")
STRATEGY_HELP = (
    "devices: one; all GPUs of this machine (mirrored); several machines, each started with its TF_CONFIG as TensorFlow "
    "defines it (multiworker); a TPU (tpu); or what there is of these (auto)"
)


def parse(recipe: Recipe, program: str, arguments: Sequence[str] | None) -> tuple[dict[str, Any], Mode]:
    """The settings that a command line gives, and the mode. It ends the program with status 2 and one line if it is bad."""
    given = vars(parser_of(recipe, program).parse_args(arguments))
    mode = {name: given.pop(name) for name in Mode.__dataclass_fields__ if name in given}
    if isinstance(mode.get("resume"), str):
        with reporting(program, ValueError):
            mode["run_dir"] = _to_resume(recipe, mode["resume"], mode.get("run_dir"))
        mode["resume"] = True
    return given, Mode(**mode)


def _to_resume(recipe: Recipe, run: str, run_dir: str | None) -> str:
    """The folder that `--resume RUN` names: `latest` is the newest run of the recipe in runs/."""
    if run_dir is not None and run_dir != run:
        raise ValueError(f"--resume {run} and --run-dir {run_dir} name two runs: leave one out")
    if run != LATEST:
        return run
    found = [path.parent for path in Path("runs").glob(f"[0-9]*-{recipe.name}*/{SETTINGS}")]
    own = [place for place in found if re.fullmatch(rf"[0-9]+-{recipe.name}(-.*)?", place.name)]
    if not own:
        raise ValueError(
            f"--resume {LATEST}: no run of {recipe.name} is in runs/ of this folder; name it: --resume RUN"
        )
    return str(max(own, key=lambda place: (int(place.name.split("-")[0]), place.name)))


def parser_of(recipe: Recipe, program: str) -> Parser:
    """The parser of a recipe."""
    parser = Parser(prog=program, usage="%(prog)s [FLAGS]", description=recipe.summary)
    groups = {section: parser.add_argument_group(section) for section in sections.ALL}
    for option in recipe.all_options():
        option.add_to(groups[option.section])
    flag = groups[sections.RUN].add_argument
    flag("--run-dir", metavar="DIR", help="folder of the run (default: a new one in runs/)")
    flag(
        "--resume",
        nargs="?",
        const=True,
        metavar="RUN",
        help=f"continue a run with its own settings, exactly: RUN or --run-dir, or the {LATEST} of this recipe in runs/",
    )
    flag("--change", action="store_true", help="with --resume, go on with the settings given here, from now on")
    flag(
        "--checkpoint",
        metavar="FILE",
        help=f"with --resume, go back to this checkpoint, of --keep (default: {CHECKPOINT}, the newest)",
    )
    machine = groups[sections.MACHINE].add_argument
    machine("--strategy", choices=STRATEGIES, help=STRATEGY_HELP)
    machine(
        "--xla-cache",
        metavar="off|DIR",
        help="folder of what XLA compiled for this processor, which later starts of the same networks find there, or off "
        "(default: xla in ~/.cache/tfnss; up to 2 GB, then the oldest goes)",
    )
    flag("--trials", type=int, metavar="N", help="run N seeds, from --seed on, and print mean and standard deviation")
    flag("--paper", action="store_true", help="settings as the paper has them, where the defaults are others")
    flag("--dry-run", action="store_true", help="print the settings and the networks, and stop")
    flag("--smoke", action="store_true", help="the same path at toy size, on the embedded photographs unless --data")
    groups[sections.IMAGES].add_argument(
        "--download", action="store_true", help="let TensorFlow Datasets download the data set if it is not on disk"
    )
    groups[sections.MEASURING].add_argument(
        "--inception", metavar="DIR", help="folder of Inception's SavedModel, instead of TensorFlow Hub"
    )
    return parser


def main(
    recipe: Recipe, arguments: Sequence[str] | None = None, program: str | None = None, alone: bool | None = None
) -> None:
    """Runs a recipe's command line: `python -m recipes.NAME`, or `tfnss train NAME`.

    It ends with status 2 and one line on bad input, a full disk or a training that diverges; and by SIGTERM or SIGINT with
    status 0 or 130, after the iteration at hand is saved.

    Args:
        recipe: The recipe.
        arguments: The flags; by default those of the process.
        program: What was typed before the flags.
        alone: Whether the process is there for this alone; by default where the flags are its own.
    """
    program = program or f"python -m recipes.{recipe.name}"
    given, mode = parse(recipe, program, arguments)
    with reporting(program, ValueError), one_line_warnings(program):
        xla_cache.begin(mode.xla_cache)
        start_tensorflow()
        xla_cache.begun()
        from tfnss.running.execution import execute

    execute(recipe, given, mode, program, arguments is None if alone is None else alone)
