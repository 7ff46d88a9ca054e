"""A setting of a recipe, and its flag."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from tfnss.resolution import flag_value, from_text, is_resolution
from tfnss.running import sections


@dataclass(frozen=True)
class Option:
    """One setting and its flag.

    Args:
        name: Name of the setting; the flag is `--name` with dashes.
        type: Converts the flag's text; `bool` for a flag without a value, which is False without it.
        help: What `--help` says, without the default.
        default: Value without the flag; None where the recipe works it out.
        worked_out: What `--help` says of the default that the recipe works out.
        choices: The values allowed.
        metavar: What `--help` calls the value.
        shortcuts: Flags without a value, each with the value it stands for and its help.
        in_name: Whether the names of run directories tell it.
        incidental: Whether it is about how a run is done, so that a paper's figures stand beside any value.
        changeable: Whether a run can go on with another value (`--change`): it is no part of the networks.
        later: Whether it came after version 0.1.0, whose runs are of its default,
        before: or of this value, where the default changes what they do.
        of_networks: Whether it says how the networks are built: `--init` reads it from what the run starts from.
        fine_tuned: Default of runs with `--init`; None for the same.
        section: Where `--help` lists it, one of `tfnss.running.sections`; by default that of networks where it is of them,
            else that of the experiment.

    Raises:
        ValueError: For a section that there is not.
    """

    name: str
    type: Any
    help: str
    default: Any = None
    worked_out: str = ""
    choices: Sequence[Any] | None = None
    metavar: str | None = None
    shortcuts: dict[str, tuple[Any, str]] = field(default_factory=dict)
    in_name: bool = False
    incidental: bool = False
    changeable: bool = False
    later: bool = False
    before: Any = None
    of_networks: bool = False
    fine_tuned: Any = None
    section: str = ""

    def __post_init__(self) -> None:
        if not self.section:
            object.__setattr__(self, "section", sections.NETWORKS if self.of_networks else sections.OWN)
        if self.section not in sections.ALL:
            raise ValueError(f"`section` must be one of {', '.join(sections.ALL)}. Received: {self.section!r}")
        if self.type is bool and self.default is None:
            object.__setattr__(self, "default", False)

    @property
    def flag(self) -> str:
        return "--" + self.name.replace("_", "-")

    @property
    def of_old_runs(self) -> Any:
        """The value of runs of version 0.1.0, for an option that is `later`."""
        return self.default if self.before is None else self.before

    def accepts(self, value: Any) -> bool:
        """Whether a saved value can be this setting's. A converter of a package's own may give any."""
        if self.type is from_text:
            return is_resolution(value)
        kinds: dict[Any, tuple[type, ...]] = {int: (int,), float: (int, float), str: (str,), bool: (bool,)}
        known = isinstance(value, kinds.get(self.type, object))
        known &= not (isinstance(value, bool) and self.type in (int, float))
        return (known and (self.choices is None or value in self.choices)) or (value is None and self.default is None)

    def add_to(self, parser: "argparse.ArgumentParser | argparse._ArgumentGroup") -> None:
        default = self.worked_out if self.default is None else in_words(self.default)
        if self.fine_tuned is not None:
            default = f"{default}, with --init {self.fine_tuned}"
        text = (self.help if default == "" else f"{self.help} (default: {default})").replace("%", "%%")
        if self.type is bool:
            parser.add_argument(self.flag, action="store_true", help=self.help)
            return
        parser.add_argument(self.flag, type=self.type, choices=self.choices, metavar=self.metavar, help=text)
        for shortcut, (value, shortcut_help) in self.shortcuts.items():
            parser.add_argument(shortcut, dest=self.name, action="store_const", const=value, help=shortcut_help)


def in_section(section: str, *options: Option) -> tuple[Option, ...]:
    """The options, in that section."""
    return tuple(replace(option, section=section) for option in options)


def in_words(value: Any) -> Any:
    """The value of a setting as its flag takes it."""
    return flag_value(value) if isinstance(value, list | tuple) else value
