"""What `tfnss evaluate` keeps, and what it says, of folders with any names."""

import io

import numpy as np
import pytest

from tests.data.places import encoded, noise, write_folder
from tfnss.commands import evaluate
from tfnss.metrics import results
from tfnss.running import measuring

FLAGS = ["--metrics", "spectrum", "--resolution", "16"]


def folder(path, first, extra=None):
    files = {f"{index}.png": encoded(noise(16, 16, first + index)) for index in range(4)}
    return write_folder(path, files | (extra or {}))


def test_files_that_are_passed_over_are_told(tmp_path, capsys):
    reals = folder(tmp_path / "reals", 0, {"note.txt": b"x", "small.png": encoded(noise(8, 8))})
    fakes = folder(tmp_path / "fakes", 9, {"caption.txt": b"y"})
    evaluate.main([str(fakes), *FLAGS, "--data", str(reals)])
    lines = capsys.readouterr().out.splitlines()
    assert lines[-3:] == [
        f"1 files of {fakes} are no images and were passed over: caption.txt",
        f"1 files of {reals} are no images and were passed over: note.txt",
        "1 of 5 images are smaller than 16x16 and were enlarged",
    ]
    evaluate.main([str(fakes), *FLAGS, "--data", str(fakes)])
    assert capsys.readouterr().out.count("passed over") == 1  # one set is told of once


@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
@pytest.mark.parametrize("name", ["[/old]é", "[red]", "\udcff"])
def test_any_name_is_read_printed_and_kept(name, encoding, tmp_path, monkeypatch):
    out = io.TextIOWrapper(io.BytesIO(), encoding)
    monkeypatch.setattr("sys.stdout", out)
    fakes, reals = folder(tmp_path / f"fakes {name}", 9), folder(tmp_path / f"reals {name}", 0)
    evaluate.main([str(fakes), *FLAGS, "--data", str(reals), "--out", str(tmp_path / "m.jsonl")])
    out.flush()
    shown = name.encode(encoding, "backslashreplace").decode(encoding)
    said = "".join(out.buffer.getvalue().decode(encoding).split())
    assert f"fakes{shown}:4images" in said
    assert f"against4of{tmp_path}/reals{shown}" in said
    (record,) = results.read(tmp_path / "m.jsonl")
    assert np.isfinite(record["spectral_distance_db"])


def test_a_result_is_kept_before_it_is_said(tmp_path, monkeypatch):
    def closed(*_):
        raise BrokenPipeError("nobody reads that")

    monkeypatch.setattr(measuring, "say", closed)
    fakes, reals = folder(tmp_path / "fakes", 9), folder(tmp_path / "reals", 0)
    with pytest.raises(SystemExit):
        evaluate.main([str(fakes), *FLAGS, "--data", str(reals), "--out", str(tmp_path / "m.jsonl")])
    assert len(results.read(tmp_path / "m.jsonl")) == 1
