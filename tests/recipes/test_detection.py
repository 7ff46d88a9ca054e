"""What a stopped detection goes on with (StyleGAN2, figures 9 and 10)."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time

import pytest

from recipes import stylegan2_detection as detection
from recipes import stylegan2_photos64
from tests.recipes.test_ssd_analyses import save_untrained
from tfnss import analysis
from tfnss.running.analysis.command_line import main

pytestmark = pytest.mark.slow

FLAGS = ["--smoke", "--images", "3", "--altered", "1", "--seed", "5"]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    place = tmp_path_factory.mktemp("detection") / "run"
    save_untrained(stylegan2_photos64.RECIPE, place, resolution=8, noise="rni")
    return place


def made(run, out):
    main(detection.ANALYSIS, [str(run), *FLAGS, "--out", str(out)])
    return told(out)


def told(out):
    """The JSON file, but for the name of its picture."""
    record = json.loads(out.with_suffix(".json").read_text())
    assert record.pop("picture") == out.name
    return record


@pytest.fixture(scope="module")
def undisturbed(run, tmp_path_factory):
    return made(run, tmp_path_factory.mktemp("undisturbed") / "a.png")


def test_projects_generated_real_and_altered_images(undisturbed):
    (numbers,) = undisturbed["numbers"].values()
    assert [len(numbers[kind]) for kind in ("generated", "real", "jpeg", "halved")] == [3, 3, 1, 1]
    assert numbers["jpeg"] != numbers["generated"][:1] != numbers["halved"]
    for kind, each in numbers["altered"].items():
        assert each["median"] == numbers[kind][0]
        assert each["missed"] == (numbers[kind][0] >= numbers["threshold"])
        assert each["auc"] == sum(numbers[kind][0] < real for real in numbers["real"]) / 3
    assert any("as JPEG of quality 75: area under the curve" in line for line in undisturbed["told"])


def test_goes_on_after_an_interrupt(run, undisturbed, tmp_path, capsys, monkeypatch):
    projected, calls = analysis.project, []

    def project(*args, **kwargs):
        calls.append(1)
        if len(calls) == 5:  # in the second real image
            raise KeyboardInterrupt
        return projected(*args, **kwargs)

    monkeypatch.setattr(analysis, "project", project)
    with pytest.raises(SystemExit) as end:
        made(run, tmp_path / "b.png")
    assert end.value.code == 130
    assert [path.name for path in tmp_path.iterdir()] == [next(tmp_path.glob(".b.work-*")).name]
    assert made(run, tmp_path / "b.png") == undisturbed
    assert len(calls) == 5 + 4  # of 8
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b.json", "b.png"]


@pytest.mark.slow
def test_goes_on_after_a_kill(run, undisturbed, tmp_path):
    command = [sys.executable, "-m", "recipes.stylegan2_detection", str(run), *FLAGS, "--out", str(tmp_path / "c.png")]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    while process.poll() is None and len(list(tmp_path.glob(".c.work-*/*.npz"))) < 2:
        time.sleep(0.01)
    with contextlib.suppress(ProcessLookupError):
        os.kill(process.pid, signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    assert not (tmp_path / "c.json").exists()
    subprocess.run(command, check=True)
    assert told(tmp_path / "c.png") == undisturbed
