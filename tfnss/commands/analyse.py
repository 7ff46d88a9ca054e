"""`tfnss analyse`: looks at trained models beyond their scores.

    tfnss analyse
    tfnss analyse stylegan2_resolution_usage runs/00000-stylegan2_photos64
    tfnss analyse stylegan2_resolution_usage runs/00000-stylegan2_photos64 ffhq.pkl --out usage.svg

The first lists all analyses. Several models are drawn side by side.
"""

import argparse
import sys
from collections.abc import Sequence

from tfnss.console import Parser, fail
from tfnss.running.analysis import command_line

PROGRAM = "tfnss analyse"
SUMMARY = "Look at trained models: pictures, and the numbers behind them."


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs the command line; ends with status 2 and one line on bad input."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    if not given:
        print(_listed())
        return
    if given[0].startswith("-"):
        parser = Parser(
            prog=PROGRAM,
            description=SUMMARY,
            epilog=f"analyses:\n{_listed()}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        add_flags(parser)
        parser.parse_args(given[:1])
    name, *flags = given
    try:
        analysis = command_line.analysis_called(name)
    except ValueError as error:
        fail(PROGRAM, error)
    command_line.main(analysis, flags, f"{PROGRAM} {name}")


def _listed() -> str:
    """All analyses, a line each."""
    names = command_line.names()
    width = max(map(len, names), default=0)
    return "\n".join(f"  {name:{width}}  {command_line.analysis_called(name).summary}" for name in names)


def add_flags(parser: Parser) -> None:
    """Adds the flags of this command."""
    parser.add_argument("analysis", metavar="ANALYSIS", help="name of an analysis: `tfnss analyse` lists them")
    parser.add_argument(
        "flags", metavar="...", nargs="*", help="models and settings: `tfnss analyse ANALYSIS --help` shows them"
    )
