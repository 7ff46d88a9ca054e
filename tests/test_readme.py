import argparse
import importlib
import re
import shlex
from pathlib import Path

import pytest

import recipes

ROOT = Path(recipes.__file__).parents[1]
README = (ROOT / "README.md").read_text()
COMMANDS = [
    shlex.split(command, comments=True) for command in re.findall(r"python -m recipes\.((?:[^\n`&|\\]|\\\n)*)", README)
]


def test_the_first_code_block_is_two_commands():
    block = re.search(r"^```\w*\n(.*?)^```", README, re.DOTALL | re.MULTILINE).group(1)
    run, test = block.strip().splitlines()
    assert run.endswith("-m recipes.dcgan_photos --nss")
    assert "pytest" in test


def test_every_recipe_is_in_the_readme():
    for path in ROOT.glob("recipes/*_*.py"):
        if not path.stem.startswith("_"):
            assert path.stem in README


class Parsed(BaseException):
    """A command line was understood."""


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_is_understood(command, monkeypatch):
    """By the recipe's own parser; nothing is run."""
    recipe, *flags = command
    parse = argparse.ArgumentParser.parse_known_args

    def understand(parser, *arguments):
        rest = parse(parser, *arguments)[1]
        raise Parsed if not rest else SystemExit(f"not understood: {rest}")

    monkeypatch.setattr(argparse.ArgumentParser, "parse_known_args", understand)
    module = importlib.import_module(f"recipes.{recipe}")
    arguments = [module.RECIPE, flags] if module.main.__module__ != module.__name__ else [flags]
    with pytest.raises(Parsed):
        module.main(*arguments)


def test_the_commands_are_found():
    assert {"dcgan_photos", "prepare_data", "generate", "evaluate", "ssd_checkerboard"} <= {
        name for name, *_ in COMMANDS
    }
    assert ["evaluate", "runs/00000-dcgan_photos-nss", "--metrics", "fid,pr,spectrum"] in COMMANDS
