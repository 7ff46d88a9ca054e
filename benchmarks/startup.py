"""How long commands take to explain themselves: what a user waits for the first answer.

    python -m benchmarks.startup

The median of five processes each, one after the other, with nothing else that runs. `import tensorflow` is there to compare.
"""

import statistics
import subprocess
import sys
import time
from collections.abc import Sequence

from benchmarks import command_line
from benchmarks.timing import print_table
from tfnss.commands.entry import COMMANDS
from tfnss.running import catalogue

REPEATS = 5


def main(argv: Sequence[str] | None = None) -> None:
    quick = command_line.parser(__doc__).parse_args(argv).quick
    commands = [
        ("--help",),
        *((name, "--help") for name in COMMANDS if name != "train"),
        ("recipes",),
        *(("train", name, "--help") for name in catalogue.names_of("RECIPE")),
    ]
    if quick:
        commands = commands[:1]
    repeats = 1 if quick else REPEATS
    rows = [("tfnss " + " ".join(command), _seconds(("-m", "tfnss", *command), repeats)) for command in commands]
    rows.append(("python -c 'import tensorflow'", _seconds(("-c", "import tensorflow"), repeats)))
    print_table(("command", "seconds"), [(name, f"{seconds:.2f}") for name, seconds in rows])


def _seconds(arguments: Sequence[str], repeats: int) -> float:
    """The median time of a process of Python with these arguments."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        subprocess.run([sys.executable, *arguments], check=True, capture_output=True)
        times.append(time.perf_counter() - start)
    return statistics.median(times)


if __name__ == "__main__":
    main()
