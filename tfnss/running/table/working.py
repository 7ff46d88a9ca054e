"""The jobs of a table, one after the other."""

from collections.abc import Callable, Sequence
from pathlib import Path

from tfnss.running.lock import is_locked
from tfnss.running.table.child import run_job
from tfnss.running.table.plan import Job, Plan
from tfnss.running.table.progress import TableProgress
from tfnss.running.table.writing import write_table

Run = Callable[[Job, Callable[[], None]], str | None]  # a job, and what shows progress; gives why it failed


def work(plan: Plan, folder: Path, jobs: Sequence[Job], run: Run | None = None) -> dict[str, str]:
    """Does all jobs that are not done, and writes the table after each. Those that other processes have come last.

    Args:
        plan: The table's plan.
        folder: Its folder.
        jobs: The jobs.
        run: What does one; by default a process of its own.

    Returns:
        The names of the jobs that failed, and why.
    """
    run = run or (lambda job, watch: run_job(job, watch=watch))
    progress, failed = TableProgress(plan, jobs), {}
    pending = [job for job in jobs if job.result() is None]
    with progress.shown():
        while pending:
            job = next((job for job in pending if not is_locked(job.work)), pending[0])
            pending.remove(job)
            if job.result() is not None:  # another process has done it meanwhile
                continue
            failure = run(job, progress.look)
            if failure is not None:
                failed[job.name] = failure
            progress.ended(job, failure)
            write_table(plan, folder)
    return failed
