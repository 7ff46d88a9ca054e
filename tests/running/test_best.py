"""`--keep-best fid`, and the export of a run that is told to stop."""

import json
import os
import signal

import keras
import pytest

import tfnss
from recipes.dcgan_photos import RECIPE
from tfnss.running import stored
from tfnss.running.command_line import main
from tfnss.running.nearest import read_nearest
from tfnss.serving import read_card
from tfnss.training.callbacks import StopWhenDiverged, read_best, read_history

FLAGS = ["--smoke", "--base-width", "4", "--kimg", "0.032", "--checkpoint-every", "0.008"]
FLAGS += ["--fid-every", "0.008", "--fid-images", "32", "--features", "embedded"]
FIDS = [9.0, 3.0, 5.0, 4.0]


@pytest.fixture
def measured(monkeypatch):
    """FIDs that are given, in place of those of the images."""
    left = list(FIDS)
    monkeypatch.setattr(tfnss.metrics.Evaluation, "__call__", lambda *_: {"fid": left.pop(0)})
    monkeypatch.setattr(tfnss.metrics.Evaluation, "prepare", lambda *_: None)


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


def test_a_run_that_goes_back_forgets_a_later_best(measured, tmp_path):
    run = tmp_path / "run"
    main(RECIPE, [*FLAGS, "--keep-best", "fid", "--keep", "4", "--kimg", "0.016", "--run-dir", str(run)])
    (run / "best.weights.h5.json").write_text(json.dumps({"metric": "fid", "value": 0.1, "images_seen": 24}))
    main(RECIPE, ["--resume", str(run)])
    assert read_best(run / "best.weights.h5") is None
    assert not (run / "best.weights.h5").exists()
    main(RECIPE, ["--resume", str(run), "--kimg", "0.024"])
    assert read_best(run / "best.weights.h5")["value"] == 5.0


def test_the_best_needs_fids(tmp_path, capsys):
    with pytest.raises(SystemExit):
        main(RECIPE, ["--smoke", "--keep-best", "fid", "--run-dir", str(tmp_path / "run")])
    assert "--fid-every" in capsys.readouterr().err


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
