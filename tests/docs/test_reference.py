"""The reference has every public name, and what it has is there."""

import ast
import importlib
import inspect
import re
import runpy

import pytest

from tests.docs.pages import ROOT
from tfnss.commands import entry
from tfnss.console import parser_of

REFERENCE = {page: page.read_text() for page in sorted((ROOT / "docs" / "reference").glob("*.md"))}
ENTRIES = [name for text in REFERENCE.values() for name in re.findall(r"^::: (\S+)$", text, re.MULTILINE)]
PACKAGES = (
    "tfnss",
    "tfnss.analysis",
    "tfnss.data",
    "tfnss.layers",
    "tfnss.metrics",
    "tfnss.metrics.networks",
    "tfnss.running",
    "tfnss.serving",
    "tfnss.training",
    "tfnss.training.callbacks",
    "models",
)


def found(name):
    """What a dotted name leads to."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError:
        package, _, last = name.rpartition(".")
        return getattr(importlib.import_module(package), last)


def public(package):
    """The names that a package's stub lists, and that are no packages themselves."""
    stub = ROOT.joinpath(*package.split(".")) / "__init__.pyi"
    names = [alias.name for node in ast.parse(stub.read_text()).body for alias in node.names]
    return [name for name in names if not inspect.ismodule(getattr(importlib.import_module(package), name))]


@pytest.mark.parametrize("package", PACKAGES)
def test_every_public_name_has_an_entry(package):
    """Its own, or that of a package which has the same object; then the page tells."""
    for name in public(package):
        own = f"{package}.{name}"
        if own in ENTRIES:
            continue
        same = [other for other in ENTRIES if other.rpartition(".")[2] == name and found(other) is found(own)]
        assert same or name == "__version__", own
        assert any(f"`{own}`" in text for text in REFERENCE.values()), own


def test_entries_are_there_once_and_say_something():
    assert len(ENTRIES) == len(set(ENTRIES))
    for name in ENTRIES:
        what = found(name)
        assert inspect.getdoc(what) if callable(what) or inspect.ismodule(what) else what is not None, name


def test_every_command_has_a_section():
    text = REFERENCE[ROOT / "docs" / "reference" / "commands.md"]
    assert {*entry.COMMANDS} == set(re.findall(r"^## tfnss (\w+)$", text, re.MULTILINE))


def test_the_tables_of_flags_are_those_of_the_commands():
    page = REFERENCE[ROOT / "docs" / "reference" / "commands.md"]
    made = runpy.run_path(str(ROOT / "docs" / "hooks" / "flags.py"))["on_page_markdown"](page)
    assert "<!--" not in made
    for name in {*entry.COMMANDS} - {"train", "analyse", "recipes"}:
        command = entry.command(name)
        _, _, section = made.partition(f"## tfnss {name}\n")
        flags = {flag for action in parser_of("", "", command.add_flags)._actions for flag in action.option_strings[:1]}
        assert flags - {"-h"} == set(re.findall(r"^\| `(--[\w-]+)", section.partition("\n## ")[0], re.MULTILINE)), name
    _, _, section = made.partition("## tfnss train\n")
    _, *families = section.partition("\n## ")[0].split("\n### ")
    assert [family.partition("\n")[0] for family in families] == ["DCGAN", "StyleGAN2", "StyleGAN", "SNGAN", "R3GAN"]
    assert all("| `--spectral" in family or "SNGAN" in family for family in families)


def test_a_default_of_one_recipe_is_not_told_as_that_of_its_family():
    flags_of = runpy.run_path(str(ROOT / "docs" / "hooks" / "flags.py"))["_flags_of"]
    rows = dict(re.findall(r"^\| `(--[\w-]+)[^`]*` \|.*\(default: (.*)\) \|$", flags_of("StyleGAN2"), re.MULTILINE))
    assert {rows[flag] for flag in ("--noise", "--path-length", "--learning-rate", "--channel-max")} == {"its own"}
    assert rows["--precision"] == "float32"  # of all StyleGAN2s


def test_examples_in_docstrings_are_fenced():
    """Markdown takes `>>>` for a quotation."""
    for top in ("tfnss", "models", "recipes"):
        for path in (ROOT / top).rglob("*.py"):
            assert not re.search(r"^ *>>> ", path.read_text(), re.MULTILINE), path
