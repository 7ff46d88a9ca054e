"""What pages say of commands, flags, recipes and files is so."""

import re
import shlex

import pytest

from tests.docs.commands import is_ours, run
from tests.docs.pages import PAGES, ROOT, blocks_of, commands_of, inline_of
from tfnss.commands import entry
from tfnss.console import Parser, parser_of
from tfnss.running import catalogue, command_line
from tfnss.running.analysis import command_line as analyses
from tfnss.running.command_line import Mode

TEXTS = {page: page.read_text() for page in PAGES}
EVERYTHING = "\n".join(TEXTS.values())
TYPED = [
    command for page in PAGES for block in blocks_of(page) if block.language == "sh" for command in commands_of(block)
]
SPOKEN = [shlex.split(code) for page in PAGES for code in inline_of(page) if re.match(r"(tfnss|python -m) [\w-]", code)]
MENTIONS = {  # spoken of, not typed
    *(("tfnss", name) for name in entry.COMMANDS),
    *(("tfnss", "analyse", name) for name in catalogue.names()),
    ("tfnss", "COMMAND", "--help"),
    ("tfnss", "train", "NAME"),
    ("tfnss", "train", "RECIPE"),
    ("tfnss", "train", "RECIPE", "--help"),
    ("tfnss", "table", "NAME"),
    ("tfnss", "analyse", "NAME", "MODEL..."),
    ("python", "-m", "recipes.NAME"),
    ("python", "-m", "recipes.NAME", "MODEL"),
    ("python", "-m", "recipes.RECIPE"),
}
COMMANDS = {" ".join(words): words for words in TYPED + SPOKEN if is_ours(words) and tuple(words) not in MENTIONS}


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


def test_every_recipe_is_in_the_list():
    names = set(re.findall(r"`(\w+)`", TEXTS[ROOT / "docs" / "recipes.md"]))
    assert set(catalogue.names()) <= names


def test_the_words_of_all_recipes_are_those_that_it_lists():
    modules = map(catalogue.module, catalogue.names())
    recipes_of_runs = [module.RECIPE for module in modules if hasattr(module, "RECIPE")]
    shared = set.intersection(*({option.flag for option in recipe.all_options()} for recipe in recipes_of_runs))
    modes = {"--" + name.replace("_", "-") for name in Mode.__dataclass_fields__}
    (words,) = re.findall(r"## Every recipe knows the same words\n\n(.*?)\n\n", EVERYTHING, re.DOTALL)
    elsewhere = {"--lambda", "--mixing", "--noise"}  # of all the networks that there are, by chance
    assert set(re.findall(r"`(--[a-z0-9-]+)`", words)) == (shared | modes) - elsewhere


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
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
    assert {*entry.COMMANDS} <= {command[1] for command in TYPED if command[0] == "tfnss"}
    for command in (
        "tfnss --print-completion bash",
        "tfnss train dcgan_photos --resume latest",
        "python -m recipes.nss_hadamard --trials 5",
    ):
        assert command in COMMANDS


def test_every_flag_is_one():
    """Those between backquotes, of any command, recipe or experiment."""
    flags = {"--help", *_flags_of(entry.whole_parser())}
    for name in catalogue.names():
        module = catalogue.module(name)
        if hasattr(module, "RECIPE"):
            flags |= _flags_of(command_line.parser_of(module.RECIPE, name))
        elif hasattr(module, "ANALYSIS"):
            flags |= _flags_of(analyses.parser_of(module.ANALYSIS, name))
        elif hasattr(module, "_parser"):
            flags |= _flags_of(module._parser())
    for command in entry.COMMANDS:
        module = entry.command(command)
        flags |= _flags_of(parser_of("", "", module.add_flags))
    for page in PAGES:
        ours = [code for code in inline_of(page) if re.match(r"--|tfnss|python -m recipes", code)]
        found = {flag for code in ours for flag in re.findall(r"(?<!\S)--[a-z][\w-]*", code)}
        assert found - flags == set(), page


def _flags_of(parser):
    return {flag for action in parser._actions for flag in action.option_strings}


def test_every_path_is_there():
    """Modules and files that the texts of the house name."""
    for text in (*TEXTS.values(), (ROOT / "CONTRIBUTING.md").read_text()):
        for name in re.findall(r"`((?:tests|tfnss|recipes|models|benchmarks|docs)/[\w/.]*)`", text):
            assert (ROOT / name).exists(), name
        for name in re.findall(r"`benchmarks\.(\w+)`", text):
            assert (ROOT / "benchmarks" / f"{name}.py").is_file(), name


def test_every_link_of_the_readme_leads_somewhere():
    """Those of the other pages are checked where the site is built."""
    links = re.findall(r"\]\(([^)#]+)\)", TEXTS[ROOT / "README.md"])
    assert len(links) > 20
    for link in links:
        assert (ROOT / link).is_file(), link


def test_the_first_code_block_is_two_commands():
    block = blocks_of(ROOT / "README.md")[0]
    assert block.language == "sh"
    train, test = block.text.strip().splitlines()
    assert train.endswith("-m recipes.dcgan_photos --nss")
    assert "pytest" in test


def test_the_readme_takes_two_minutes():
    assert len(TEXTS[ROOT / "README.md"].split()) < 1000


def test_the_pictures_are_small():
    pictures = [path for path in (ROOT / "docs" / "pictures").iterdir() if path.suffix in (".png", ".jpg", ".webp")]
    readme = TEXTS[ROOT / "README.md"]
    shown = re.findall(r"!\[[^\]]+\]\((\S+)\)", readme)  # each with words in its place
    shown += re.findall(r'<img src="(\S+)" width="\d+" alt="[^"]+">', readme)
    assert len(shown) >= 3
    assert {ROOT / name for name in shown} <= set(pictures)
    assert sum((ROOT / name).stat().st_size for name in shown) < 1e6
    assert sum(picture.stat().st_size for picture in pictures) < 3e6
