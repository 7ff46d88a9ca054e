"""The setting of XLA, for every recipe."""

from collections.abc import Mapping
from typing import Any

from tfnss.running import sections
from tfnss.running.option import Option

_VALUES: dict[str, bool | str] = {"auto": "auto", "on": True, "off": False}


def xla_option(default: str) -> Option:
    """Whether XLA compiles the gradients."""
    return Option(
        "xla",
        str,
        "whether XLA compiles the gradients, which takes seconds to minutes at the start: on, off, or where there is a GPU "
        "or TPU (auto)",
        default,
        choices=tuple(_VALUES),
        incidental=True,
        changeable=True,
        section=sections.MACHINE,
    )


def jit_compile(settings: Mapping[str, Any]) -> bool | str:
    """The same for `compile`."""
    return _VALUES[settings["xla"]]
