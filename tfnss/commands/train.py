"""`tfnss train`: runs a recipe by its name, from any folder."""

import sys
from collections.abc import Sequence

from tfnss.console import Parser, fail, parser_of
from tfnss.running import catalogue, command_line

PROGRAM = "tfnss train"
SUMMARY = "Train a recipe, or go on with a run."


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs the command line; ends with status 2 and one line on bad input."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    if not given:
        fail(PROGRAM, "name a recipe: `tfnss recipes` lists them")
    if given[0].startswith("-"):
        parser_of(PROGRAM, SUMMARY, add_flags).parse_args(given[:1])
    name, *flags = given
    try:
        module = catalogue.module(name)
    except ValueError as error:
        fail(PROGRAM, error)
    if hasattr(module, "TABLE"):
        fail(PROGRAM, f"{name} is a table of runs: `tfnss table {name}` trains them")
    if hasattr(module, "ANALYSIS"):
        fail(PROGRAM, f"{name} is an analysis of trained models: `tfnss analyse {name} MODEL` makes it")
    if hasattr(module, "SUMMARY"):  # an experiment of another kind than one run
        module.main(flags)
    else:
        command_line.main(module.RECIPE, flags, f"{PROGRAM} {name}", alone=arguments is None)


def add_flags(parser: Parser) -> None:
    """Adds the flags of this command."""
    parser.add_argument("recipe", metavar="RECIPE", help="name of a recipe")
    parser.add_argument(
        "flags", metavar="...", nargs="*", help="the recipe's settings: `tfnss train RECIPE --help` shows them"
    )
