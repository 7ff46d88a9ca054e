"""Runs every benchmark, one after the other, and writes one Markdown table of all figures.

    python -m benchmarks.all --output results.md

Its first line is the machine. The table has a column for CPUs and one for GPUs: this machine's figures go in the one that
fits, and the rest of a file that is there stays, so that the same command on a machine with a GPU fills the other column. A
benchmark that fails is named in the table, the others go on, and the exit status is 1. `--quick` runs each at toy sizes.
"""

import datetime
import importlib.metadata
import importlib.util
import os
import platform
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks import command_line
from tfnss.files import replacing

NAMES = (
    "dcgan_rivals",
    "sngan_rivals",
    "stylegan2_step",
    "parts",
    "convolutions",
    "networks_jax",
    "cost_at_scale",
    "dcgan_step",
    "scale_space",
    "spectral_realness",
    "augment",
    "resample",
    "growing",
    "data",
    "analysis_memory",
    "frechet_distance",
    "startup",
    "compile_time",
)
COLUMNS = ("CPU", "GPU")
_NOT_YET = "not measured yet"
_LIBRARIES = {"TensorFlow": "tensorflow", "Keras": "keras", "JAX": "jax", "PyTorch": "torch"}
_ROOT = Path(__file__).parents[1]

Figures = dict[tuple[str, str], str]  # by benchmark and what is measured


def main(argv: Sequence[str] | None = None) -> int:
    parser = command_line.parser(__doc__)
    parser.add_argument(
        "--only", nargs="+", choices=NAMES, default=NAMES, metavar="NAME", help=f"of {', '.join(NAMES)}; all by default"
    )
    parser.add_argument(
        "--output", type=Path, help="Markdown file to write, or whose column to fill; printed without it"
    )
    arguments = parser.parse_args(argv)
    if arguments.output and arguments.output.exists():
        try:
            read(arguments.output.read_text(encoding="utf-8"))
        except ValueError as error:
            parser.error(f"{arguments.output} is no table of this command, and is left alone: {error}")
    column, description = machine()
    if arguments.quick:
        description += " (toy sizes: the figures mean nothing)"
    failed: list[str] = []
    figures: Figures = {}
    for number, name in enumerate(arguments.only, 1):
        print(f"{name} ({number} of {len(arguments.only)}) ...", file=sys.stderr, flush=True)
        start = time.monotonic()
        found, error = run(name, arguments.quick)
        figures |= found
        print(f"{name}: {error or 'done'}, {time.monotonic() - start:.0f} s", file=sys.stderr, flush=True)
        if error:
            failed.append(name)
            figures[name, "failed"] = error
        if arguments.output:  # after each, so that nothing is lost
            _write(arguments.output, column, description, figures, arguments.only)
    if not arguments.output:
        print(page({column: description}, {column: figures}), end="")
    if failed:
        print(f"failed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


def machine() -> tuple[str, str]:
    """The column of this machine, and the machine in words."""
    gpus = _gpus()
    versions = [
        f"{name} {importlib.metadata.version(p)}" for name, p in _LIBRARIES.items() if importlib.util.find_spec(p)
    ]
    parts = [*gpus, f"{_cpu_model()}, {os.cpu_count()} cores", *versions, f"Python {platform.python_version()}"]
    return COLUMNS[bool(gpus)], ", ".join([*parts, str(datetime.date.today())])


def run(name: str, quick: bool) -> tuple[Figures, str]:
    """The figures of a benchmark, and what went wrong, if anything did."""
    command = [sys.executable, "-m", f"benchmarks.{name}", *(["--quick"] if quick else [])]
    result = subprocess.run(command, cwd=_ROOT, capture_output=True, text=True)
    figures = {(name, what): value for what, value in figures_of(result.stdout).items()}
    if result.returncode:
        lines = [line.strip() for line in result.stderr.splitlines() if line.strip()]
        return figures, _cell(f"status {result.returncode}: {lines[-1] if lines else 'no message'}")
    if not figures:
        lines = result.stdout.split("\n")
        figures[name, ""] = _cell(next((line for line in lines if line.strip()), "no figures"))
    return figures, ""


def figures_of(text: str) -> dict[str, str]:
    """The rows of all Markdown tables in a text: what each is of, and its figures with the names of their columns.

    What a row is of are the head of the first column and the cells before the first number.

    Raises:
        ValueError: For two rows of the same.
    """
    found: dict[str, str] = {}
    header: list[str] = []
    for line in text.splitlines():
        if not line.startswith("|"):
            header = []
        elif not header:
            header = _cells(line)
        elif not set(line) <= set("|- "):
            cells = _cells(line)
            names = next((i for i, cell in enumerate(cells) if i and re.match(r"[-+]?\d", cell)), len(cells))
            what = ": ".join(filter(None, (header[0], ", ".join(cells[:names]))))
            pairs = zip(header[names:], cells[names:], strict=True)
            if what in found:
                raise ValueError(f"two rows of a table are of {what}")
            found[what] = "; ".join(f"{head} {cell}" for head, cell in pairs if cell)
    return found


def page(machines: dict[str, str], figures: dict[str, Figures]) -> str:
    """The table as a file has it: the machines of the columns first."""
    lines = [" · ".join(f"{column}: {machines.get(column, _NOT_YET)}" for column in COLUMNS), ""]
    lines += [f"| benchmark | figures of | {' | '.join(COLUMNS)} |", "|" + " --- |" * (2 + len(COLUMNS))]
    keys = dict.fromkeys(key for column in COLUMNS for key in figures.get(column, ()))
    for benchmark, what in sorted(keys, key=lambda key: NAMES.index(key[0]) if key[0] in NAMES else len(NAMES)):
        values = [figures.get(column, {}).get((benchmark, what), "") for column in COLUMNS]
        lines.append("| " + " | ".join((benchmark, what, *values)) + " |")
    return "\n".join(lines) + "\n"


def read(text: str) -> tuple[dict[str, str], dict[str, Figures]]:
    """The machines and the figures of a page, by column.

    Raises:
        ValueError: For a text that `page` did not make.
    """
    lines = text.splitlines()
    found = re.fullmatch(" · ".join(f"{column}: (.*)" for column in COLUMNS), lines[0] if lines else "")
    if not found:
        raise ValueError(f"the first line does not name the machines of the columns {' and '.join(COLUMNS)}")
    machines = {column: text for column, text in zip(COLUMNS, found.groups(), strict=True) if text != _NOT_YET}
    figures: dict[str, Figures] = {column: {} for column in COLUMNS}
    for line in lines[4:]:
        benchmark, what, *values = _cells(line)
        for column, value in zip(COLUMNS, values, strict=True):
            if value:
                figures[column][benchmark, what] = value
    return machines, figures


def _write(path: Path, column: str, description: str, new: Figures, ran: Sequence[str]) -> None:
    """Fills the column of a file, whose figures of other benchmarks stay."""
    machines, figures = read(path.read_text(encoding="utf-8")) if path.exists() else ({}, {})
    kept = {key: value for key, value in figures.get(column, {}).items() if key[0] not in ran}
    with replacing(path) as temporary:
        temporary.write_text(
            page({**machines, column: description}, {**figures, column: {**kept, **new}}), encoding="utf-8"
        )


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().removeprefix("|").removesuffix("|").split("|")]


def _cell(text: str) -> str:
    """A text that may stand in a table."""
    return re.sub(r"\s+", " ", text.replace("|", "/"))[:200]


def _cpu_model() -> str:
    path = Path("/proc/cpuinfo")
    lines = path.read_text().splitlines() if path.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def _gpus() -> list[str]:
    """Names of the GPUs that a benchmark computes on: those that TensorFlow sees, or the system where there is none."""
    if not importlib.util.find_spec("tensorflow"):
        return _lines("nvidia-smi", "--query-gpu=name", "--format=csv,noheader")
    program = (
        "import tensorflow as tf\n"
        "for device in tf.config.list_physical_devices('GPU'):\n"
        "    print('GPU', tf.config.experimental.get_device_details(device).get('device_name', device.name))\n"
    )
    return [line.removeprefix("GPU ") for line in _lines(sys.executable, "-c", program) if line.startswith("GPU ")]


def _lines(*command: str) -> list[str]:
    """What a command prints; nothing where it fails."""
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    except (OSError, subprocess.CalledProcessError):
        return []


if __name__ == "__main__":
    sys.exit(main())
