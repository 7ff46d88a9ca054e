"""`tfnss recipes`: lists what can be trained."""

from collections.abc import Sequence

from tfnss.console import Parser, parser_of, reporting
from tfnss.running import catalogue

PROGRAM = "tfnss recipes"
SUMMARY = "List the recipes, tables and analyses by paper, a line each."


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs the command line; ends with status 2 and one line where other packages hide ours."""
    parser_of(PROGRAM, SUMMARY, add_flags).parse_args(arguments)
    by_origin: dict[str, list[tuple[str, str]]] = {}
    with reporting(PROGRAM, ValueError):
        for name in catalogue.names():
            described = catalogue.described(name)
            by_origin.setdefault(described.origin, []).append((name, described.summary))
    width = max(map(len, catalogue.names()))
    for origin, entries in sorted(by_origin.items(), key=lambda item: catalogue.ORIGINS.index(item[0])):
        print(origin)
        for name, summary in entries:
            print(f"  {name:{width}}  {summary}")
    print(
        "Train one with `tfnss train NAME`; `tfnss train NAME --help` shows its settings. Tables of papers, which are many "
        "runs, come of `tfnss table NAME`, and analyses of trained models of `tfnss analyse NAME MODEL`."
    )


def add_flags(parser: Parser) -> None:
    """Adds the flags of this command: it has none."""
