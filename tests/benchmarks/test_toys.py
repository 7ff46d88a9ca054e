"""Every benchmark at toy sizes: that it runs and prints its table, and nothing of its times."""

import importlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks import all as everything
from benchmarks import dcgan_rivals, memory, rivals

ROOT = Path(everything.__file__).parents[1]
OWN_PROCESSES = {"startup", "networks_jax"}  # that have tests of their own


@pytest.fixture(autouse=True)
def threads_stay(monkeypatch):
    """TensorFlow's threads are settled in this process."""
    monkeypatch.setattr("benchmarks.command_line.use_threads", lambda count: None)


@pytest.fixture
def at_once(monkeypatch):
    """What is for a process of its own is called in this one, which takes no seconds to start."""
    monkeypatch.setattr(memory, "in_own_process", lambda function, *arguments: function(*arguments))


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(set(everything.NAMES) - OWN_PROCESSES))
def test_it_runs_at_toy_sizes(name, at_once, capsys):
    importlib.import_module(f"benchmarks.{name}").main(["--quick"])
    assert everything.figures_of(capsys.readouterr().out)


def test_ours_beside_the_rival(at_once, capsys, monkeypatch):
    pytest.importorskip("torch")
    monkeypatch.setattr(rivals, "OURS", ("tfnss, graph",))
    dcgan_rivals.main(["--quick", "--threads", "1"])
    figures = everything.figures_of(capsys.readouterr().out)
    assert [what.split(", ", 1)[1] for what in figures] == ["tfnss, graph", rivals.RIVAL]
    for figure in figures.values():
        names = [part.rpartition(" ")[0] for part in figure.split("; ")]
        assert names[:3] == ["seconds, median", "least", "images/s"]
        assert names[3:] == ["over PyTorch's", "MB at the peak", "over PyTorch's", "MB later"]


def test_memory_is_that_of_the_process():
    before = memory.used_mb()
    taken = np.ones(100_000_000, np.uint8)
    assert memory.peak_mb() >= before + 90
    del taken
    own = memory.in_own_process(memory.peak_mb)
    assert 0 < own < 10_000


def test_a_child_does_not_inherit_the_peak():
    taken = np.ones(800_000_000, np.uint8)
    command = [sys.executable, "-c", "from benchmarks import memory; print(memory.peak_mb())"]
    peak = float(subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout)
    assert peak < taken.nbytes / 1e6 / 4
