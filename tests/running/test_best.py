"""`--keep-best fid`, and the export of a run that is told to stop."""

import itertools
import json
import os
import signal

import keras
import pytest

import tfnss
from recipes.dcgan_photos import RECIPE
from tests.training.networks import tiny_gan
from tfnss.running import stored
from tfnss.running.command_line import main
from tfnss.running.nearest import read_nearest
from tfnss.serving import read_card
from tfnss.training.callbacks import Checkpoint, KeepBest, StopWhenDiverged, read_best, read_history
from tfnss.training.callbacks.checkpoint import images_at

FLAGS = ["--smoke", "--base-width", "4", "--kimg", "0.032", "--checkpoint-every", "0.008"]
FLAGS += ["--fid-every", "0.008", "--fid-images", "32", "--features", "embedded"]
FIDS = [9.0, 3.0, 5.0, 4.0]


@pytest.fixture
def measured(monkeypatch):
    """FIDs that are given, in place of those of the images."""
    left = list(FIDS)
    monkeypatch.setattr(tfnss.metrics.Evaluation, "__call__", lambda *_: {"fid": left.pop(0)})
    monkeypatch.setattr(tfnss.metrics.Evaluation, "prepare", lambda *_: None)


@pytest.mark.slow
def test_the_lowest_is_kept_and_exported(measured, tmp_path):
    run = tmp_path / "run"
    main(RECIPE, [*FLAGS, "--keep-best", "fid", "--run-dir", str(run)])
    assert read_best(run / "best.weights.h5") == {"metric": "fid", "value": 3.0, "images_seen": 16}
    assert int(stored.load_run(run, run / "best.weights.h5").images_seen.numpy()) == 16
    assert int(stored.load_run(run).images_seen.numpy()) == 32
    card = read_card(run / "saved_model")
    assert (card["images_seen"], card["best"]["value"], card["metrics"]["fid"]) == (16, 3.0, 3.0)
    assert read_nearest(run / "nearest.png")["kimg"] == 0.016
    exported, best = stored.exported_model(run), stored.load_run(run, run / "best.weights.h5")
    ours = exported.image(exported.code(3)).astype(int)
    assert abs(ours - best.generate(seeds=[3])[0]).max() <= 1


@pytest.mark.slow
def test_a_run_that_goes_back_forgets_a_later_best(measured, tmp_path):
    run = tmp_path / "run"
    main(RECIPE, [*FLAGS, "--keep-best", "fid", "--keep", "4", "--kimg", "0.016", "--run-dir", str(run)])
    (run / "best.weights.h5.json").write_text(json.dumps({"metric": "fid", "value": 0.1, "images_seen": 24}))
    main(RECIPE, ["--resume", str(run)])
    assert read_best(run / "best.weights.h5") is None
    assert not (run / "best.weights.h5").exists()
    main(RECIPE, ["--resume", str(run), "--kimg", "0.024"])
    assert read_best(run / "best.weights.h5")["value"] == 5.0


class Killed(BaseException):
    """What nothing catches."""


def two_epochs(checkpoint, best):
    """Two checkpoints, of which the second is better, as `fit` has the callbacks in turn."""
    gan, keep, save = tiny_gan(), KeepBest(checkpoint, best), Checkpoint(checkpoint)
    gan.save_weights(checkpoint)
    for callback in (keep, save):
        callback.set_model(gan)
        callback.on_train_begin()
    for epoch, (seen, fid) in enumerate(((8, 5.0), (16, 3.0))):
        keep.on_epoch_begin(epoch)
        gan.images_seen.assign(seen)
        keep.on_epoch_end(epoch, {"fid": fid})
        save.on_epoch_end(epoch)
    keep.on_train_end()


OLD, NEW = ({"metric": "fid", "value": value, "images_seen": seen} for value, seen in ((5.0, 8), (3.0, 16)))


# Each replacement of a file, before it and after: the words, the checkpoint and the best of the first epoch, then of the
# second. What is told then, and what is the best of the resumed run.
@pytest.mark.parametrize(
    ("replacement", "after", "told", "found"),
    [
        (0, False, None, None),
        (0, True, None, None),
        (1, False, None, None),
        (1, True, None, OLD),
        (2, False, None, OLD),
        (2, True, OLD, OLD),
        (3, False, OLD, OLD),
        (3, True, OLD, OLD),
        (4, False, OLD, OLD),
        (4, True, OLD, NEW),
        (5, False, OLD, NEW),
        (5, True, NEW, NEW),
    ],
)
def test_a_kill_at_any_moment_leaves_the_best_and_what_is_told_of_it(
    replacement, after, told, found, tmp_path, monkeypatch
):
    checkpoint, best = tmp_path / "checkpoint.weights.h5", tmp_path / "best.weights.h5"
    replace, numbers = os.replace, itertools.count()

    def killed(source, target):
        number = next(numbers)
        if number < replacement or after:
            replace(source, target)
        if number == replacement:
            raise Killed

    monkeypatch.setattr(os, "replace", killed)
    with pytest.raises(Killed):
        two_epochs(checkpoint, best)
    monkeypatch.undo()
    assert read_best(best) == told

    gan, keep = tiny_gan(), KeepBest(checkpoint, best)
    gan.load_weights(checkpoint)
    keep.set_model(gan)
    keep.on_train_begin()
    assert keep.best == read_best(best) == found
    assert best.exists() == (found is not None)
    if found is not None:
        assert images_at(best) == found["images_seen"]
        written = json.loads((tmp_path / "best.weights.h5.json").read_text())
        assert {name: written[name] for name in found} == found


def test_the_best_may_be_kept_after_the_checkpoint_is_saved(tmp_path):
    gan, path = tiny_gan(), tmp_path / "checkpoint.weights.h5"
    keep = KeepBest(path, tmp_path / "best.weights.h5")
    keep.set_model(gan)
    keep.on_train_begin()
    gan.images_seen.assign(16)
    gan.save_weights(path)
    keep.on_epoch_end(0, {"fid": 3.0})
    assert read_best(tmp_path / "best.weights.h5") == NEW
    for worse in (4.0, float("nan"), None):
        gan.images_seen.assign_add(8)
        path.unlink()
        gan.save_weights(path)
        keep.on_epoch_end(0, {"fid": worse})
        assert read_best(tmp_path / "best.weights.h5") == NEW
    gan.images_seen.assign(16)
    keep.on_train_begin()  # the checkpoint is another one
    assert keep.best == NEW


def test_a_checkpoint_that_is_damaged_is_named(tmp_path):
    two_epochs(tmp_path / "checkpoint.weights.h5", tmp_path / "best.weights.h5")
    assert read_best(tmp_path / "best.weights.h5") == NEW
    (tmp_path / "best.weights.h5").write_bytes(b"nothing")
    with pytest.raises(ValueError, match=r"best\.weights\.h5 is damaged"):
        read_best(tmp_path / "best.weights.h5")


def test_the_best_needs_fids(tmp_path, capsys):
    with pytest.raises(SystemExit):
        main(RECIPE, ["--smoke", "--keep-best", "fid", "--run-dir", str(tmp_path / "run")])
    assert "--fid-every" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.parametrize(("number", "exports"), [(signal.SIGTERM, True), (signal.SIGINT, False)])
def test_a_run_that_is_told_to_stop_exports(number, exports, tmp_path, monkeypatch):
    """Ctrl-C does not: who is at the keyboard resumes it."""
    batch_end = StopWhenDiverged.on_train_batch_end

    def stop(self, batch, logs=None):
        batch_end(self, batch, logs)
        if int(self.model.images_seen.numpy()) == 16:
            os.kill(os.getpid(), number)

    monkeypatch.setattr(StopWhenDiverged, "on_train_batch_end", stop)
    run = tmp_path / "run"
    with pytest.raises(SystemExit):
        main(RECIPE, ["--smoke", "--base-width", "4", "--run-dir", str(run)])
    assert read_history(run / "history.csv")[-1]["kimg"] == 0.016
    assert (run / "saved_model" / "saved_model.pb").exists() is exports
    keras.utils.clear_session()
