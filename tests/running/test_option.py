"""Settings of kinds that packages may declare."""

from pathlib import Path

import pytest

from tfnss.console import Parser
from tfnss.resolution import from_text
from tfnss.running import sections
from tfnss.running.option import Option, in_section


@pytest.mark.parametrize(
    ("type", "good", "bad"),
    [
        (bool, [True, False], [1, "on", None]),
        (int, [1], [True, 1.5, "1", None]),
        (float, [1, 1.5], [True, "1", None]),
        (str, ["a"], [True, 1, None]),
        (from_text, [16, [16, 32]], ["16"]),
        (Path, ["a", 1, None], []),
    ],
)
def test_saved_values(type, good, bad):
    option = Option("x", type, "help", default=good[0])
    assert all(map(option.accepts, good))
    assert not any(map(option.accepts, bad))


def test_sections():
    assert Option("x", int, "help").section == sections.OWN
    assert Option("x", int, "help", of_networks=True).section == sections.NETWORKS
    (option,) = in_section(sections.GAME, Option("x", int, "help"))
    assert option.section == sections.GAME
    with pytest.raises(ValueError, match="`section` must be one of"):
        Option("x", int, "help", section="elsewhere")


def test_a_flag_without_a_value_is_false_without_it():
    option, parser = Option("fast", bool, "go fast"), Parser(prog="x")
    option.add_to(parser)
    assert option.default is False
    assert vars(parser.parse_args(["--fast"])) == {"fast": True}
