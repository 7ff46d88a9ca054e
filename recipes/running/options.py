"""A recipe's settings: their flags, defaults and values."""

import argparse
import contextlib
import math
import sys
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn


@dataclass(frozen=True)
class Option:
    """One setting and its flag.

    Args:
        name: Name of the setting; the flag is `--name` with dashes.
        type: Converts the flag's text.
        help: What `--help` says, without the default.
        default: Value without the flag; None where the recipe works it out.
        worked_out: What `--help` says of the default that the recipe works out.
        choices: The values allowed.
        metavar: What `--help` calls the value.
        shortcuts: Flags without a value, each with the value it stands for and its help.
        in_name: Whether the names of run directories tell it.
        incidental: Whether it is about how a run is done, so that a paper's figures stand beside any value.
    """

    name: str
    type: Any
    help: str
    default: Any = None
    worked_out: str = ""
    choices: Sequence[str] | None = None
    metavar: str | None = None
    shortcuts: dict[str, tuple[Any, str]] = field(default_factory=dict)
    in_name: bool = False
    incidental: bool = False

    @property
    def flag(self) -> str:
        return "--" + self.name.replace("_", "-")

    def accepts(self, value: Any) -> bool:
        """Whether a saved value can be this setting's."""
        kinds = {int: (int,), float: (int, float), str: (str,)}[self.type]
        known = isinstance(value, kinds) and not isinstance(value, bool)
        return (known and (self.choices is None or value in self.choices)) or (value is None and self.default is None)

    def add_to(self, parser: argparse.ArgumentParser) -> None:
        default = self.worked_out if self.default is None else self.default
        text = (self.help if default == "" else f"{self.help} (default: {default})").replace("%", "%%")
        parser.add_argument(self.flag, type=self.type, choices=self.choices, metavar=self.metavar, help=text)
        for shortcut, (value, shortcut_help) in self.shortcuts.items():
            parser.add_argument(shortcut, dest=self.name, action="store_const", const=value, help=shortcut_help)


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one line, and keeps to the flags that were given."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(argument_default=argparse.SUPPRESS, allow_abbrev=False, **kwargs)

    def error(self, message: str) -> NoReturn:
        fail(self.prog, message)


def fail(program: str, message: object) -> NoReturn:
    """Ends the program with status 2 and one line."""
    print(f"{program}: error: {' '.join(str(message).split())}", file=sys.stderr)
    raise SystemExit(2)


@contextlib.contextmanager
def reporting(program: str, *errors: type[Exception]) -> Iterator[None]:
    """Within the block, these errors end the program with status 2 and one line; Ctrl-C with 130."""
    try:
        yield
    except errors as error:
        fail(program, error)
    except KeyboardInterrupt:
        print(f"{program}: stopped", file=sys.stderr)
        raise SystemExit(130) from None


@contextlib.contextmanager
def one_line_warnings(program: str) -> Iterator[None]:
    """Within the block, warnings are printed as one line each."""
    with warnings.catch_warnings():
        warnings.showwarning = lambda message, *_, **__: print(f"{program}: warning: {message}", file=sys.stderr)
        yield


def check_range(
    settings: Mapping[str, Any], name: str, least: float = 0, below: float = math.inf, above: bool = False
) -> None:
    """Raises a ValueError if a setting does not lie in `[least, below)`, or is `least` where it must be above that."""
    value = settings[name]
    if least <= value < below and not (above and value == least):
        return
    range_ = f"be at least {least}" if below == math.inf else f"lie in [{least}, {below})"
    flag = "--" + name.replace("_", "-")
    raise ValueError(f"{flag} must {f'be above {least}' if above else range_}. Received: {value}")
