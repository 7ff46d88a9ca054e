"""`tfnss table`: trains and measures all cells of a paper's table, and writes it down beside the paper's figures.

    tfnss table nss_table4 --miniature
    tfnss table nss_table4 --data celeb_a=~/celeba --seeds 5 --cells nss,gan --jobs 4

The same command goes on where it was stopped. Any number of processes may work on one folder.
"""

from collections.abc import Sequence

from tfnss.console import Parser, parser_of
from tfnss.running.table import command_line

PROGRAM = "tfnss table"
SUMMARY = "Train and measure a paper's table, beside the paper's figures."


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs the command line; ends with status 2 and one line on bad input, and 1 if a run failed."""
    command_line.run(PROGRAM, vars(parser_of(PROGRAM, SUMMARY, add_flags).parse_args(arguments)))


def add_flags(parser: Parser) -> None:
    """Adds the flags of this command."""
    parser.add_argument("table", metavar="TABLE", help="name of a table: `tfnss recipes` lists them")
    command_line.add_flags(parser)
