"""The pages of the documentation, the README among them, and the code in them."""

import re
import shlex
from pathlib import Path
from typing import NamedTuple

import recipes

ROOT = Path(recipes.__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
_BLOCK = re.compile(
    r"^(?:<!-- not run: (?P<reason>[^\n]+?) -->\n)?```(?P<language>\w*)\n(?P<text>.*?)^```$", re.DOTALL | re.MULTILINE
)


class Block(NamedTuple):
    """Code between fences: its language, its text, its first line in the page, and why it is not run, or None."""

    language: str
    text: str
    line: int
    reason: str | None


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


def blocks_of(page: Path) -> list[Block]:
    text = page.read_text()
    return [
        Block(found["language"], found["text"], text.count("\n", 0, found.start("text")) + 1, found["reason"])
        for found in _BLOCK.finditer(text)
    ]


def inline_of(page: Path) -> list[str]:
    """What stands between backquotes in sentences, each on one line."""
    prose = re.sub(r"^```.*?^```", "", page.read_text(), flags=re.DOTALL | re.MULTILINE)
    return [" ".join(code.split()) for code in re.findall(r"`([^`]+)`", prose)]


def commands_of(block: Block) -> list[list[str]]:
    """The words of each command of a shell's block."""
    lines = block.text.replace("\\\n", " ").splitlines()
    parts = [part for line in lines for part in re.split(r"&&", line)]
    return [words for part in parts if (words := shlex.split(part, comments=True))]
