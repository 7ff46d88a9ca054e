"""The usage of resolutions over a training."""

import keras
import numpy as np
import pytest
from PIL import Image

from recipes.stylegan2_photos64 import RECIPE
from tests.training.networks import tiny_gan
from tfnss.analysis import band_usage, resolution_usage
from tfnss.running import usage
from tfnss.running.command_line import main
from tfnss.running.stored import load_run
from tfnss.training.callbacks import read_history


@pytest.fixture
def few(monkeypatch):
    monkeypatch.setattr(usage.RecordUsage.__init__, "__defaults__", (4,))


@pytest.mark.slow
def test_recorded_and_drawn_of_a_run(few, tmp_path):
    run = tmp_path / "run"
    main(RECIPE, ["--smoke", "--resolution", "8", "--usage-every", "0.032", "--run-dir", str(run)])
    rows = read_history(run / "history.csv")
    assert [row["kimg"] for row in rows] == [0.032, 0.064]
    for row in rows:
        assert row["usage_4"] + row["usage_8"] == pytest.approx(1)
    found = resolution_usage(load_run(run), 4, batch_size=8)
    assert {4: rows[-1]["usage_4"], 8: rows[-1]["usage_8"]} == pytest.approx(found, rel=1e-4)
    with Image.open(run / "usage.png") as picture:
        assert np.asarray(picture).std() > 0
    assert "<figcaption>usage.png" in (run / "report.html").read_text()


def test_octaves_where_there_is_one_rgb_layer():
    gan = tiny_gan(size=8)
    found = usage.shares(gan.generator_ema, 4)
    expected = band_usage([gan.generate(4, batch_size=8)])
    assert found == pytest.approx({f"octave_{resolution}": share for resolution, share in expected.items()})


def test_every_so_many_images_and_at_the_end(monkeypatch):
    monkeypatch.setattr(usage, "shares", lambda generator, count: {"usage_4": 1.0})
    gan = tiny_gan(size=8)
    gan.compile(jit_compile=False)
    images = np.zeros((8, 8, 8, 3), np.uint8)
    seen = []
    note = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: seen.append("usage_4" in logs))
    gan.fit(images, epochs=5, batch_size=4, callbacks=[usage.RecordUsage(0.016), note], verbose=0)
    assert seen == [False, True, False, True, True]


def test_a_run_does_not_fail_for_it(monkeypatch):
    def failing(generator, count):
        raise ValueError("constant outputs")

    monkeypatch.setattr(usage, "shares", failing)
    gan = tiny_gan(size=8)
    gan.compile(jit_compile=False)
    images = np.zeros((8, 8, 8, 3), np.uint8)
    with pytest.warns(UserWarning, match=r"left out at 0.008 kimg: constant outputs"):
        gan.fit(images, epochs=1, batch_size=4, callbacks=[usage.RecordUsage(0.001)], verbose=0)


def test_bad_numbers(tmp_path, capsys):
    with pytest.raises(ValueError, match="`every_kimg` must be above 0"):
        usage.RecordUsage(0)
    with pytest.raises(SystemExit):
        main(RECIPE, ["--smoke", "--usage-every", "-1", "--run-dir", str(tmp_path / "run")])
    assert "--usage-every must be at least 0" in capsys.readouterr().err
