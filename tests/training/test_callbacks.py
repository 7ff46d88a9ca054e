import contextlib
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.training.networks import tiny_gan, tiny_images
from tfnss.data import Images
from tfnss.metrics import Evaluation, results
from tfnss.metrics.networks import Outputs
from tfnss.training.callbacks import (
    Checkpoint,
    Evaluate,
    Events,
    ForPlayer,
    HistoryCSV,
    SampleGrid,
    StatusLine,
    read_history,
    restore,
)


def fit(gan, pictures, *callbacks, epochs=2, **kwargs):
    gan.fit(
        Images(tiny_images(pictures), 8), steps_per_epoch=2, epochs=epochs, callbacks=callbacks, verbose=0, **kwargs
    )


def compiled(seed=0):
    gan = tiny_gan(seed)
    gan.compile(run_eagerly=True)  # to spare compilations
    return gan


@pytest.mark.parametrize("terminal", [False, True])
def test_status_line(terminal, pictures, capsys, monkeypatch):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: terminal, raising=False)
    monkeypatch.setenv("COLUMNS", "200")
    fit(compiled(), pictures, StatusLine())
    output = capsys.readouterr().out
    assert "100%" in output
    assert "images/s" in output
    assert "0:00:00 left" in output
    assert ("━" in output) == terminal  # of the bar
    if not terminal:
        assert len(output.splitlines()) == 2


class Fail(keras.callbacks.Callback):
    """Ends training by an error, or as Ctrl-C does."""

    def __init__(self, error):
        super().__init__()
        self.error = error

    def on_train_batch_end(self, batch, logs=None):
        raise self.error


@pytest.mark.parametrize("error", [None, RuntimeError("as a callback may"), KeyboardInterrupt()])
def test_the_bar_ends_with_the_training(error, pictures, monkeypatch):
    """Else it stays on the terminal of a session that goes on, and hides its cursor."""
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    begun, ended = [], []
    monkeypatch.setattr("atexit.register", begun.append)
    monkeypatch.setattr("atexit.unregister", ended.append)
    line, live = StatusLine(), []
    look = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: live.append(line._bar))
    with contextlib.nullcontext() if error is None else pytest.raises(type(error)):
        fit(compiled(), pictures, line, look, *([] if error is None else [ForPlayer("generator", Fail(error))]))
    assert live[0].finished == (error is None)
    assert not live[0].live.is_started
    assert begun == ended == [live[0].stop]


def test_every_callback_hears_of_an_error(pictures):
    """Those of one player too."""
    heard = []

    class Listen(keras.callbacks.Callback):
        def on_train_error(self):
            heard.append(self)

    listeners = Listen(), Listen()
    with pytest.raises(RuntimeError, match="as a callback may"):
        fit(
            compiled(),
            pictures,
            listeners[0],
            ForPlayer("generator", listeners[1]),
            Fail(RuntimeError("as a callback may")),
        )
    assert heard == [*listeners]
    fit(compiled(), pictures, *listeners, epochs=1)
    assert heard == [*listeners]


def test_history_of_a_resumed_run_keeps_the_rows_up_to_its_checkpoint(pictures, tmp_path):
    path = tmp_path / "history.csv"
    gan = compiled()
    fit(gan, pictures, Checkpoint(tmp_path / "a.weights.h5"), HistoryCSV(path), epochs=2)
    first = read_history(path)
    fit(gan, pictures, HistoryCSV(path), epochs=3, initial_epoch=2)  # a row that no checkpoint holds
    resumed = compiled()
    restore(resumed, tmp_path / "a.weights.h5")
    fit(resumed, pictures, HistoryCSV(path), epochs=2, resume=True)  # nothing is left to do
    assert read_history(path) == first
    fit(resumed, pictures, HistoryCSV(path, curves=tmp_path / "curves.png"), epochs=4, initial_epoch=2)
    rows = read_history(path)
    assert rows[:2] == first
    assert [row["kimg"] for row in rows] == [0.016, 0.032, 0.048, 0.064]
    assert (tmp_path / "curves.png").exists()


def test_a_new_run_starts_a_new_history(pictures, tmp_path):
    for _ in range(2):
        fit(compiled(), pictures, HistoryCSV(tmp_path / "history.csv"))
    assert len(read_history(tmp_path / "history.csv")) == 2


def test_events_hold_scalars_and_samples(pictures, tmp_path):
    fit(compiled(), pictures, Events(tmp_path, samples=4))
    (path,) = tmp_path.iterdir()
    tags = set()
    for record in tf.data.TFRecordDataset(str(path)):
        event = tf.compat.v1.Event.FromString(record.numpy())
        tags |= {(value.tag, event.step) for value in event.summary.value}
    assert {("d_loss", 16), ("g_loss", 32), ("samples", 32)} <= tags


def test_samples_are_of_the_same_latents(pictures, tmp_path):
    gan = compiled()
    fit(gan, pictures, SampleGrid(tmp_path, pictures[:4]), epochs=1)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["fakes_000000000.png", "fakes_000000016.png", "reals.png"]


def test_restore_names_what_is_wrong(pictures, tmp_path):
    path = tmp_path / "a.weights.h5"
    with pytest.raises(ValueError, match=r"a\.weights\.h5 is not there"):
        restore(compiled(), path)
    fit(compiled(), pictures, Checkpoint(path), epochs=1)
    other = tiny_gan(latent_dim=5)
    other.compile()
    with pytest.raises(ValueError, match=r"a\.weights\.h5 is damaged or holds another model"):
        restore(other, path)


def test_checkpoint_holds_everything(pictures, tmp_path):
    path = tmp_path / "a.weights.h5"
    gan, copy = compiled(), compiled(seed=1)
    fit(gan, pictures, Checkpoint(path))
    restore(copy, path)
    for optimizer in ("generator_optimizer", "discriminator_optimizer"):
        pairs = zip(getattr(gan, optimizer).variables, getattr(copy, optimizer).variables, strict=True)
        assert all(np.array_equal(a, b) for a, b in pairs)
    for one, two in zip(gan.get_weights(), copy.get_weights(), strict=True):
        np.testing.assert_array_equal(one, two)
    assert int(copy.images_seen.numpy()) == 32


def names(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("links", [True, False])
def test_the_last_checkpoints_are_kept(links, pictures, tmp_path, monkeypatch):
    if not links:  # a file system without them
        monkeypatch.setattr("os.link", lambda *_: (_ for _ in ()).throw(OSError("no links here")))
    path, kept = tmp_path / "a.weights.h5", tmp_path / "checkpoints"
    gan = compiled()
    fit(gan, pictures, Checkpoint(path, keep=2), epochs=3)
    assert names(kept) == ["000000032.weights.h5", "000000048.weights.h5"]
    assert (kept / "000000048.weights.h5").read_bytes() == path.read_bytes()
    old = compiled()
    restore(old, kept / "000000032.weights.h5")
    assert int(old.images_seen.numpy()) == 32
    restore(old, path)  # a run that goes back keeps what it writes anew
    old.images_seen.assign(0)
    fit(old, pictures, Checkpoint(path, keep=2), epochs=1)
    assert names(kept) == ["000000016.weights.h5", "000000048.weights.h5"]
    fit(old, pictures, Checkpoint(path), epochs=1)  # no more, and no less
    assert names(kept) == ["000000016.weights.h5", "000000048.weights.h5"]
    with pytest.raises(ValueError, match="keep=0"):
        Checkpoint(path, keep=0)


def test_what_is_told_of_a_checkpoint_is_of_the_file(pictures, tmp_path):
    """Not of the model's clock, which may stand elsewhere."""
    path = tmp_path / "a.weights.h5"
    fit(compiled(), pictures, Checkpoint(path), epochs=1)
    seen = []
    for content in (path.read_bytes(), b"damaged", None):
        path.unlink() if content is None else path.write_bytes(content)
        checkpoint, gan = Checkpoint(path), compiled()
        begun = keras.callbacks.LambdaCallback(
            on_train_batch_begin=lambda batch, logs, checkpoint=checkpoint: seen.append(checkpoint.images)
        )
        gan.images_seen.assign(800)
        fit(gan, pictures, checkpoint, begun, epochs=1)
        assert checkpoint.images == 816
    assert seen == [16, 16, None, None, None, None]


@pytest.mark.parametrize("limit", [0, 1000, 5_000, 20_000])
def test_a_full_disk_leaves_the_last_checkpoint(limit, pictures, tmp_path, capfd):
    """A limit on the size of files, in bytes, takes the disk's place."""
    resource = pytest.importorskip("resource")
    path = tmp_path / "a.weights.h5"
    gan = compiled()
    fit(gan, pictures, checkpoint := Checkpoint(path), epochs=1)
    content, limits = path.read_bytes(), resource.getrlimit(resource.RLIMIT_FSIZE)
    assert len(content) > 20_000
    fill = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda *_: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limits[1]))
    )
    try:
        with pytest.raises(OSError, match=r"File too large: '.*a\.weights\.h5'") as error:
            fit(gan, pictures, fill, checkpoint, epochs=2, initial_epoch=1)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert len(str(error.value).splitlines()) == 1
    assert capfd.readouterr().err == ""
    assert path.read_bytes() == content
    assert list(tmp_path.iterdir()) == [path]
    assert (checkpoint.images, checkpoint.unsaved) == (16, True)


class _Brightness:
    """A feature network of the mean colour."""

    name, key, resize, has_classes, comparable = "brightness", "brightness", "none", False, False

    def __call__(self, images):
        return Outputs(images.mean(axis=(1, 2)).astype(np.float32))


def test_evaluation_of_a_moving_generator(pictures, tmp_path, capsys):
    """Every 40 images, at ends of epochs of 16, and at the end; its values join logs, history and status line."""

    def callbacks():
        evaluation = Evaluation(tiny_images(pictures), ("fid",), _Brightness(), fake_images=16)
        path = tmp_path / "metrics.jsonl"
        return [Evaluate(evaluation, 0.04, path), HistoryCSV(tmp_path / "history.csv"), StatusLine()]

    gan = compiled()
    fit(gan, pictures, *callbacks(), Checkpoint(tmp_path / "a.weights.h5"), epochs=4)
    lines = results.read(tmp_path / "metrics.jsonl")
    assert [line["kimg"] for line in lines] == [0.048, 0.064]
    assert lines[-1]["network"] == "brightness"
    rows = read_history(tmp_path / "history.csv")
    assert ["fid" in row for row in rows] == [False, False, True, True]
    assert rows[-1]["fid"] == pytest.approx(lines[-1]["fid"])
    expected = Evaluation(tiny_images(pictures), ("fid",), _Brightness(), fake_images=16)(gan)["fid"]
    assert lines[-1]["fid"] == pytest.approx(expected)
    assert "fid" in capsys.readouterr().out.splitlines()[-1]

    fit(gan, pictures, *callbacks(), epochs=6, initial_epoch=4)  # a future that no checkpoint holds
    resumed = compiled()
    restore(resumed, tmp_path / "a.weights.h5")
    fit(resumed, pictures, *callbacks(), epochs=5, initial_epoch=4)
    assert [line["kimg"] for line in results.read(tmp_path / "metrics.jsonl")] == [0.048, 0.064, 0.08]
    with pytest.raises(ValueError, match="every_kimg=0"):
        Evaluate(None, 0)


def test_evaluation_at_the_end_alone(pictures, tmp_path):
    evaluation = Evaluation(tiny_images(pictures), ("fid",), _Brightness(), fake_images=16)
    fit(compiled(), pictures, Evaluate(evaluation, path=tmp_path / "metrics.jsonl"), epochs=3)
    assert [line["kimg"] for line in results.read(tmp_path / "metrics.jsonl")] == [0.048]
