"""Runs read back by their folders."""

import numpy as np

from recipes import dcgan_photos
from tests.commands.test_project import write_run
from tfnss.running import load_run


def test_a_run_is_named_by_any_kind_of_path(tmp_path, monkeypatch):
    write_run(dcgan_photos.RECIPE, tmp_path / "run", base_width=4)
    monkeypatch.setenv("HOME", str(tmp_path))
    expected = load_run(tmp_path / "run").generate(seeds=[3])
    checkpoint = "~/run/checkpoint.weights.h5"
    for named in ([str(tmp_path / "run")], ["~/run"], ["~/run", checkpoint]):
        np.testing.assert_array_equal(load_run(*named).generate(seeds=[3]), expected)
