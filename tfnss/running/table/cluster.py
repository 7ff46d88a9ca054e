"""The jobs of a table on a Dask cluster: one that is there already, or one of this machine."""

import contextlib
import logging
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tfnss.running.table.child import StoppedError, run_job
from tfnss.running.table.plan import Job, Plan
from tfnss.running.table.progress import TableProgress
from tfnss.running.table.writing import write_table

_ANSWER_SECONDS = 10
_ATTEMPTS = 3


@contextlib.contextmanager
def connected(scheduler: str | None, jobs: int | None) -> Iterator[Any]:
    """A client of a Dask scheduler, or of a cluster of `jobs` workers on this machine.

    Raises:
        ValueError: Without the package, or for a scheduler that does not answer.
    """
    try:
        from dask.distributed import Client, LocalCluster
    except ImportError:
        raise ValueError("--scheduler and --jobs need the package dask: pip install 'tfnss[cluster]'") from None
    with contextlib.ExitStack() as held:
        if scheduler is None:
            cluster = LocalCluster(
                n_workers=jobs,
                threads_per_worker=1,
                processes=True,
                dashboard_address=None,
                memory_limit=0,
                silence_logs=logging.ERROR,
            )
            scheduler = held.enter_context(cluster).scheduler_address
        try:
            _check_listens(scheduler)
            client = held.enter_context(Client(scheduler, timeout=_ANSWER_SECONDS))
        except (OSError, ValueError, OverflowError) as error:
            raise ValueError(
                f"--scheduler {scheduler} does not answer ({error}): start `dask scheduler`, and workers of the same "
                "tfnss that see the table's folder"
            ) from None
        yield client


def _check_listens(address: str) -> None:
    """Raises an error where nobody listens, at once: a client that never was connected takes half a minute to go away.

    Raises:
        ValueError: For what is no address, or one with TLS where Dask has no certificates.
        OSError: If nobody is there.
        OverflowError: For a port that there cannot be.
    """
    from distributed.comm.addressing import parse_address, parse_host_port
    from distributed.comm.registry import get_backend
    from distributed.security import Security

    scheme, place = parse_address(address)
    get_backend(scheme)
    if scheme in ("tls", "wss") and Security().get_connection_args("client").get("ssl_context") is None:
        raise ValueError("Dask has no certificates for TLS: set distributed.comm.tls in its configuration")
    socket.create_connection(parse_host_port(place), timeout=_ANSWER_SECONDS).close()


def work_on(client: Any, plan: Plan, folder: Path, jobs: Sequence[Job]) -> dict[str, str]:
    """Hands all jobs that are not done to a cluster, and writes the table after each; gives the names of those that
    failed, and why.

    The job of a worker that dies is given to another, which goes on from its last checkpoint.
    """
    from dask.distributed import as_completed

    progress, failed = TableProgress(plan, jobs), {}
    pending = [job for job in jobs if job.result() is None]
    futures = {
        client.submit(
            _on_worker, os.fspath(folder.resolve()), job.cell.name, job.seed, pure=False, retries=_ATTEMPTS
        ): job
        for job in pending
    }
    with progress.shown():
        try:
            for future in as_completed(list(futures)):
                job = futures[future]
                failure = future.result() if future.status == "finished" else _why(future)
                if failure is not None and job.result() is None:
                    failed[job.name] = failure
                    job.fail(failure)
                progress.ended(job, failed.get(job.name))
                write_table(plan, folder)
        finally:
            client.cancel(list(futures))
    return failed


def _why(future: Any) -> str:
    error = future.exception()
    return f"its worker was lost {_ATTEMPTS} times" if "Killed" in type(error).__name__ else f"{error}"


def _on_worker(folder: str, cell: str, seed: int) -> str | None:
    """One job, on a worker: why it failed, or None."""
    from distributed import get_worker

    from tfnss.running.table.plan import read_plan

    place = Path(folder)
    found = next(each for each in read_plan(place).cells if each.name == cell)
    try:
        return run_job(Job(place, found, seed), _own_gpu(get_worker().name))
    except StoppedError:
        raise RuntimeError("the job was stopped on its worker") from None


def _own_gpu(worker: Any) -> dict[str, str]:
    """A GPU for each worker of this machine, in turn, where there are several and nobody has chosen."""
    gpus = _gpus()
    if len(gpus) < 2 or not isinstance(worker, int):
        return {}
    return {"CUDA_VISIBLE_DEVICES": gpus[worker % len(gpus)]}


def _gpus() -> list[str]:
    chosen = os.environ.get("CUDA_VISIBLE_DEVICES")
    if chosen is not None:
        return [name for name in chosen.split(",") if name]
    if shutil.which("nvidia-smi") is None:
        return []
    listed = subprocess.run(["nvidia-smi", "-L"], capture_output=True, text=True, check=False).stdout
    return [str(index) for index, line in enumerate(listed.splitlines()) if line.startswith("GPU")]
