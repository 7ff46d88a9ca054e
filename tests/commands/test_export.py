import json
import re
import shutil
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

from models import StyleGAN2
from recipes.dcgan_photos import RECIPE
from tests.running.test_bad_input import snapshot
from tfnss.commands import export
from tfnss.random.stateless import sampling_latents
from tfnss.running import load_run, stored
from tfnss.running.command_line import main as train
from tfnss.running.lock import only_writer
from tfnss.serving import exported, read_card

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A run with two checkpoints, and what is none."""
    place = tmp_path_factory.mktemp("export")
    train(RECIPE, ["--smoke", "--base-width", "4", "--keep", "2", "--run-dir", str(place / "run")])
    shutil.copytree(place / "run", place / "untrained", ignore=shutil.ignore_patterns("checkpoint*"))
    shutil.copytree(place / "run", place / "seeds" / "seed-0")
    settings = json.loads((place / "run" / "settings.json").read_text())
    (place / "seeds" / "settings.json").write_text(json.dumps(settings | {"trials": 1}))
    (place / "empty").mkdir()
    (place / "taken").mkdir()
    (place / "taken" / "thesis.txt").write_text("precious")
    (place / "taken.onnx").write_text("precious")
    StyleGAN2(8, latent_dim=6, channel_base=32, channel_max=4, mapping_layers=1).save_weights(
        place / "other.weights.h5"
    )
    (place / "torn.weights.h5").write_bytes((place / "run" / "checkpoint.weights.h5").read_bytes()[:999])
    return place


@pytest.fixture
def run(place, tmp_path):
    """A copy of the run, to export in."""
    shutil.copytree(place / "run", tmp_path / "run")
    return tmp_path / "run"


def checkpoints(run):
    """Those that are kept, the oldest first."""
    return sorted((run / "checkpoints").iterdir())


def call(run, *flags):
    export.main([str(run), *map(str, flags)])


def images(file, latents):
    interpreter = tf.lite.Interpreter(str(file))
    return interpreter.get_signature_runner()(latents=latents)["images"]


def test_the_saved_model_of_a_run_is_replaced(run, capsys):
    first = (run / "saved_model" / "model_card.json").read_text()
    shutil.rmtree(run / "saved_model")
    call(run)
    assert json.loads((run / "saved_model" / "model_card.json").read_text()) == json.loads(first)
    lines = capsys.readouterr().out.splitlines()
    width = json.loads(first)["latent_dim"]
    assert lines[0] == f"{run / 'saved_model'}: the average after {json.loads(first)['images_seen']} images"
    size = json.loads(first)["resolution"][0]
    assert lines[1] == f"  serving_default: latents float32 [count, {width}] -> images uint8 [count, {size}, {size}, 3]"
    assert not (run / "exports").exists()
    (run / "saved_model" / "leftover").write_text("of an older export")
    call(run)
    assert not (run / "saved_model" / "leftover").exists()


@pytest.mark.filterwarnings("ignore:.*tf.lite.Interpreter is deprecated")
def test_another_checkpoint_is_another_model(run, capsys, monkeypatch):
    older, newest = checkpoints(run)
    seen = [int(re.match(r"\d+", path.name)[0]) for path in (older, newest)]
    records = [{"kimg": count / 1000, "fid": float(count)} for count in seen]
    (run / "metrics.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))
    call(run, "--format", "litert")
    call(run, "--format", "litert", "--checkpoint", f"checkpoints/{older.name}")
    files = [run / "exports" / f"{count:09d}.tflite" for count in (seen[1], seen[0])]
    said = capsys.readouterr().out
    assert all(f"{file}: the average after" in said for file in files)
    latents = sampling_latents(3, read_card(files[0])["latent_dim"], 1).numpy()
    found = [images(file, latents) for file in files]
    for file, checkpoint, shown in zip(files, (newest, older), found, strict=True):
        gan = load_run(run, checkpoint)
        reference = np.clip(np.round((gan(latents).numpy() + 1) * 127.5), 0, 255)
        assert np.abs(shown - reference).max() <= 1
        count = int(gan.images_seen.numpy())
        card = read_card(file)
        assert (card["images_seen"], card["metrics"]["fid"]) == (count, count)
        assert (card["name"], card["recipe"]) == ("run", "dcgan_photos")
    assert (found[0] != found[1]).any()
    monkeypatch.chdir(run / "checkpoints")  # a path of the working directory is one too
    call(run, "--checkpoint", older.name)
    assert read_card(run / "exports" / f"{seen[0]:09d}")["images_seen"] == seen[0]
    assert exported.load(run / "exports" / f"{seen[0]:09d}").classes == 0
    assert read_card(run / "saved_model")["images_seen"] == seen[1]


def test_a_keras_file_where_it_is_asked_for(run, tmp_path, capsys):
    call(run, "--format", "keras", "--out", tmp_path / "new" / "faces.keras")
    generator = keras.saving.load_model(tmp_path / "new" / "faces.keras")
    gan = load_run(run)
    latents = sampling_latents(2, gan.latent_dim, 1)
    np.testing.assert_allclose(generator(latents), gan(latents), atol=1e-6)
    assert f"{tmp_path / 'new' / 'faces.keras'}: the average after" in capsys.readouterr().out
    assert not (run / "exports").exists()


def test_onnx_with_what_it_takes(run, tmp_path, capsys, monkeypatch):
    pytest.importorskip("tf2onnx")
    gan = StyleGAN2(8, classes=3, latent_dim=6, channel_base=32, channel_max=4, mapping_layers=1)
    monkeypatch.setattr(stored, "load_run", lambda *_: gan)
    call(run, "--format", "onnx")
    file = run / "exports" / "000000000.onnx"
    assert capsys.readouterr().out.splitlines() == [
        f"{file}: the average after 0 images",
        "  images: latents float32 [count, 6], labels int32 [count], noise float32 [count, 144]"
        " -> images uint8 [count, 8, 8, 3]",
    ]
    call(run, "--format", "keras")
    assert "  before keras.saving.load_model: import models.stylegan2.generator" in capsys.readouterr().out


def test_the_saved_model_of_a_run_in_training_is_left_to_it(run, tmp_path, capsys):
    before = snapshot(run)
    with only_writer(run):
        with pytest.raises(SystemExit):
            call(run)
        error = capsys.readouterr().err
        assert f"{run} is being written by process" in error
        assert "or name another place for the model with --out" in error
        call(run, "--out", tmp_path / "elsewhere")
    assert read_card(tmp_path / "elsewhere")["name"] == "run"
    assert snapshot(run) == before


# Arguments ({} is the place), and what the line must say.
CASES = [
    ("{}/nowhere", "nowhere holds no run"),
    ("{}/empty --format onnx", "empty holds no run"),
    ("{}/untrained", "untrained has no checkpoint yet"),
    ("{}/seeds", "holds runs of several seeds: name one of them, such as"),
    ("{}/run --format torch", "--format"),
    ("{}/run --checkpoint checkpoints/1.weights.h5", "1.weights.h5 is not there; the run has checkpoint.weights.h5, "),
    ("{}/run --checkpoint {}/other.weights.h5", "other.weights.h5 is damaged or holds another model"),
    ("{}/run --checkpoint {}/torn.weights.h5", "torn.weights.h5 is damaged or holds another model"),
    ("{}/run --out {}/taken", "taken holds something other than a SavedModel"),
    ("{}/run --out {}/taken.onnx", "taken.onnx holds something other than a SavedModel"),
    ("{}/run --format onnx --out {}/taken.onnx", "taken.onnx holds something other than a model of the format onnx"),
    ("{}/run --format litert --out {}/taken", "taken does not end in .tflite"),
    ("{}/run --format keras --out {}/taken/thesis.txt/a.keras", "thesis.txt"),
]


@pytest.mark.parametrize(("arguments", "says"), CASES)
def test_one_line_and_nothing_written(arguments, says, place, capsys):
    before = snapshot(place)
    with pytest.raises(SystemExit) as end:
        export.main(arguments.replace("{}", str(place)).split())
    assert end.value.code == 2
    error = capsys.readouterr().err
    assert says in error
    assert len(error.strip().splitlines()) == 1
    assert error.startswith("tfnss export: error: ")
    assert snapshot(place) == before


def test_a_format_whose_library_is_absent_is_one_line(place, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "tf2onnx", None)
    before = snapshot(place)
    with pytest.raises(SystemExit):
        call(place / "run", "--format", "onnx")
    assert "pip install 'tfnss[onnx]'" in capsys.readouterr().err
    assert snapshot(place) == before
