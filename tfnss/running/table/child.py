"""A job in a process of its own: its failure, or the memory that it takes, is no other job's."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from tfnss import processes
from tfnss.running.lock import is_locked
from tfnss.running.table.plan import Job

ELSEWHERE = 75  # status of a job that another process has (EX_TEMPFAIL)
_POLL_SECONDS = 0.2
_ENDED_BY_SIGNALS = (-signal.SIGTERM, -signal.SIGINT, 0, 130, 0xC000013A)  # the last for Ctrl-C and -Break on Windows


class StoppedError(Exception):
    """The job was stopped by a signal, after it saved where it stands."""


def run_job(
    job: Job, environment: Mapping[str, str] | None = None, watch: Callable[[], None] = lambda: None
) -> str | None:
    """Trains and measures a job, or waits for the process that has it to end; gives why it failed, or None.

    A process that dies frees the job: then it is taken over, and goes on from its last checkpoint.

    Args:
        job: The job.
        environment: More variables of the process's environment.
        watch: Called every moment, to show how far it is.

    Raises:
        StoppedError: If SIGTERM or SIGINT ended it.
        KeyboardInterrupt: For a SIGINT of this process, once the job has saved where it stands.
    """
    while job.result() is None:
        while is_locked(job.work):
            watch()
            time.sleep(_POLL_SECONDS)
        status = _run(job, environment, watch)
        if status == ELSEWHERE:
            continue
        if job.result() is not None:
            break
        if status in _ENDED_BY_SIGNALS:
            raise StoppedError
        reason = _last_words(job.work / "log.txt") or f"its process ended with status {status}"
        job.fail(reason)
        return reason
    return None


def _run(job: Job, environment: Mapping[str, str] | None, watch: Callable[[], None]) -> int:
    """The exit status of the job's process. What signals this process gets meanwhile, it passes on."""
    job.work.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "tfnss.running.table.perform", str(job.folder), job.cell.name, str(job.seed)]
    with (
        open(job.work / "log.txt", "ab") as log,
        processes.begun(  # the terminal's Ctrl-C comes through this process, once
            command,
            stdout=log,
            stderr=subprocess.STDOUT,
            stdin=subprocess.PIPE,  # nothing is written: its end tells the job that this process is gone
            env={**os.environ, **(environment or {})},
        ) as process,
    ):
        try:
            while (status := process.poll()) is None:
                watch()
                time.sleep(_POLL_SECONDS)
            return status
        except BaseException as error:  # KeyboardInterrupt, SystemExit of SIGTERM
            processes.ask_to_end(process, signal.SIGINT if isinstance(error, KeyboardInterrupt) else signal.SIGTERM)
            process.wait()
            raise


def _last_words(log: Path) -> str:
    """What an error of a job says: its last line that names one, else the last line."""
    lines = [line.strip() for line in log.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()]
    errors = [line for line in lines if ": error: " in line]
    return errors[-1].split(": error: ", 1)[1] if errors else (lines[-1] if lines else "")
