"""`tfnss report`: writes the page of a run.

tfnss report runs/00000-dcgan_photos-nss
"""

from collections.abc import Sequence

from tfnss.console import Parser, parser_of, reporting, start_tensorflow
from tfnss.running.hub import own_folder

PROGRAM = "tfnss report"
SUMMARY = "Write a run's page, report.html."


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs the command line; ends with status 2 and one line on bad input."""
    given = parser_of(PROGRAM, SUMMARY, add_flags).parse_args(arguments)
    with reporting(PROGRAM, ValueError, OSError):
        run = own_folder(given.run)
        start_tensorflow()
        from tfnss.running.report import write_report
        from tfnss.running.stored import members

        for member in members(run):
            print(write_report(member))


def add_flags(parser: Parser) -> None:
    """Adds the flags of this command."""
    parser.add_argument("run", metavar="RUN", help="folder of a run (all seeds of one with --trials)")
