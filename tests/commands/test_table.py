"""`tfnss table` on bad input: status 2, one line that names the culprit and the remedy, nothing written or lost."""

import numpy as np
import pytest
from PIL import Image

from tfnss.commands import entry
from tfnss.running.table import working
from tfnss.running.table.plan import Plan, open_plan

pytest.importorskip("distributed")

SILENT = "does not answer"
CASES = [
    ("nss_tabel4", "nss_tabel4 is not a recipe (did you mean nss_table4?)"),
    ("dcgan_photos", "dcgan_photos is no table: `tfnss recipes` lists them"),
    ("nss_table4 --cells nobody", "--cells nobody selects nothing; there are dragan-celeba, dragan-church"),
    ("nss_table4 --cells ,", "--cells , selects nothing"),
    ("nss_table4 --smoke --miniature", "not allowed with argument"),
    ("nss_table4 --smoke --seeds 0", "--seeds must be at least 1"),
    ("nss_table4 --smoke --seeds many", "argument --seeds: invalid int value"),
    ("nss_table4 --smoke --jobs 0", "--jobs must be at least 1"),
    ("nss_table4 --smoke --jobs 1 --scheduler tcp://127.0.0.1:1", "leave one out"),
    ("nss_table4 --smoke --set nonsense", "--set nonsense: write NAME=VALUE"),
    ("nss_table4 --smoke --set nonsense=1", "--set nonsense: the table's recipes have no such setting"),
    ("nss_table4 --smoke --set kimg=", "--set kimg=: write NAME=VALUE"),
    ("nss_table4 --smoke --set kimg=many", "--set kimg: many is no float"),
    ("nss_table4 --smoke --set kimg=1e309", "--kimg must be a number, and smaller than 2**31. Received: inf"),
    ("nss_table4 --smoke --set batch_size=0", "--batch-size must be above 0. Received: 0"),
    ("nss_table4 --smoke --set method=sgan", "--set method: sgan is none of gan"),
    ("nss_table4 --smoke --set channels=2", "--set channels: 2 is none of 1, 3, 4"),
    ("nss_table4 --smoke --set seed=3", "--set seed: the table chooses it"),
    ("nss_table4 --smoke --set data=good", "--set data: the table chooses it"),
    ("stylegan2_table1 --smoke --set keep_best=none", "--set keep_best: stylegan2_table1 measures the best checkpoint"),
    ("nss_table4 --smoke --data celeb_a=good", "--data celeb_a: the table has photos"),
    ("nss_table4 --data nonsense", "--data nonsense: write NAME=VALUE"),
    ("nss_table4 --data nonsense=good", "--data nonsense: the table has celeb_a"),
    ("nss_table4 --data celeb_a=missing", "--data celeb_a: missing is not there"),
    ("nss_table4 --smoke --dir other", "other is not empty and holds no table: name another --dir"),
    ("nss_table4 --smoke --dir good", "good is not empty and holds no table"),
    ("nss_table4 --smoke --dir file", "file"),
    ("nss_table4 --smoke --dir file/under", "file"),
    ("nss_table4 --smoke --dir table", "table holds the table nss_table1, not nss_table4: name another --dir"),
    ("nss_table1 --miniature --dir table", "table holds the kind smoke, not miniature"),
    ("nss_table1 --smoke --set kimg=1 --dir table", "table holds the settings {}"),
    ("nss_table4 --smoke --dir damaged", "plan.json is damaged"),
    ("nss_table4 --smoke --scheduler tcp://127.0.0.1:1", SILENT),
    ("nss_table4 --smoke --scheduler tcp://127.0.0.1:999999", SILENT),
    ("nss_table4 --smoke --scheduler nobody-at-home", SILENT),
    ("nss_table4 --smoke --scheduler http://127.0.0.1:1", SILENT),
    ("nss_table4 --smoke --scheduler tls://127.0.0.1:1", "Dask has no certificates for TLS"),
    ("nss_table4 --smoke --scheduler=", SILENT),
]


@pytest.fixture
def place(tmp_path, monkeypatch):
    """The working directory: a table, and other things."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(working, "work", lambda *_: pytest.fail("nothing is to be trained"))
    open_plan(tmp_path / "table", Plan("nss_table1", "smoke"), more_seeds=False)
    for folder in ("good", "other", "damaged"):
        (tmp_path / folder).mkdir()
    Image.fromarray(np.zeros((20, 20, 3), np.uint8)).save(tmp_path / "good" / "0.png")
    (tmp_path / "other" / "thesis.txt").write_text("precious")
    (tmp_path / "damaged" / "plan.json").write_text('{"table": "nss_table4", "kind"')
    (tmp_path / "file").write_text("a file")
    return tmp_path


@pytest.mark.parametrize(("flags", "says"), CASES)
def test_one_line_and_nothing_written(flags, says, place, capsys):
    before = {path: path.read_bytes() if path.is_file() else None for path in place.rglob("*")}
    with pytest.raises(SystemExit, match=r"^2$"):
        entry.main(["table", *flags.split()])
    error = capsys.readouterr().err
    assert says in error
    assert error.startswith("tfnss table: error: ")
    assert error.count("\n") == 1
    assert {path: path.read_bytes() if path.is_file() else None for path in place.rglob("*")} == before
