"""The way in: `tfnss COMMAND`, or `python -m tfnss COMMAND`."""

import argparse
import importlib
import sys
from collections.abc import Sequence
from typing import Any

from tfnss.console import Parser, fail, nearest
from tfnss.version import __version__

PROGRAM = "tfnss"
COMMANDS = (
    "train",
    "table",
    "recipes",
    "generate",
    "video",
    "project",
    "blend",
    "evaluate",
    "analyse",
    "prepare",
    "report",
    "export",
    "show",
    "push",
)


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs the command line; ends with status 2 and one line on bad input."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    if not given or given[0].startswith("-"):
        whole_parser().parse_args(given)
        return
    name, *rest = given
    if name not in COMMANDS:
        fail(PROGRAM, f"{name} is not a command{nearest(name, COMMANDS)}: choose of {', '.join(COMMANDS)}")
    if arguments is None:  # the process is there for this command: its flags are those of the process
        sys.argv = [f"{PROGRAM} {name}", *rest]
        command(name).main()
    else:
        command(name).main(rest)


def command(name: str) -> Any:
    """The module of a command."""
    return importlib.import_module(f"tfnss.commands.{name}")


def whole_parser() -> Parser:
    """The parser of everything: for `--help`, and for the completion of a shell."""
    parser = Parser(
        prog=PROGRAM,
        description="Keras GANs for all frequencies. First: tfnss train dcgan_photos --nss",
        formatter_class=lambda prog: _OneScreen(prog, max_help_position=14),  # a line each
        add_help=False,
    )
    parser.add_argument("-h", "--help", action="help", help=argparse.SUPPRESS)  # who reads of it has found it
    parser.add_argument("--version", action="version", version=f"tfnss {__version__}")
    parser.add_argument(
        "--print-completion",
        action=_PrintCompletion,
        choices=("bash", "zsh", "tcsh", "fish"),
        metavar="SHELL",
        help="print the script that completes flags in this shell, and exit",
    )
    commands = parser.add_subparsers(
        title="commands (tfnss COMMAND --help explains one)", metavar="COMMAND", required=True
    )
    for name in COMMANDS:
        module = command(name)
        module.add_flags(commands.add_parser(name, help=module.SUMMARY, description=module.SUMMARY))
    return parser


class _OneScreen(argparse.HelpFormatter):
    """Without the line `COMMAND` over the commands."""

    def _format_action(self, action: argparse.Action) -> str:
        text = super()._format_action(action)
        return text.partition("\n")[2] if isinstance(action, argparse._SubParsersAction) else text


class _PrintCompletion(argparse.Action):
    """Prints a shell's script, by the package shtab (the extra `completion`)."""

    def __call__(self, parser: argparse.ArgumentParser, namespace: Any, values: Any, option_string: Any = None) -> None:
        try:
            import shtab
        except ImportError:
            parser.error("--print-completion needs the package shtab: pip install 'tfnss[completion]'")
        print(shtab.complete(parser, values))
        parser.exit()
