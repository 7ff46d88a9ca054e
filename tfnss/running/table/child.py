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
        log = job.work / "log.txt"
        before = log.stat().st_size if log.is_file() else 0
        status = _run(job, environment, watch)
        if status == ELSEWHERE:
            continue
        if job.result() is not None:
            break
        if status in _ENDED_BY_SIGNALS:
            raise StoppedError
        reason = _last_words(log, before) or f"its process ended with status {status}"
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


def _last_words(log: Path, begin: int) -> str:
    """What the last error says that a job printed: a line that names one, or the end of a traceback; else its last line.

    Args:
        log: What it printed.
        begin: Where in it this attempt begins, in bytes: earlier ones failed for reasons of their own.
    """
    printed = log.read_bytes()[begin:].decode("utf-8", errors="replace")
    lines = [line for line in printed.splitlines() if line.strip()]
    said, in_traceback = lines[-1] if lines else "", False
    for line in lines:
        if line.startswith("Traceback (most recent call last)"):
            in_traceback = True
        elif in_traceback and not line.startswith(" "):
            said, in_traceback = line, False
        elif ": error: " in line:
            said = line.split(": error: ", 1)[1]
    return said.strip()
