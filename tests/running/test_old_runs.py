"""A run folder of version 0.1.0, half trained: `tests/oracles/run_of_0.1.0.zip`, with the history of the whole run."""

import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tfnss.commands import entry
from tfnss.metrics import results
from tfnss.training.callbacks import read_history

ORACLE = Path(__file__).parents[1] / "oracles" / "run_of_0.1.0.zip"


@pytest.fixture
def place(tmp_path):
    with zipfile.ZipFile(ORACLE) as archive:
        archive.extractall(tmp_path)
    return tmp_path


def test_it_is_resumed_to_the_same_end(place):
    entry.main(["train", "dcgan_photos", "--resume", "--run-dir", str(place / "run")])
    ours, theirs = read_history(place / "run" / "history.csv"), read_history(place / "whole.csv")
    assert [row["kimg"] for row in ours] == [row["kimg"] for row in theirs] == [0.032, 0.064]
    for name in ("d_loss", "g_loss", "time"):  # predictions were of both halves of half batches then
        assert ours[-1][name] == pytest.approx(theirs[-1][name], abs=2e-3), name


def test_it_is_measured_and_draws_pictures(place):
    entry.main(["evaluate", str(place / "run"), "--metrics", "spectrum", "--images", "16"])
    (record,) = results.read(place / "run" / "metrics.jsonl")
    assert record["kimg"] == 0.032
    entry.main(["generate", str(place / "run"), "--seeds", "0-3", "--out", str(place / "out")])
    with Image.open(place / "out" / "grid.png") as grid:
        assert np.asarray(grid).std() > 0
    entry.main(["report", str(place / "run")])
    assert "dcgan_photos" in (place / "run" / "report.html").read_text()
