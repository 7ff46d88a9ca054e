import importlib
import re
import shlex
from pathlib import Path

import pytest

import recipes
from tfnss.commands import entry
from tfnss.console import Parser
from tfnss.running import catalogue
from tfnss.running.analysis import command_line as analyses
from tfnss.running.command_line import Mode

ROOT = Path(recipes.__file__).parents[1]
README = (ROOT / "README.md").read_text()
BLOCKS = re.findall(r"^```sh\n(.*?)^```", README, re.DOTALL | re.MULTILINE)
INLINE = re.findall(r"`([^`]+)`", re.sub(r"^```.*?^```", "", README, flags=re.DOTALL | re.MULTILINE))
LINES = [part.strip().removeprefix(".venv/bin/") for block in BLOCKS for part in re.split(r"\n|&&", block)]
SPLIT = [
    shlex.split(text, comments=True)
    for text in LINES + INLINE
    if re.match(r"tfnss\b(?! *[.[])|python -m recipes", text)
]
NAMED = (
    "tfnss",
    "tfnss analyse",
    "tfnss analyse NAME MODEL...",
    "tfnss video",
    "tfnss blend",
    "tfnss train",
    "tfnss evaluate",
    "tfnss train NAME",
    "python -m recipes.NAME",
)  # spoken of, not typed
COMMANDS = [command for command in SPLIT if " ".join(command) not in NAMED]


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
    if hasattr(module, "ANALYSIS"):
        analyses.main(module.ANALYSIS, flags)
        return
    module.main(*([] if hasattr(module, "SUMMARY") else [module.RECIPE]), flags)


def test_the_first_code_block_is_two_commands():
    block = re.search(r"^```\w*\n(.*?)^```", README, re.DOTALL | re.MULTILINE).group(1)
    run, test = block.strip().splitlines()
    assert run.endswith("-m recipes.dcgan_photos --nss")
    assert "pytest" in test


def test_every_recipe_is_in_the_readme():
    for name in catalogue.names():
        assert name in README


def test_the_words_of_all_recipes_are_those_that_it_lists():
    modules = map(catalogue.module, catalogue.names())
    recipes_of_runs = [module.RECIPE for module in modules if hasattr(module, "RECIPE")]
    shared = set.intersection(*({option.flag for option in recipe.all_options()} for recipe in recipes_of_runs))
    modes = {"--" + name.replace("_", "-") for name in Mode.__dataclass_fields__}
    (words,) = re.findall(r"Every recipe knows the same words(.*?)\n\n", README, re.DOTALL)
    elsewhere = {"--lambda", "--learning-rate", "--mixing", "--noise"}  # of all the networks that there are, by chance
    assert {*re.findall(r"`(--[a-z0-9-]+)`", words)} - {"--help"} == (shared | modes) - elsewhere


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_is_understood(command, understanding):
    """By its own parser; nothing is run."""
    with pytest.raises((Parsed, SystemExit)) as stopped:
        run(command)
    assert stopped.type is Parsed or stopped.value.code == 0  # of --help


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
    assert {*entry.COMMANDS} <= {command[1] for command in COMMANDS if command[0] == "tfnss"}
    for command in (
        "python -m recipes.dcgan_photos --nss",
        "python -m recipes.ssd_checkerboard",
        "tfnss --print-completion bash",
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
