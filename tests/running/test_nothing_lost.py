"""Whatever ends a run, it goes on from there to the weights of the undisturbed run, bit for bit."""

import contextlib
import errno
import os
import re
import signal
import subprocess
import sys
import threading
import time

import h5py
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

import tfnss
from recipes.dcgan_photos import RECIPE
from tfnss import locks, plots
from tfnss.commands.evaluate import main as evaluate
from tfnss.metrics import results
from tfnss.processes import END_SIGNALS
from tfnss.running import fitting, folder, lock, stopping
from tfnss.running.command_line import main
from tfnss.training.callbacks import read_history


@pytest.fixture(scope="module", autouse=True)
def _plain():
    """Without pictures, pages and models, which take half of the time and are tested elsewhere."""
    with pytest.MonkeyPatch.context() as patch:
        for place, name in (
            (plots, "save_curves"),
            (fitting, "write_report"),
            (fitting, "try_nearest"),
            (tfnss.GAN, "export"),
        ):
            patch.setattr(place, name, lambda *_, **__: None)
        yield


@pytest.fixture(scope="module")
def flags(tmp_path_factory):
    """10 iterations of 8 images, of which 5 make a tick."""
    folder = tmp_path_factory.mktemp("images")
    for index in range(16):
        pixels = np.random.default_rng(index).integers(0, 256, (32, 32, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"{index:02d}.png")
    length = ["--kimg", "0.08", "--checkpoint-every", "0.04"]
    return ["--smoke", "--base-width", "4", "--nss", "--data", str(folder), *length]


def state(path):
    """All numbers of a checkpoint, by name."""
    numbers = {}
    with h5py.File(path) as file:
        file.visititems(lambda name, item: numbers.update({name: item[()]} if isinstance(item, h5py.Dataset) else {}))
    assert len(numbers) > 20
    return numbers


def assert_same_run(one, two):
    """The same checkpoints; and the same losses, but for rows of an epoch in pieces."""
    first, second = (state(run / "checkpoint.weights.h5") for run in (one, two))
    assert first.keys() == second.keys()
    for name in first:
        np.testing.assert_array_equal(first[name], second[name], err_msg=name)
    rows = [{row["kimg"]: row["d_loss"] for row in read_history(run / "history.csv")} for run in (one, two)]
    assert rows[0].keys() <= rows[1].keys()
    if rows[0].keys() == rows[1].keys():
        assert rows[0] == rows[1]


def clock(run):
    return int(state(run / "checkpoint.weights.h5")["vars/0"])


def leftovers(run):
    """What should not outlive a process."""
    return [path for path in run.rglob(".*") if path.is_file()]


@pytest.fixture(scope="module")
def start(flags):
    """Begins a run at a place, with further flags."""
    return lambda run, *more: main(RECIPE, [*flags, *more, "--run-dir", str(run)])


@pytest.fixture(scope="module")
def whole(start, tmp_path_factory):
    """The undisturbed run."""
    run = tmp_path_factory.mktemp("whole") / "run"
    start(run)
    return run


def resume(run, *flags):
    main(RECIPE, ["--resume", "--run-dir", str(run), *flags])


def ends(status, function, *arguments):
    with pytest.raises(SystemExit) as end:
        function(*arguments)
    assert end.value.code == status


def at(images, do, monkeypatch, moment="on_train_batch_end"):
    """Does something when so many images are seen."""

    def hook(self, *_, **__):
        if int(self.model.images_seen.numpy()) == images:
            do(self.model)

    monkeypatch.setattr(fitting.StopWhenDiverged, moment, hook)


# Its arguments: what to do at which moment, and the recipe's.
_DISTURBED = """
import os, runpy, signal, sys
from tfnss.console import start_tensorflow

start_tensorflow()
import tests.conftest
from tfnss.training.callbacks.samples import SampleGrid
from tfnss.training.callbacks.status import StatusLine

def kill(*_):
    os.kill(os.getpid(), signal.SIGKILL)

def write_and_kill(self, content):
    saved.append(1)
    if len(saved) == 2:
        with open(self, "wb") as file:
            file.write(content[: len(content) // 2])
            file.flush()
            kill()
    return write_bytes(self, content)

def terminate(self, batch, logs=None):
    if batch == 2:
        signal.raise_signal(signal.SIGTERM)

if sys.argv[1] == "in the middle of the second checkpoint":
    import pathlib
    saved, write_bytes = [], pathlib.Path.write_bytes
    pathlib.Path.write_bytes = write_and_kill
elif sys.argv[1] == "between row and checkpoint":
    SampleGrid.on_epoch_end = kill
else:
    StatusLine.on_train_batch_begin = terminate
sys.argv[1:] = sys.argv[2:]
runpy.run_module("recipes.dcgan_photos", run_name="__main__", alter_sys=True)
"""


def disturbed(moment, *arguments):
    command = [sys.executable, "-c", _DISTURBED, moment, *arguments]
    return subprocess.run(command, check=False, capture_output=True, text=True)


@pytest.mark.slow
def test_a_killed_and_a_stopped_process_leave_the_run(whole, flags, tmp_path):
    run = tmp_path / "run"
    place = ["--run-dir", str(run)]
    assert disturbed("in the middle of the second checkpoint", *flags, *place).returncode == -signal.SIGKILL
    assert clock(run) == 40
    assert leftovers(run)
    assert disturbed("between row and checkpoint", "--resume", *place).returncode == -signal.SIGKILL
    assert [row["kimg"] for row in read_history(run / "history.csv")] == [0.04, 0.08]
    assert clock(run) == 40
    ended = disturbed("on SIGTERM", "--resume", *place)
    assert ended.returncode == 0
    assert (
        f"Stopped at 0.064 kimg; continue with: python -m recipes.dcgan_photos --resume --run-dir {run}" in ended.stdout
    )
    assert ended.stderr == ""
    assert clock(run) == 64
    resume(run)
    assert_same_run(whole, run)
    assert leftovers(run) == []


@pytest.mark.slow
def test_signals_end_the_process_after_the_iteration_at_hand(whole, start, tmp_path, monkeypatch, capsys):
    run = tmp_path / "run"
    at(16, lambda gan: signal.raise_signal(signal.SIGTERM), monkeypatch)
    ends(0, start, run)
    assert clock(run) == 16
    assert "Stopped at 0.016 kimg; continue with: " in capsys.readouterr().out
    at(56, lambda gan: signal.raise_signal(signal.SIGINT), monkeypatch)
    ends(130, resume, run)
    assert clock(run) == 56
    assert "Stopped at 0.056 kimg" in capsys.readouterr().out
    assert leftovers(run) == []
    monkeypatch.undo()
    resume(run)
    assert [row["kimg"] for row in read_history(run / "history.csv")] == [0.016, 0.04, 0.056, 0.08]
    assert_same_run(whole, run)


def test_a_signal_before_training_leaves_nothing(start, tmp_path, monkeypatch, capsys):
    handlers = [signal.getsignal(number) for number in END_SIGNALS]
    monkeypatch.setattr(tfnss.data, "load", lambda *_, **__: signal.raise_signal(signal.SIGTERM))
    ends(0, start, tmp_path / "run")
    assert capsys.readouterr().out == "Stopped before training began.\n"
    assert list(tmp_path.iterdir()) == []
    assert [signal.getsignal(number) for number in END_SIGNALS] == handlers


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:the covariance of")
def test_the_last_evaluation_is_made_up_for(start, tmp_path, monkeypatch):
    run = tmp_path / "run"
    measure = tfnss.metrics.Evaluation.__call__
    interrupt = lambda *_: signal.raise_signal(signal.SIGINT)  # noqa: E731
    monkeypatch.setattr(tfnss.metrics.Evaluation, "__call__", interrupt)
    ends(130, start, run, "--kimg", "0.016", "--fid-every", "1", "--fid-images", "16")
    assert results.read(run / "metrics.jsonl") == []
    monkeypatch.setattr(tfnss.metrics.Evaluation, "__call__", measure)
    resume(run)
    (record,) = results.read(run / "metrics.jsonl")
    assert read_history(run / "history.csv")[-1]["fid"] == pytest.approx(record["fid"])


class Blocked:
    """A main thread that TensorFlow keeps busy, while signals come; `os._exit` is told instead of done."""

    def __init__(self, monkeypatch, *numbers, unsaved):
        monkeypatch.setattr(stopping, "_GRACE", 0.3)
        monkeypatch.setattr(stopping, "_TOGETHER", 0.05)
        monkeypatch.setattr(os, "_exit", self._exit)
        self.numbers, self.left, self.status = numbers, threading.Event(), None
        busy = tf.function(lambda: tf.numpy_function(self._wait, [], tf.bool))
        with pytest.raises(SystemExit), stopping.Stopping(lambda: unsaved, lambda: "", alone=False):
            busy()

    def _exit(self, status):
        self.status = status
        self.left.set()

    def _wait(self):
        for number in self.numbers:
            os.kill(os.getpid(), number)
            time.sleep(0.2)
        return np.bool_(self.left.wait(1.5))


@pytest.mark.parametrize(
    ("numbers", "unsaved", "status"),
    [
        ([signal.SIGTERM], False, 0),
        ([signal.SIGINT], False, 130),
        ([signal.SIGINT], True, None),
        ([signal.SIGINT, signal.SIGINT], True, 130),
        ([signal.SIGTERM, signal.SIGTERM], True, None),
    ],
)
def test_a_busy_main_thread_is_waited_for_while_there_is_something_to_save(numbers, unsaved, status, monkeypatch):
    assert Blocked(monkeypatch, *numbers, unsaved=unsaved).status == status


@pytest.mark.slow
def test_mishaps_leave_the_last_checkpoint(whole, start, tmp_path, monkeypatch, capsys):
    """Each in the second tick, one after the other: a full disk, lost numbers, and an image that cannot be read."""
    run = tmp_path / "run"

    def full(self, content):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def fill(gan):
        monkeypatch.setattr("pathlib.Path.write_bytes", full)

    def lose(gan):
        gan.generator.set_weights([w * np.nan for w in gan.generator.get_weights()])

    def unreadable(gan):
        raise ValueError("seven.png cannot be read")

    last = f"the last good checkpoint is {run / 'checkpoint.weights.h5'}, at 0.040 kimg; "
    again = f"continue with: python -m recipes.dcgan_photos --resume --run-dir {run}"
    begin = start
    for mishap, says, then in (
        (fill, f"No space left on device: '{run / 'checkpoint.weights.h5'}'; ", again),
        (lose, "is not finite at 0.080 kimg: training diverged; ", "start another run with a lower learning rate"),
        (unreadable, "seven.png cannot be read; ", again),
    ):
        at(48, mishap, monkeypatch)
        capsys.readouterr()
        ends(2, begin, run)
        (line,) = capsys.readouterr().err.splitlines()
        assert says + last in line
        assert line.endswith(then)
        assert clock(run) == 40
        assert leftovers(run) == []
        monkeypatch.undo()
        begin = resume
    resume(run)
    assert_same_run(whole, run)


def test_a_run_that_diverges_at_once_says_so(start, tmp_path, capsys):
    bold = ["--learning-rate", "2e9", "--loss", "least_squares", "--normalization", "none"]
    ends(2, start, tmp_path / "run", *bold, "--checkpoint-every", "0.08", "--kimg", "0.16")
    (line,) = capsys.readouterr().err.splitlines()
    assert "10 iterations in a row with a loss or gradient that is not finite" in line
    assert "no checkpoint was written yet" in line


def test_only_one_process_writes_a_run(whole, tmp_path, capsys):
    before = {path.name for path in whole.iterdir()}
    holder = f"is being written by process {os.getpid()} on "
    with lock.only_writer(whole):
        for function, arguments in (
            (resume, [whole]),
            (evaluate, [[str(whole), "--features", "embedded"]]),
        ):
            ends(2, function, *arguments)
            (line,) = capsys.readouterr().err.splitlines()
            assert f"{whole} {holder}" in line
    assert {path.name for path in whole.iterdir()} == before
    (tmp_path / ".lock").write_text("process 1 on another host")  # of a process that was killed
    with lock.only_writer(tmp_path):
        assert (tmp_path / ".lock").read_text() == f"process {os.getpid()} on {os.uname().nodename}"
    assert list(tmp_path.iterdir()) == []


def test_a_lock_that_is_removed_in_the_last_moment_does_not_count(tmp_path, monkeypatch):
    flock = locks._fcntl.flock

    def too_late(file, operation):
        monkeypatch.setattr(locks._fcntl, "flock", flock)
        (tmp_path / ".lock").unlink()
        flock(file, operation)

    monkeypatch.setattr(locks._fcntl, "flock", too_late)
    with lock.only_writer(tmp_path):
        with pytest.raises(ValueError, match="is being written"), lock.only_writer(tmp_path):
            pass
        assert (tmp_path / ".lock").exists()


def test_systems_without_locks_have_runs_too(tmp_path, monkeypatch):
    monkeypatch.setattr(locks, "_fcntl", None)
    with lock.only_writer(tmp_path), lock.only_writer(tmp_path):
        pass


def test_what_a_killed_start_leaves_is_no_run(tmp_path):
    (tmp_path / ".lock").write_text("process 1 on this host")
    (tmp_path / ".partial.settings.json").write_text("{")
    assert folder.is_free(tmp_path)
    (tmp_path / "notes.txt").write_text("precious")
    assert not folder.is_free(tmp_path)


def test_a_number_that_another_process_takes_is_not_taken_twice(tmp_path, monkeypatch):
    names = iter(["00000-a", "00001-a"])
    (tmp_path / "00000-a").mkdir()
    monkeypatch.setattr(folder, "_next_run_dir", lambda *_: tmp_path / next(names))
    with contextlib.ExitStack() as held:
        assert folder._make_run_dir(RECIPE, {}, None, held) == tmp_path / "00001-a"


@pytest.mark.slow
def test_a_run_goes_back_to_a_checkpoint_that_was_kept(start, tmp_path, capsys):
    run = tmp_path / "run"
    start(run, "--checkpoint-every", "0.024", "--keep", "2")  # ticks of 3 iterations
    kept = sorted((run / "checkpoints").iterdir())
    assert [path.name for path in kept] == ["000000072.weights.h5", "000000080.weights.h5"]
    last, rows = state(run / "checkpoint.weights.h5"), read_history(run / "history.csv")
    (run / "checkpoint.weights.h5").unlink()  # a second name of the last of these
    (run / "checkpoint.weights.h5").write_bytes(kept[1].read_bytes()[:1000])
    capsys.readouterr()
    ends(2, resume, run)
    (line,) = capsys.readouterr().err.splitlines()
    assert "checkpoint.weights.h5 is damaged" in line
    assert f"--checkpoint FILE goes back to one of {kept[0]}, {kept[1]}" in line
    resume(run, "--checkpoint", str(kept[0]))
    for name, numbers in state(run / "checkpoint.weights.h5").items():
        np.testing.assert_array_equal(numbers, last[name])
    assert [row["d_loss"] for row in read_history(run / "history.csv")] == [row["d_loss"] for row in rows]
    for more, says in (
        (["--checkpoint", str(kept[0])], "--checkpoint goes with --resume"),
        (["--keep", "0"], "--keep must be at least 1"),
    ):
        ends(2, start, tmp_path / "other", *more)
        assert says in capsys.readouterr().err


@pytest.mark.parametrize(
    ("kills", "kimg"),
    [pytest.param(2, 0.5, marks=pytest.mark.slow), pytest.param(20, 1.6, marks=pytest.mark.exhaustive)],
)
def test_kills_at_random_moments(kills, kimg, tmp_path):
    """In ticks of two iterations, so that a process spends about as long on writing files as on training."""
    flags = ["--smoke", "--base-width", "4", "--nss", "--kimg", str(kimg), "--checkpoint-every", "0.016"]
    main(RECIPE, [*flags, "--run-dir", str(tmp_path / "whole")])
    random, run = np.random.default_rng(0), tmp_path / "run"
    begin = [sys.executable, "-u", "-m", "recipes.dcgan_photos"]
    moments = []
    for _ in range(kills):
        arguments = ["--resume"] if (run / "settings.json").exists() else flags
        process = subprocess.Popen([*begin, *arguments, "--run-dir", str(run)], stdout=subprocess.PIPE, text=True)
        # From when it begins to set up the run until some ticks later.
        assert re.match("Training into", process.stdout.readline())
        time.sleep(random.uniform(0, 8))
        process.kill()
        process.communicate()
        assert process.returncode == -signal.SIGKILL
        moments.append(clock(run) if (run / "checkpoint.weights.h5").exists() else 0)
    assert moments == sorted(moments)
    print(f"images seen at each kill: {moments}")
    resume(run)
    assert_same_run(tmp_path / "whole", run)
    # What a killed process was drawing, this one, which draws nothing, does not write anew.
    undrawn = {".partial.curves.png", ".partial.report.html"}
    assert {path.name for path in leftovers(run)} <= undrawn
