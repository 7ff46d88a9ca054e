"""The way in: `tfnss COMMAND`, or `python -m tfnss COMMAND`."""

import importlib
import sys
from collections.abc import Sequence
from typing import Any

from tfnss.console import Parser, fail, nearest
from tfnss.version import __version__

PROGRAM = "tfnss"
COMMANDS = ("train", "recipes", "generate", "project", "evaluate", "prepare", "report", "export")


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
        description="Keras GANs that learn all frequencies of their data.",
        epilog="`tfnss COMMAND --help` explains a command. The first run: tfnss train dcgan_photos --nss",
    )
    parser.add_argument("--version", action="version", version=f"tfnss {__version__}")
    _add_completion(parser)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name in COMMANDS:
        module = command(name)
        module.add_flags(commands.add_parser(name, help=module.SUMMARY, description=module.SUMMARY))
    return parser


def _add_completion(parser: Parser) -> None:
    """`--print-completion SHELL`, where the package shtab is installed (the extra `completion`)."""
    try:
        import shtab
    except ImportError:
        return
    parser.add_argument(
        "--print-completion",
        action=shtab.completion_action(parser),
        choices=shtab.SUPPORTED_SHELLS,
        metavar="SHELL",
        help="print the script that completes flags in a shell",
    )
