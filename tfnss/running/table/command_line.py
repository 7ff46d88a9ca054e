"""The command line of a table: `tfnss table NAME`, or `python -m recipes.NAME`."""

import contextlib
import json
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tfnss.console import Parser, check_range, fail, parser_of, reporting, start_tensorflow
from tfnss.data import NAMES
from tfnss.files import expanded
from tfnss.processes import END_SIGNALS, quoted
from tfnss.resolution import ResolutionError
from tfnss.running.table import plan as plans
from tfnss.running.table.plan import Job, Plan, recipe_called, table_called

_DEFAULTS: dict[str, Any] = {"kind": "paper", "set": [], "data": [], "download": False, "dry_run": False}


def main_of(name: str) -> None:
    """Runs the command line of a table's module; ends with status 2 and one line on bad input, and 1 if a run failed."""
    program = f"python -m recipes.{name}"
    run(program, vars(parser_of(program, table_called(name).summary, add_flags).parse_args()) | {"table": name})


def add_flags(parser: Parser) -> None:
    """Adds the flags of every table."""
    flag = parser.add_argument
    flag("--dir", metavar="DIR", help="folder of the table (default: tables/TABLE, or tables/TABLE-miniature, ...)")
    sizes = parser.add_mutually_exclusive_group()
    sizes.add_argument(
        "--miniature",
        dest="kind",
        action="store_const",
        const="miniature",
        help="the same comparison at a small size on the embedded photographs: hours on a CPU",
    )
    sizes.add_argument(
        "--smoke", dest="kind", action="store_const", const="smoke", help="all cells at toy size: minutes"
    )
    flag(
        "--cells", metavar="NAMES", help="only these cells, rows or columns, with commas between; * matches any letters"
    )
    flag("--seeds", type=int, metavar="N", help="runs of each cell (default: the table's, as in the paper)")
    flag("--set", action="append", metavar="NAME=VALUE", help="a setting of all cells, over their own")
    flag(
        "--data", action="append", metavar="NAME=DIR", help="where a data set of the table is, by the name it has there"
    )
    flag("--download", action="store_true", help="let TensorFlow Datasets download data sets that are not on disk")
    flag("--inception", metavar="DIR", help="folder of Inception's SavedModel, instead of TensorFlow Hub")
    flag("--jobs", type=int, metavar="N", help="runs at a time on this machine, a GPU each where there are several")
    flag("--scheduler", metavar="ADDRESS", help="Dask scheduler whose workers do the runs, such as tcp://host:8786")
    flag("--dry-run", action="store_true", help="print the cells, their settings and the hours they take, and stop")


def run(program: str, flags: dict[str, Any]) -> None:
    """What the flags ask for."""
    given = _DEFAULTS | flags
    with reporting(program, ValueError, OSError):
        plan, folder = _asked(given)
        start_tensorflow()
        plans.check_settings(plan)
        if given["dry_run"]:
            plan = plans.joined(folder, plan, "seeds" in given)
            _show(plan, [job for job in _jobs(plan, folder, given) if job.result() is None])
            return
        _jobs(plan, folder, given)  # cells that there are not, before a cluster starts
        with _clients(given) as client:
            plan = plans.open_plan(folder, plan, "seeds" in given)
            jobs = _jobs(plan, folder, given)
            failed = _work(client, plan, folder, jobs)
    for name, reason in failed.items():
        print(f"{program}: {name} failed: {reason}", file=sys.stderr)
    print(
        f"Done: see {folder / 'table.html'}, or table.md and table.json beside it; HParams of all runs are in "
        f"{quoted(sys.executable)} -m tensorboard.main --logdir {quoted(folder)}"
    )
    if failed:
        print(f"{len(failed)} of {len(jobs)} runs failed; the same command tries them again.")
        raise SystemExit(1)


def _jobs(plan: Plan, folder: Path, given: dict[str, Any]) -> list[Job]:
    """The jobs of this call: of the cells that are asked for, and of no more seeds."""
    jobs = plans.chosen(plans.jobs_of(plan, folder), given.get("cells"))
    return [job for job in jobs if job.seed < given.get("seeds", plan.seeds)]


def _asked(given: dict[str, Any]) -> tuple[Plan, Path]:
    table = table_called(given["table"])
    for name in ("seeds", "jobs"):
        if name in given:
            check_range(given, name, 1)
    if "jobs" in given and "scheduler" in given:
        raise ValueError("--jobs starts workers here, and --scheduler names some: leave one out")
    kind = given["kind"]
    seeds = {"paper": table.seeds, "miniature": table.small_seeds, "smoke": 1}[kind]
    places = {name: _located(place) for name, place in _pairs("--data", given["data"]).items()}
    settings = _settings(table, _pairs("--set", given["set"]))
    inception = None if "inception" not in given else _located(given["inception"])
    plan = Plan(table.name, kind, given.get("seeds", seeds), settings, places, inception, given["download"])
    if not plan.cells:
        raise ValueError(f"{table.name} has no cells of the kind {kind}")
    ending = "" if kind == "paper" else f"-{kind}"
    return plan, expanded(given.get("dir", f"tables/{table.name}{ending}"))


def _located(place: str) -> str:
    """The whole path of what is there, for processes in other folders; names of data sets stay."""
    path = expanded(place)
    return str(path.resolve() if place not in NAMES and path.exists() else path)


def _pairs(flag: str, texts: Sequence[str]) -> dict[str, str]:
    for text in texts:
        if not all(text.partition("=")):
            raise ValueError(f"{flag} {text}: write NAME=VALUE")
    return {name: value for name, _, value in (text.partition("=") for text in texts)}


def _settings(table: Any, texts: dict[str, str]) -> dict[str, Any]:
    """Settings as their options read them."""
    options = {o.name: o for cell in table.cells for o in recipe_called(cell.recipe).all_options()}
    settings: dict[str, Any] = {}
    for name, text in texts.items():
        option = options.get(name.replace("-", "_"))
        if option is None:
            raise ValueError(f"--set {name}: the table's recipes have no such setting")
        if option.name in ("seed", "data"):
            raise ValueError(f"--set {name}: the table chooses it; --seeds and --data do this")
        if option.name == "fid_reference":
            raise ValueError(f"--set {name}: {table.name} measures each run against its own images; leave it out")
        if option.name == "keep_best" and table.best:
            raise ValueError(f"--set {name}: {table.name} measures the best checkpoint of each run")
        try:
            value = option.type(text)
        except ResolutionError as error:
            raise ValueError(f"--set {name}: {error}") from None
        except ValueError:
            raise ValueError(f"--set {name}: {text} is no {option.type.__name__}") from None
        if option.choices is not None and value not in option.choices:
            raise ValueError(f"--set {name}: {text} is none of {', '.join(map(str, option.choices))}")
        if option.name == "fid_every" and table.best and not value:
            raise ValueError(f"--set {name}: {table.name} finds the best checkpoint by FIDs; give a number above 0")
        settings[option.name] = value
    return settings


def _clients(given: dict[str, Any]) -> Any:
    """A client of a cluster, or None where jobs run one after the other."""
    if "jobs" not in given and "scheduler" not in given:
        return contextlib.nullcontext()
    from tfnss.running.table.cluster import connected

    return connected(given.get("scheduler"), given.get("jobs"))


def _work(client: Any, plan: Plan, folder: Path, jobs: Sequence[Job]) -> dict[str, str]:
    from tfnss.running.table import child, cluster, working, writing

    asked = [number for number in END_SIGNALS if number != signal.SIGINT]
    previous = {number: signal.signal(number, lambda *_: sys.exit(0)) for number in asked}
    try:
        failed = working.work(plan, folder, jobs) if client is None else cluster.work_on(client, plan, folder, jobs)
        writing.write_table(plan, folder)
        return failed
    except child.StoppedError:
        fail(f"tfnss table {plan.table}", "a run was stopped from outside; the same command goes on")
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def _show(plan: Plan, jobs: Sequence[Job]) -> None:
    from tfnss.running.table.progress import kimg_of

    cells = {job.cell.name: job for job in jobs}
    for name, job in cells.items():
        count = sum(other.cell is job.cell for other in jobs)
        print(
            f"{name}: {job.cell.recipe} {json.dumps(plan.settings_of(job.cell))}, {count} x {kimg_of(plan, job):g} kimg"
        )
    print(
        f"{len(jobs)} runs of {len(cells)} cells, {sum(kimg_of(plan, job) for job in jobs):g} kimg to train.",
        flush=True,
    )
    from tfnss.running.table.estimate import seconds_per_kimg

    rates = seconds_per_kimg(plan, jobs)
    for name, seconds in rates.items():
        print(f"  {name}: {seconds:.3g} seconds for a thousand images on this machine, from a measured step")
    hours = sum(rates[job.cell.recipe] * kimg_of(plan, job) for job in jobs) / 3600
    print(f"About {hours:.3g} hours in all, one run at a time.")
