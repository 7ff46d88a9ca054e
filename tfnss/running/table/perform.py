"""One job of a table, in a process of its own: `python -m tfnss.running.table.perform FOLDER CELL SEED`."""

import os
import sys
import threading
from pathlib import Path
from typing import Any

from tfnss import xla_cache
from tfnss.console import reporting, start_tensorflow
from tfnss.processes import end_this
from tfnss.running.lock import only_writer
from tfnss.running.mode import Mode
from tfnss.running.table.child import ELSEWHERE
from tfnss.running.table.plan import Job, Plan, read_plan, recipe_called


def main(folder: str, cell: str, seed: str) -> None:
    """Does the job, unless another process has it: then the status is `ELSEWHERE`."""
    place = Path(folder)
    plan = read_plan(place)
    job = next(Job(place, found, int(seed)) for found in plan.cells if found.name == cell)
    _end_with(sys.stdin.fileno())
    job.work.mkdir(parents=True, exist_ok=True)
    try:
        held = only_writer(job.work)
        held.__enter__()
    except ValueError:
        raise SystemExit(ELSEWHERE) from None
    try:
        perform(plan, job)
    finally:
        held.__exit__(None, None, None)


def perform(plan: Plan, job: Job) -> None:
    """Trains a job's run from where it stands, and measures it."""
    (job.work / "failure.txt").unlink(missing_ok=True)
    recipe = recipe_called(job.cell.recipe)
    xla_cache.begin()
    start_tensorflow()
    xla_cache.begun()
    from tfnss.running.execution import execute
    from tfnss.running.folder import is_free

    begun = not is_free(job.run)
    given: dict[str, Any] = _place(plan, job) if begun else {**plan.settings_of(job.cell), "seed": job.seed}
    mode = Mode(run_dir=str(job.run), resume=begun, change=begun, download=plan.download, inception=plan.inception)
    program = f"tfnss table {plan.table}"
    execute(recipe, given, mode, program, alone=False, again=f"the same `{program}` command")
    with reporting(program, ValueError, OSError):
        from tfnss.running.table.measuring import measure

        measure(plan, job)


def _place(plan: Plan, job: Job) -> dict[str, Any]:
    """Where the data of a begun run is by now, if `--data` told: it may have moved since."""
    data = plan.settings_of(job.cell)["data"]
    return {"data": data} if data in plan.data.values() and Path(data).is_absolute() else {}


def _end_with(pipe: int) -> None:
    """Has this process end, after it saves where it stands, when the one that holds the other end of a pipe is gone."""

    def watch() -> None:
        os.read(pipe, 1)
        end_this()

    threading.Thread(target=watch, daemon=True).start()


if __name__ == "__main__":
    main(*sys.argv[1:])
