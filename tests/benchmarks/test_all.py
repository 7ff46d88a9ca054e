import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import all as everything

BENCHMARKS = Path(everything.__file__).parent
TEXT = """2 threads

| one iteration of | library | seconds | images/s |
| --- | --- | --- | --- |
| DCGAN-64, batch 128 | graph | 1.5 | 85 |
| DCGAN-64, batch 128 | XLA | 1.2 |  |

| FID | value |
| --- | --- |
| streamed | 3e-7 |
"""


def test_every_benchmark_is_run():
    scripts = {path.stem for path in BENCHMARKS.glob("*.py") if "__main__" in path.read_text()}
    assert scripts == {*everything.NAMES, "all"}


def test_the_rows_of_all_tables():
    assert everything.figures_of(TEXT) == {
        "one iteration of: DCGAN-64, batch 128, graph": "seconds 1.5; images/s 85",
        "one iteration of: DCGAN-64, batch 128, XLA": "seconds 1.2",
        "FID: streamed": "value 3e-7",
    }
    with pytest.raises(ValueError, match="two rows"):
        everything.figures_of(TEXT + "| streamed | 4e-7 |\n")


def test_a_page_is_read_as_it_was_written():
    machines = {"CPU": "a CPU, 2 cores", "GPU": "a GPU"}
    figures = {"CPU": {("parts", "a: b"): "seconds 1"}, "GPU": {("parts", "a: b"): "seconds 0.1", ("data", "c"): "2"}}
    assert everything.read(everything.page(machines, figures)) == (machines, figures)
    assert everything.page(machines, figures).startswith("CPU: a CPU, 2 cores · GPU: a GPU\n")


@pytest.fixture
def scripted(monkeypatch):
    """Benchmarks that give set figures, or fail."""
    results = {"parts": ({("parts", "a"): "1"}, ""), "data": ({}, "status 1: ValueError: no data"), "augment": ({}, "")}
    monkeypatch.setattr(everything, "run", lambda name, quick: results[name])
    monkeypatch.setattr(everything, "machine", lambda: ("GPU", "a new GPU"))


def test_the_other_column_and_the_other_benchmarks_stay(scripted, tmp_path, capsys):
    path = tmp_path / "results.md"
    old = {("parts", "a"): "9", ("resample", "b"): "8"}
    path.write_text(everything.page({"CPU": "a CPU", "GPU": "an old GPU"}, {"CPU": old, "GPU": old}))
    assert everything.main(["--only", "parts", "--output", str(path)]) == 0
    assert everything.read(path.read_text()) == (
        {"CPU": "a CPU", "GPU": "a new GPU"},
        {"CPU": old, "GPU": {("parts", "a"): "1", ("resample", "b"): "8"}},
    )


def test_a_failure_is_told_and_the_others_run(scripted, capsys):
    assert everything.main(["--only", "data", "parts"]) == 1
    out, err = capsys.readouterr()
    assert "| data | failed |  | status 1: ValueError: no data |" in out
    assert "| parts | a |  | 1 |" in out
    assert "CPU: not measured yet · GPU: a new GPU" in out
    assert "failed: data" in err


def test_another_file_is_left_alone(scripted, tmp_path, capsys):
    path = tmp_path / "notes.md"
    path.write_text("my notes\n")
    with pytest.raises(SystemExit) as stopped:
        everything.main(["--only", "parts", "--output", str(path)])
    assert stopped.value.code == 2
    assert path.read_text() == "my notes\n"
    assert "is no table of this command" in capsys.readouterr().err


def test_what_a_failing_process_says(monkeypatch, tmp_path):
    (tmp_path / "benchmarks").mkdir()
    (tmp_path / "benchmarks" / "__init__.py").touch()
    (tmp_path / "benchmarks" / "broken.py").write_text("print('| a | b |')\nraise ValueError('such | as this')\n")
    (tmp_path / "benchmarks" / "silent.py").write_text("print('nothing to measure')\n")
    monkeypatch.setattr(everything, "_ROOT", tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert everything.run("broken", quick=True) == ({}, "status 1: ValueError: such / as this")
    assert everything.run("silent", quick=False) == ({("silent", ""): "nothing to measure"}, "")


def test_help_names_the_benchmarks():
    command = [sys.executable, "-m", "benchmarks.all", "--help"]
    result = subprocess.run(command, cwd=BENCHMARKS.parent, capture_output=True, text=True, check=True)
    assert "sngan_rivals" in result.stdout
