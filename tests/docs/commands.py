"""Commands as a shell would run them, in this process."""

import importlib
from collections.abc import Sequence

from tfnss.commands import entry
from tfnss.running.analysis import command_line as analyses


def is_ours(command: Sequence[str]) -> bool:
    return command[:1] == ["tfnss"] or (command[:2] == ["python", "-m"] and command[2].startswith("recipes."))


def run(command: Sequence[str]) -> None:
    """Runs `tfnss ...` or `python -m recipes.NAME ...`."""
    if command[0] == "tfnss":
        entry.main(command[1:])
        return
    name, flags = command[2].removeprefix("recipes."), command[3:]
    module = importlib.import_module(f"recipes.{name}")
    if hasattr(module, "ANALYSIS"):
        analyses.main(module.ANALYSIS, flags)
    elif hasattr(module, "SUMMARY"):
        module.main(flags)
    else:
        module.main(module.RECIPE, flags)
