import importlib
import re
import shlex
from pathlib import Path

import pytest

import recipes
from tfnss.commands import entry
from tfnss.console import Parser
from tfnss.running import catalogue

ROOT = Path(recipes.__file__).parents[1]
README = (ROOT / "README.md").read_text()
COMMANDS = [
    shlex.split(command, comments=True)
    for command in re.findall(
        r"(?:(?<=^)|(?<=`)|(?<=&& )|(?<=bin/))((?:tfnss|python -m (?:recipes\.|tfnss))(?:[ \w][^\n`&|]*)?)\s*(?:`|$|&)",
        README,
        re.MULTILINE,
    )
]


class Parsed(BaseException):
    """A command line was understood."""


@pytest.fixture
def understanding(monkeypatch):
    """Parsers that read a whole command line go no further."""
    parse = Parser.parse_known_args

    def understand(parser, *arguments):
        rest = parse(parser, *arguments)[1]
        raise Parsed if not rest else SystemExit(f"not understood: {rest}")

    monkeypatch.setattr(Parser, "parse_known_args", understand)


def run(command):
    """As a shell would, in this process."""
    if command[0] == "tfnss":
        entry.main(command[1:])
        return
    assert command[:2] == ["python", "-m"]
    name, flags = command[2].removeprefix("recipes."), command[3:]
    module = importlib.import_module(f"recipes.{name}")
    module.main(*([module.RECIPE] if hasattr(module, "RECIPE") else []), flags)


def test_the_first_code_block_is_two_commands():
    block = re.search(r"^```\w*\n(.*?)^```", README, re.DOTALL | re.MULTILINE).group(1)
    run, test = block.strip().splitlines()
    assert run.endswith("-m recipes.dcgan_photos --nss")
    assert "pytest" in test


def test_every_recipe_and_command_is_in_the_readme():
    for name in catalogue.names():
        assert name in README
    for name in entry.COMMANDS:
        assert f"tfnss {name}" in " ".join(README.split())


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_is_understood(command, understanding):
    """By its own parser; nothing is run."""
    if command[1:] == ["train", "NAME"] or command[-1] == "recipes.NAME" or command == ["tfnss"]:
        pytest.skip("no command but the form of one")
    if command == ["tfnss", "--help"]:
        with pytest.raises(SystemExit, match="^0$"):
            run(command)
        return
    with pytest.raises(Parsed):
        run(command)


@pytest.mark.parametrize(
    "command",
    [
        "tfnss generate RUN --oout x",
        "tfnss train dcgan_photos --nsss",
        "python -m recipes.dcgan_photos --nsss",
        "tfnss evaluate",
    ],
)
def test_what_is_wrong_is_not_understood(command, understanding):
    with pytest.raises(SystemExit):
        run(shlex.split(command))


def test_the_commands_are_found():
    """None that a reader would type is missed: each line of a shell's block, and in the text."""
    blocks = re.findall(r"^```sh\n(.*?)^```", README, re.DOTALL | re.MULTILINE)
    lines = [shlex.split(line, comments=True) for block in blocks for line in block.splitlines()]
    assert [line for line in lines if line[:1] == ["tfnss"] and line not in COMMANDS] == []
    assert {"generate", "project", "evaluate", "prepare", "export", "train", "report"} <= {
        name for program, name, *_ in filter(lambda command: len(command) > 1, COMMANDS) if program == "tfnss"
    }
    for command in (
        "python -m recipes.dcgan_photos --nss",
        "python -m recipes.ssd_checkerboard",
        "tfnss evaluate runs/00000-dcgan_photos-nss --metrics fid,pr,spectrum",
        "tfnss train nss_variance --data ~/pictures --out variance.png",
    ):
        assert command.split() in COMMANDS


def test_every_path_is_there():
    """Modules and files that the texts of the house name."""
    for text in (README, (ROOT / "CONTRIBUTING.md").read_text()):
        for name in re.findall(r"`((?:tests|tfnss|recipes|models|benchmarks)/[\w/.]*)`", text):
            assert (ROOT / name).exists(), name
        for name in re.findall(r"`benchmarks\.(\w+)`", text):
            assert (ROOT / "benchmarks" / f"{name}.py").is_file(), name
        for link in re.findall(r"\]\(([\w.]+)\)", text):
            assert (ROOT / link).is_file(), link
