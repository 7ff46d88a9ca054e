"""A run that goes to the Hub while it is trained, or is damaged; `tests.commands.test_push` has the rest."""

import pytest

import tfnss
from recipes.dcgan_photos import RECIPE
from tests.commands.test_project import write_run
from tfnss import files
from tfnss.running import sharing
from tfnss.running.stored import load_run


@pytest.fixture
def run(tmp_path):
    write_run(RECIPE, tmp_path / "run", base_width=4)
    (tmp_path / "scratch").mkdir()
    return tmp_path / "run"


def shared(run):
    return sharing.shared_files(run, "hf://someone/faces", run.parent / "scratch")


def test_a_run_in_training_is_shared_as_of_one_moment(run, monkeypatch):
    checkpoint = run / "checkpoint.weights.h5"
    before = checkpoint.read_bytes()

    def load(*arguments):
        gan = load_run(*arguments)
        with files.replacing(checkpoint) as temporary:
            temporary.write_bytes(b"the next one")
        return gan

    monkeypatch.setattr(sharing, "load_run", load)
    monkeypatch.setattr(sharing, "read_card", lambda place: {})
    monkeypatch.setattr(sharing, "readme", lambda *_: "")
    monkeypatch.setattr(sharing, "_samples", lambda *_: b"")
    monkeypatch.setattr(tfnss.GAN, "export", lambda *_, **__: None)
    assert shared(run)["checkpoint.weights.h5"].read_bytes() == before
    assert checkpoint.read_bytes() == b"the next one"


def test_a_better_checkpoint_in_the_meantime_is_not_told_as_the_one_before(run, monkeypatch):
    (run / "checkpoint.weights.h5").rename(run / "best.weights.h5")  # of 0 images
    monkeypatch.setattr(sharing, "read_best", lambda _: {"metric": "fid", "value": 9.5, "images_seen": 500})
    with pytest.raises(ValueError, match="run has just found a better checkpoint: push it again"):
        shared(run)


def test_a_checkpoint_is_called_as_in_the_run(run):
    (run / "checkpoint.weights.h5").write_bytes(b"no weights")
    with pytest.raises(ValueError, match=r"run/checkpoint\.weights\.h5 is damaged"):
        shared(run)
    (run / "checkpoint.weights.h5").unlink()
    with pytest.raises(ValueError, match="run has no checkpoint yet"):
        shared(run)
