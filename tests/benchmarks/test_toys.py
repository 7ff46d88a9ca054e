"""Every benchmark at toy sizes: that it runs and prints its table, and nothing of its times."""

import importlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks import all as everything
from benchmarks import cost_at_scale, dcgan_rivals, memory, rivals

ROOT = Path(everything.__file__).parents[1]
LONG = {"compile_time", "data", "parts", "sngan_rivals", "stylegan2_step"}  # most of a minute each
ELSEWHERE = {"networks_jax", "cost_at_scale"}  # have tests of their own


@pytest.fixture(autouse=True)
def threads_stay(monkeypatch):
    """TensorFlow's threads are settled in this process."""
    monkeypatch.setattr("benchmarks.command_line.use_threads", lambda count: None)


@pytest.fixture
def at_once(monkeypatch):
    """What is for a process of its own is called in this one, which takes no seconds to start."""
    monkeypatch.setattr(memory, "in_own_process", lambda function, *arguments: function(*arguments))


@pytest.mark.usefixtures("plain_graphs")
@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=pytest.mark.exhaustive if name in LONG else pytest.mark.slow)
        for name in sorted(set(everything.NAMES) - ELSEWHERE)
    ],
)
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
        assert set(names[3:]) == {"over PyTorch's", "MB at the peak", "MB later"}  # a toy may need no memory to compare


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


@pytest.mark.slow
def test_the_tables_of_a_page_are_replaced(at_once, tmp_path, capsys):
    page = tmp_path / "memory.md"
    page.write_text(f"before\n{cost_at_scale.BEGIN}\nold\n{cost_at_scale.END}\nafter\n")
    cost_at_scale.main(["--quick", "--processes", "1", "--page", str(page)])
    text = page.read_text()
    assert text.startswith(f"before\n{cost_at_scale.BEGIN}\n\n| counted and measured")
    assert text.endswith(f"|\n\n{cost_at_scale.END}\nafter\n")
    assert "old" not in text
    tables = everything.figures_of(text)
    assert {what.partition(":")[0] for what in tables} == {
        "counted and measured",
        "config f at",
        "config",
        "devices, 8x8",
    }


def test_a_page_without_a_place_for_tables(tmp_path, capsys):
    page = tmp_path / "notes.md"
    page.write_text("my notes\n")
    with pytest.raises(SystemExit):
        cost_at_scale.main(["--page", str(page)])
    assert page.read_text() == "my notes\n"
    assert "has no lines" in capsys.readouterr().err
