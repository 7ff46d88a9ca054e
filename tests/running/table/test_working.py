"""The jobs of a table: done once, failures told, others go on; killed and started again, the same comes out."""

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from types import SimpleNamespace

import pytest

import tfnss
from tfnss.running import execution
from tfnss.running.lock import is_locked, only_writer
from tfnss.running.table import child, cluster, measuring, perform
from tfnss.running.table.plan import Plan, chosen, jobs_of, open_plan, recipe_called
from tfnss.running.table.working import work

FLAGS = ["--smoke", "--cells", "gan-celeba,nss-celeba", "--set", "base_width=4"]


@pytest.fixture
def table(tmp_path):
    """A plan, its folder and its jobs."""
    folder = tmp_path / "table"
    plan = open_plan(folder, Plan("nss_table4", "smoke", 2), more_seeds=True)
    return plan, folder, chosen(jobs_of(plan, folder), "gan-celeba,nss-celeba")


def write_result(job, value=3.0):
    job.run.mkdir(parents=True)
    (job.run / "result.json").write_text(json.dumps({"values": {"fid": value}, "network": "embedded"}))


def test_what_is_done_is_not_done_again_and_failures_stop_nothing(table, capsys):
    plan, folder, jobs = table
    write_result(jobs[1])
    seen = []

    def do(job, watch):
        seen.append(job.name)
        watch()
        if job is jobs[2]:
            job.fail("it diverged")
            return "it diverged"
        write_result(job)
        return None

    assert work(plan, folder, jobs, do) == {jobs[2].name: "it diverged"}
    assert seen == [job.name for job in jobs if job is not jobs[1]]
    out = capsys.readouterr().out
    assert "gan-celeba/seed-1: failed (it diverged); 2 of 4 runs, 1 failed" in out
    assert "nss-celeba/seed-1: fid 3; 3 of 4 runs, 1 failed" in out
    found = json.loads((folder / "table.json").read_text())
    (plain,) = [entry for entry in found["cells"] if entry["cell"] == "gan-celeba"]
    assert plain["failed"] == [{"seed": 1, "reason": "it diverged"}]
    seen.clear()
    work(plan, folder, jobs, do)  # the same command again: what failed is tried again
    assert seen == [jobs[2].name]


def test_jobs_of_other_processes_come_last(table):
    plan, folder, jobs = table
    seen = []

    def do(job, watch):
        seen.append(job)
        write_result(job)

    jobs[0].work.mkdir(parents=True)
    with only_writer(jobs[0].work):
        assert is_locked(jobs[0].work)
        work(plan, folder, jobs, do)
    assert seen == [*jobs[1:], jobs[0]]
    assert not is_locked(jobs[0].work)


def test_a_process_that_fails(table, monkeypatch):
    """Its last error is the reason; a signal is none."""
    _, _, jobs = table
    real = subprocess.Popen

    def ends(code):
        command = [sys.executable, "-c", f"import os, sys; print('x: error: too large', file=sys.stderr); {code}"]
        monkeypatch.setattr(child.subprocess, "Popen", lambda _, **kwargs: real(command, **kwargs))

    ends("sys.exit(2)")
    assert child.run_job(jobs[0]) == "too large"
    assert jobs[0].failure() == "too large"
    ends("os.abort()")
    assert child.run_job(jobs[1]) == "too large"
    ends("os.kill(os.getpid(), 15)")
    with pytest.raises(child.StoppedError):
        child.run_job(jobs[2])
    assert jobs[2].failure() is None


def test_a_reason_is_of_the_last_attempt(table, monkeypatch):
    """What earlier attempts said is not it; a traceback after an error line is."""
    _, _, jobs = table
    real = subprocess.Popen

    def reason(code):
        command = [sys.executable, "-c", f"import sys; {code}"]
        monkeypatch.setattr(child.subprocess, "Popen", lambda _, **kwargs: real(command, **kwargs))
        return child.run_job(jobs[0])

    said = "print('x: error: too large', file=sys.stderr, flush=True)"
    assert reason(f"{said}; sys.exit(2)") == "too large"
    assert reason(f"{said}; raise MemoryError('of the GPU')") == "MemoryError: of the GPU"
    assert reason("print('out of disk'); sys.exit(1)") == "out of disk"
    assert reason("sys.exit(3)") == "its process ended with status 3"


def test_all_real_images_are_measured_with_where_they_are_asked_for(tmp_path, monkeypatch):
    counts = []

    class Counted:
        def __init__(self, images, metrics, network, fakes, reals, **_):
            counts.append((fakes, reals))
            raise StopIteration

    job = jobs_of(Plan("nss_table4", "smoke"), tmp_path)[0]
    monkeypatch.setattr(measuring, "load_run", lambda *_: SimpleNamespace(classes=0))
    monkeypatch.setattr(measuring, "load_images", lambda *_: None)
    monkeypatch.setattr(measuring, "Evaluation", Counted)
    for asked in ({}, {"fid_reals": "all"}, {"fid_reals": "100"}):
        plan = Plan("nss_table4", "smoke", 1, asked)
        saved = recipe_called(job.cell.recipe).settings(**plan.settings_of(job.cell))
        monkeypatch.setattr(measuring, "read_settings", lambda _, saved=saved: {"settings": saved})
        with pytest.raises(StopIteration):
            measuring.measure(plan, job)
    assert counts == [(16, 16), (16, None), (16, 100)]


def test_a_job_that_fails_names_what_goes_on_with_it(table, monkeypatch, capsys):
    def fit(*_, **__):
        raise ValueError("seven.png cannot be read")

    plan, _, jobs = table
    monkeypatch.setattr(tfnss.GAN, "fit", fit)
    with pytest.raises(SystemExit, match=r"^2$"):
        perform.perform(plan, jobs[0])
    error = capsys.readouterr().err
    assert "seven.png cannot be read; " in error
    assert error.endswith("; continue with: the same `tfnss table nss_table4` command\n")


def test_a_begun_run_goes_on_where_its_data_is_now(tmp_path, monkeypatch):
    job = jobs_of(Plan("nss_table4"), tmp_path)[0]
    job.run.mkdir(parents=True)
    (job.run / "settings.json").touch()
    told = []
    monkeypatch.setattr(execution, "execute", lambda recipe, given, mode, *_, **__: told.append((given, mode)))
    monkeypatch.setattr(measuring, "measure", lambda *_: None)
    name = Plan("nss_table4").settings_of(job.cell)["data"]
    new = str((tmp_path / "new").resolve())
    perform.perform(Plan("nss_table4", data={name: new}), job)
    perform.perform(Plan("nss_table4"), job)
    assert [given for given, _ in told] == [{"data": new}, {}]
    assert all(mode.resume and mode.change for _, mode in told)


def test_a_process_ends_when_the_other_end_of_its_pipe_is_gone():
    """Systems that tell nobody of the death of a parent have pipes too."""
    came = threading.Event()
    before = signal.signal(signal.SIGTERM, lambda *_: came.set())
    ours, theirs = os.pipe()
    try:
        perform._end_with(ours)
        time.sleep(0.2)
        assert not came.is_set()
        os.close(theirs)
        # In short waits: a signal that comes just before a wait begins does not end it.
        assert any(came.wait(0.1) for _ in range(600))
    finally:
        signal.signal(signal.SIGTERM, before)
        os.close(ours)


def start(folder, *flags):
    command = [sys.executable, "-m", "tfnss", "table", "nss_table4", *FLAGS, *flags, "--dir", str(folder)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def finished(process):
    out, _ = process.communicate(timeout=900)
    assert process.returncode == 0, out
    assert "Done: see " in out
    return out


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("undisturbed") / "table"
    out = finished(start(folder))
    assert "2 of 2 runs" in out
    assert {path.name for path in folder.iterdir()} >= {"plan.json", "table.json", "table.md", "table.html"}
    return (folder / "table.json").read_text()


def writers(folder):
    """The processes of jobs that hold their locks."""
    for lock in (folder / ".work").glob("*-seed-*/.lock"):
        words = lock.read_text().split()
        if len(words) > 1:
            yield int(words[1])


@pytest.mark.exhaustive
def test_killed_again_and_again(undisturbed, tmp_path):
    folder, dice = tmp_path / "table", random.Random(0)
    for _ in range(10):
        process = start(folder)
        time.sleep(dice.uniform(3, 14))
        process.kill()
        process.communicate()
        for pid in writers(folder):
            os.kill(pid, signal.SIGKILL)
    finished(start(folder))
    assert (folder / "table.json").read_text() == undisturbed
    assert not list(folder.rglob(".partial.*"))


@pytest.mark.slow
def test_a_job_ends_with_the_process_that_started_it(tmp_path):
    folder = tmp_path / "table"
    process = start(folder)
    deadline = time.monotonic() + 120
    while not list(writers(folder)):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    process.kill()
    process.communicate()
    while any(is_locked(lock.parent) for lock in (folder / ".work").glob("*/.lock")):
        assert time.monotonic() < deadline
        time.sleep(0.1)


@pytest.mark.slow
def test_two_processes(undisturbed, tmp_path):
    folder = tmp_path / "table"
    both = [start(folder), start(folder)]
    outs = [finished(process) for process in both]
    assert (folder / "table.json").read_text() == undisturbed
    told = [line.split(":")[0] for out in outs for line in out.splitlines() if ": fid " in line]
    assert set(told) == {"gan-celeba/seed-0", "nss-celeba/seed-0"}


@pytest.mark.slow
def test_a_cluster_whose_worker_is_killed(undisturbed, tmp_path):
    pytest.importorskip("distributed")
    folder = tmp_path / "table"
    plan = open_plan(folder, Plan("nss_table4", "smoke", 1, {"base_width": 4}), more_seeds=True)
    jobs = chosen(jobs_of(plan, folder), FLAGS[2])
    with cluster.connected(None, 2) as client:

        def kill_one():
            while not list(writers(folder)):
                time.sleep(0.1)
            pids = client.run(os.getpid)
            os.kill(next(iter(pids.values())), signal.SIGKILL)

        killer = threading.Thread(target=kill_one)
        killer.start()
        assert cluster.work_on(client, plan, folder, jobs) == {}
        killer.join()
    assert (folder / "table.json").read_text() == undisturbed


@pytest.mark.exhaustive
def test_jobs_at_a_time(undisturbed, tmp_path):
    pytest.importorskip("distributed")
    finished(start(tmp_path / "table", "--jobs", "2"))
    assert (tmp_path / "table" / "table.json").read_text() == undisturbed
