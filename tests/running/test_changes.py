"""Runs that go on otherwise than they began."""

import json
import shutil

import h5py
import numpy as np
import pytest
import tensorflow as tf

from recipes import dcgan_photos, r3gan_cifar10, ssd_sngan_stl10
from tests.commands.test_project import write_run
from tests.data.places import encoded, noise, write_folder
from tests.running.test_bad_input import snapshot
from tfnss.metrics import results
from tfnss.running import fitting
from tfnss.running.changes import record_changes
from tfnss.running.command_line import main
from tfnss.running.lock import only_writer
from tfnss.running.stored import load_run
from tfnss.training.callbacks import read_history

TINY = ["--smoke", "--base-width", "4", "--xla", "off"]
RECIPE = dcgan_photos.RECIPE


def weights(run):
    found = {}
    with h5py.File(run / "checkpoint.weights.h5") as file:
        file.visititems(lambda name, item: found.update({name: item[()]}) if isinstance(item, h5py.Dataset) else None)
    return found


@pytest.fixture(scope="module")
def half(tmp_path_factory):
    """5 iterations of 8 images."""
    run = tmp_path_factory.mktemp("changes") / "half"
    main(RECIPE, [*TINY, "--kimg", "0.04", "--run-dir", str(run)])
    return run


@pytest.fixture
def run(half, tmp_path):
    return shutil.copytree(half, tmp_path / "run")


def resume(run, *flags):
    main(RECIPE, ["--resume", str(run), *flags])
    return json.loads((run / "settings.json").read_text())


@pytest.mark.slow
def test_5_and_5_more_iterations_are_10(run, tmp_path):
    saved = resume(run, "--kimg", "0.08")
    assert saved["settings"]["kimg"] == 0.08
    assert saved["changes"] == [{"until_images_seen": 40, "settings": {"kimg": 0.04}}]
    main(RECIPE, [*TINY, "--kimg", "0.08", "--checkpoint-every", "0.002", "--run-dir", str(tmp_path / "whole")])
    ours, theirs = weights(run), weights(tmp_path / "whole")
    assert ours.keys() == theirs.keys()
    for name in ours:
        np.testing.assert_array_equal(ours[name], theirs[name], err_msg=name)


@pytest.mark.slow
def test_a_run_goes_on_with_other_settings(run):
    saved = resume(
        run, "--change", "--learning-rate", "0.001", "--batch-size", "20", "--kimg", "0.08", "--mirror", "on"
    )
    before = {"learning_rate": 0.0005, "batch_size": 8, "kimg": 0.04, "mirror": "off"}
    assert saved["changes"] == [{"until_images_seen": 40, "settings": before}]
    assert read_history(run / "history.csv")[-1]["kimg"] == 0.08
    rates = [value for name, value in weights(run).items() if "learning_rate" in name or value.shape == ()]
    assert any(np.isclose(rate, 0.001) for rate in rates)
    assert not any(np.isclose(rate, 0.0005, rtol=1e-3) for rate in rates)
    again = resume(run)
    assert again == saved


@pytest.mark.slow
def test_a_changed_rate_acts(run, tmp_path):
    shutil.copytree(run, tmp_path / "same")
    resume(run, "--change", "--learning-rate", "1e-9", "--kimg", "0.048")
    resume(tmp_path / "same", "--kimg", "0.048")
    moved = [
        max(np.abs(value - before[name]).max() for name, value in after.items() if name.startswith("generator/"))
        for before, after in [(weights(tmp_path / "same"), weights(run))]
    ]
    assert moved[0] > 1e-5


@pytest.mark.slow
def test_a_checkpoint_is_found_in_the_run(run, monkeypatch):
    (run / "checkpoints").mkdir()
    (run / "checkpoint.weights.h5").rename(run / "checkpoints" / "000000040.weights.h5")
    monkeypatch.setenv("HOME", str(run.parent))
    for name in ("checkpoints/000000040.weights.h5", "~/run/checkpoints/000000040.weights.h5"):
        resume(run, "--checkpoint", name)
        (run / "checkpoint.weights.h5").unlink()


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        ("--paper", "--paper is for new runs: leave it out to resume"),
        ("--smoke", "--smoke is for new runs: leave it out to resume"),
        ("--checkpoint 7.weights.h5", "7.weights.h5 is not there; the run has checkpoint.weights.h5"),
        ("--learning-rate 0.1", "add --change"),
        ("--kimg 0.01", "--kimg 0.01 contradicts the run's 0.04"),
        ("--change --base-width 8", "--base-width 8 cannot change"),
        ("--change --method nss", "--method nss cannot change"),
        ("--change --seed 3", "--seed 3 cannot change"),
        ("--change --batch-size 32", "within a batch"),
        ("--change --learning-rate 0", "--learning-rate must be above 0"),
        ("--run-dir elsewhere", "name two runs"),
    ],
)
def test_what_cannot_change(flags, says, run, capsys):
    before = (run / "settings.json").read_text()
    with pytest.raises(SystemExit) as end:
        resume(run, *flags.split())
    assert end.value.code == 2
    error = capsys.readouterr().err
    assert says in error
    assert len(error.strip().splitlines()) == 1
    assert (run / "settings.json").read_text() == before


def test_change_is_of_a_resumed_run(tmp_path, capsys):
    with pytest.raises(SystemExit):
        main(RECIPE, [*TINY, "--change", "--run-dir", str(tmp_path / "new")])
    assert "--change goes with --resume" in capsys.readouterr().err


@pytest.mark.slow
def test_the_latest_run_is_found(run, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit):
        main(RECIPE, ["--resume", "latest"])
    assert "no run of dcgan_photos is in runs/" in capsys.readouterr().err
    for name in ("00002-dcgan_photos-gan", "00010-dcgan_photos-nss", "00011-dcgan_photos2"):
        shutil.copytree(run, tmp_path / "runs" / name)
    main(RECIPE, ["--resume", "latest", "--kimg", "0.048"])
    assert "00010-dcgan_photos-nss" in capsys.readouterr().out


@pytest.mark.slow
def test_augmentation_is_switched_on(run):
    assert "augment_probability" not in read_history(run / "history.csv")[-1]
    resume(run, "--change", "--ada", "--kimg", "0.048")
    assert "augment_probability" in read_history(run / "history.csv")[-1]


# Recipe, settings at the start, and whether batches may then be of another size.
@pytest.mark.parametrize(
    ("recipe", "given", "may"),
    [
        pytest.param(ssd_sngan_stl10.RECIPE, {"method": "sngan"}, False, marks=pytest.mark.slow),
        pytest.param(ssd_sngan_stl10.RECIPE, {"method": "sngan", "decay": "none"}, True, marks=pytest.mark.slow),
        (r3gan_cifar10.RECIPE, {"decay_kimg": 1.0}, False),
        (r3gan_cifar10.RECIPE, {}, True),
    ],
)
def test_schedules_that_count_batches_keep_their_size(recipe, given, may, tmp_path):
    run = tmp_path / "run"
    write_run(recipe, run, **given)
    settings = json.loads((run / "settings.json").read_text())["settings"] | {"batch_size": 20}
    gan = recipe.build(settings)
    fitting.start(gan, settings, run, None)  # at its first image nothing is counted yet
    gan = load_run(run)
    gan.images_seen.assign(40)
    gan.save_weights(run / "checkpoint.weights.h5")
    again = recipe.build(settings)
    if may:
        fitting.start(again, settings, run, None)
        return
    with pytest.raises(ValueError, match="--batch-size 20 cannot change from the run's 8: its learning rate"):
        fitting.start(again, settings, run, None)


@pytest.fixture
def two_seeds(half, tmp_path):
    """A run of two seeds, of which the second has not begun."""
    folder = tmp_path / "seeds"
    shutil.copytree(half, folder / "seed-0")
    saved = json.loads((half / "settings.json").read_text())
    (folder / "settings.json").write_text(json.dumps(saved | {"trials": 2}))
    return folder


def test_what_one_seed_cannot_change_is_changed_nowhere(two_seeds, capsys):
    before = snapshot(two_seeds)
    with pytest.raises(SystemExit):
        resume(two_seeds, "--change", "--batch-size", "32")
    assert "within a batch" in capsys.readouterr().err
    assert snapshot(two_seeds) == before


def test_a_seed_of_another_process_is_left_to_it(two_seeds, capsys, monkeypatch):
    monkeypatch.setattr("tfnss.running.execution.train", lambda *_: {})
    (two_seeds / "seed-1").mkdir()
    with only_writer(two_seeds / "seed-1"), pytest.raises(SystemExit):
        resume(two_seeds)
    assert f"{two_seeds / 'seed-1'} is being written by process" in capsys.readouterr().err
    assert list((two_seeds / "seed-1").iterdir()) == []


def test_a_run_that_has_begun_is_shown_without_its_source(run, tmp_path, capsys):
    saved = json.loads((run / "settings.json").read_text())
    saved["settings"]["init"] = str(tmp_path / "gone")
    (run / "settings.json").write_text(json.dumps(saved))
    resume(run, "--dry-run")
    assert f'"init": "{tmp_path / "gone"}"' in capsys.readouterr().out


def test_measurements_of_a_future_that_is_left_are_dropped(run):
    for kimg in (0.016, 0.04, 0.08):
        results.append(run / "metrics.jsonl", {"kimg": kimg, "fid": 1.0})
    settings = json.loads((run / "settings.json").read_text())["settings"]
    fitting.start(fitting.build(RECIPE, settings, tf.distribute.get_strategy()), settings, run, None)
    assert [record["kimg"] for record in results.read(run / "metrics.jsonl")] == [0.016, 0.04]


def test_other_images_are_remembered_with_those_before(run):
    saved = json.loads((run / "settings.json").read_text())
    record_changes(run, saved["settings"] | {"mirror": "on"}, 40, lambda: {"count": 3})
    record_changes(run, saved["settings"] | {"mirror": "on", "data": "/other"}, 48, lambda: {"count": 3})
    changed = json.loads((run / "settings.json").read_text())
    assert changed["images"] == {"count": 3}
    first, second = changed["changes"]
    assert first == {"until_images_seen": 40, "settings": {"mirror": "off"}}
    assert second == {"until_images_seen": 48, "settings": {"data": "photos"}, "images": saved["images"]}


@pytest.mark.slow
@pytest.mark.filterwarnings("default::UserWarning")
def test_who_asks_for_other_images_is_warned_of_their_changes_alone(run, tmp_path, capsys):
    folder = write_folder(tmp_path / "other", {f"{index}.png": encoded(noise(40, 40, index)) for index in range(9)})
    saved = resume(run, "--change", "--data", str(folder))
    assert saved["images"]["count"] == 9
    resume(run)
    assert capsys.readouterr().err == ""
    (folder / "3.png").unlink()
    resume(run)
    assert "holds 8 images, not the 9 that the run began with" in capsys.readouterr().err
