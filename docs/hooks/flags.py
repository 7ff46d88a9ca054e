"""The tables of flags: comments such as `<!-- flags of tfnss generate -->` in a page become what `--help` says."""

import argparse
import functools
import re
from collections.abc import Iterable, Sequence
from typing import Any

from tfnss.commands import entry
from tfnss.console import parser_of
from tfnss.running import catalogue, command_line
from tfnss.running.analysis import command_line as analyses

_FAMILIES = ("DCGAN", "StyleGAN2", "StyleGAN", "SNGAN", "R3GAN")
_DEFAULT = " (default: "


def on_page_markdown(markdown: str, **kwargs: Any) -> str:
    """What MkDocs calls with each page."""
    return re.sub(r"<!-- flags of (.+?) -->", lambda match: _flags_of(match[1]), markdown)


def _flags_of(what: str) -> str:
    if what == "all recipes":
        return _table(_shared().items())
    if what == "all analyses":
        return _table(_shared_of([_of_analysis(name) for name in analyses.names()]).items())
    if what == "analyses":
        return "\n\n".join(map(_section, analyses.names()))
    if what in _FAMILIES:
        return _table((flag, text) for flag, text in _of_family(what).items() if flag not in _shared())
    command = entry.command(what.removeprefix("tfnss "))
    return _table(_rows(parser_of(command.PROGRAM, command.SUMMARY, command.add_flags)).items())


@functools.cache
def _of_family(family: str) -> dict[str, str]:
    """The flags of the recipes that have the family in their name."""
    named = [name for name in catalogue.names() if family.lower() in name.split("_")]
    recipes = [module.RECIPE for module in map(catalogue.module, named) if hasattr(module, "RECIPE")]
    return _shared_of([_rows(command_line.parser_of(recipe, recipe.name)) for recipe in recipes])


def _of_analysis(name: str) -> dict[str, str]:
    return _rows(analyses.parser_of(analyses.analysis_called(name), name))


def _shared() -> dict[str, str]:
    """The flags of all families."""
    return _shared_of([_of_family(family) for family in _FAMILIES])


def _shared_of(several: Sequence[dict[str, str]]) -> dict[str, str]:
    """Flags that all have, with the same meaning; where defaults differ, it does not say them."""
    shared: dict[str, str] = {}
    for flag in several[0]:
        texts = {flags.get(flag, "") for flags in several}
        meanings = {text.split(_DEFAULT)[0] for text in texts}
        if len(meanings) == 1:
            shared[flag] = texts.pop() if len(texts) == 1 else f"{meanings.pop()} (default: its own)"
    return shared


def _section(name: str) -> str:
    """An analysis, with the flags that not all have."""
    shared = _shared_of([_of_analysis(other) for other in analyses.names()])
    table = _table((flag, text) for flag, text in _of_analysis(name).items() if flag not in shared)
    return f"### {name}\n\n{_escaped(analyses.analysis_called(name).summary)}\n\n{table}".rstrip()


def _rows(parser: argparse.ArgumentParser) -> dict[str, str]:
    """What is typed, and what its help says."""
    return {
        _typed(action): (action.help or "").replace("%%", "%")
        for action in parser._actions
        if not isinstance(action, argparse._HelpAction)
    }


def _typed(action: argparse.Action) -> str:
    value = action.metavar or ("|".join(map(str, action.choices)) if action.choices else action.dest.upper())
    value = " ".join(value) if isinstance(value, tuple) else value
    if not action.option_strings:
        return value
    return " ".join(action.option_strings[:1] + ([value] if action.nargs != 0 else []))


def _table(rows: Iterable[tuple[str, str]]) -> str:
    lines = [f"| `{typed}` | {_escaped(text)} |" for typed, text in rows]
    return "\n".join(["| flag | |", "| --- | --- |", *lines]) if lines else ""


def _escaped(text: str) -> str:
    """Words that Markdown leaves as they are, but for code between backquotes."""
    parts = text.split("`")
    parts[::2] = [re.sub(r"([|*_<~\[\]])", r"\\\1", part) for part in parts[::2]]
    return "`".join(parts)
