"""What all formats share, and Keras' own."""

import importlib
import json
import os
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

from models import DCGAN, StyleGAN2
from tfnss import random, serving
from tfnss.random.stateless import noise_source
from tfnss.serving import read_card

TINY = {"latent_dim": 6, "channel_base": 32, "channel_max": 4, "mapping_layers": 1}
MODELS = {
    "plain": lambda: DCGAN(16, latent_dim=6, base_width=4),
    "noisy": lambda: DCGAN(16, latent_dim=6, base_width=4, noise="riemannian"),
    "styled": lambda: StyleGAN2(8, classes=3, **TINY),
}
FILES = {"keras": "model.keras", "onnx": "model.onnx", "litert": "model.tflite"}

_READER = """
import importlib, sys
import keras
import numpy as np

for name in sys.argv[4:]:
    importlib.import_module(name)
generator = keras.saving.load_model(sys.argv[1])
from tfnss import random
from tfnss.random.stateless import noise_source

with np.load(sys.argv[2]) as inputs, random.scope(noise_source(5, 0)):
    np.save(sys.argv[3], generator(*(inputs[name] for name in inputs), training=False))
"""


@pytest.fixture(scope="module")
def gans():
    return {name: make() for name, make in MODELS.items()}


@pytest.mark.slow
@pytest.mark.parametrize("name", MODELS)
def test_a_keras_file_is_the_generator_in_another_process(name, gans, tmp_path):
    gan, file = gans[name], tmp_path / "model.keras"
    gan.export(file, "keras", card={"name": name})
    card = read_card(file)
    assert (card["name"], card["format"], card["classes"]) == (name, "keras", 3 if name == "styled" else 0)
    inputs = {"latents": np.random.default_rng(0).normal(size=(3, 6)).astype("float32")}
    inputs |= {"labels": np.eye(3, dtype="float32")[[2, 0, 1]]} if name == "styled" else {}
    assert card["signatures"]["call"]["inputs"].keys() == inputs.keys()
    np.savez(tmp_path / "inputs.npz", **inputs)
    paths = [file, tmp_path / "inputs.npz", tmp_path / "images.npy"]
    quiet = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"}
    command = [sys.executable, "-c", _READER, *map(str, paths), *card["imports"]]
    subprocess.run(command, check=True, env=quiet)
    with random.scope(noise_source(5, 0)):
        expected = gan.generator_ema(*inputs.values(), training=False)
    np.testing.assert_allclose(np.load(tmp_path / "images.npy"), expected, rtol=1e-5, atol=1e-6)


def test_a_card_lists_no_modules_but_those_with_classes_of_the_model(gans, tmp_path):
    expected = {
        "plain": ["tfnss.layers.batch_normalization", "tfnss.layers.convolution"],
        "noisy": ["tfnss.layers.batch_normalization", "tfnss.layers.convolution", "tfnss.layers.noise"],
        "styled": ["models.stylegan2.generator"],
    }
    for name, gan in gans.items():
        gan.export(tmp_path / f"{name}.keras", "keras")
        assert read_card(tmp_path / f"{name}.keras")["imports"] == expected[name]
        assert all(importlib.import_module(module) for module in expected[name])


def test_names_of_formats(gans, tmp_path, capsys):
    for name in ("tf_saved_model", "saved_model"):
        gans["plain"].export(tmp_path / name, name)
        assert (tmp_path / name / "saved_model.pb").exists()
        assert read_card(tmp_path / name)["format"] == "tf_saved_model"
    assert capsys.readouterr().out == ""
    gans["plain"].export(tmp_path / "model.keras", "keras", True)
    assert capsys.readouterr().out == f"Saved artifact at '{tmp_path / 'model.keras'}'.\n"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (
            {"format": "openvino"},
            "must be one of tf_saved_model, saved_model, keras, onnx, litert. Received: format='open",
        ),
        ({"input_signature": []}, "`input_signature` is not an argument of the format tf_saved_model"),
        ({"format": "onnx", "input_signature": []}, "`input_signature` is not an argument of the format onnx"),
        ({"format": "onnx", "optimizations": []}, "`optimizations` is not an argument of the format onnx"),
        ({"format": "litert", "opset_version": 15}, "`opset_version` is not an argument of the format litert"),
        ({"format": "keras", "is_static": True}, "`is_static` is not an argument of the format keras"),
        ({"format": "onnx", "card": {"fid": float("nan")}}, "`card` must hold JSON's values alone"),
        ({"format": "keras"}, r"model does not end in \.keras"),
        ({"format": "onnx"}, r"model does not end in \.onnx"),
        ({"format": "litert"}, r"model does not end in \.tflite"),
    ],
)
def test_what_export_refuses(arguments, says, gans, tmp_path):
    with pytest.raises(ValueError, match=says) as error:
        gans["plain"].export(tmp_path / "model", **arguments)
    assert "\n" not in str(error.value)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("opset", [10, 19, "new"])
def test_an_opset_that_cannot_be_written(opset, gans, tmp_path):
    pytest.importorskip("tf2onnx")
    with pytest.raises(ValueError, match=f"`opset_version` must lie in 11 to 18. Received: opset_version={opset}"):
        gans["plain"].export(tmp_path / "model.onnx", "onnx", opset_version=opset)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("package", ["onnx", "tf2onnx"])
def test_a_format_whose_library_is_absent(package, gans, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ValueError, match=r"needs the packages onnx and tf2onnx: pip install 'tfnss\[onnx\]'$"):
        gans["plain"].export(tmp_path / "model.onnx", "onnx")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("format", FILES)
def test_a_file_replaces_one_of_its_format_and_nothing_else(format, gans, tmp_path):
    if format == "onnx":
        pytest.importorskip("tf2onnx")
    file = tmp_path / FILES[format]
    gans["plain"].export(file, format, card={"name": "first"})
    gans["noisy"].export(file, format, card={"name": "second"})
    assert read_card(file)["name"] == "second"
    assert {path.name for path in tmp_path.iterdir()} == {file.name, f"{file.name}.json"}
    file.write_text("precious")
    with pytest.raises(ValueError, match=f"something other than a model of the format {format}"):
        gans["plain"].export(file, format)
    assert file.read_text() == "precious"
    file.unlink()
    with pytest.raises(ValueError, match=r"\.json is there already, and belongs to no model"):
        gans["plain"].export(file, format)
    file.mkdir()
    with pytest.raises(ValueError, match="is a folder"):
        gans["plain"].export(file, format)
    assert json.loads((tmp_path / f"{file.name}.json").read_text())["name"] == "second"


def test_a_file_is_whole_or_not_there(gans, tmp_path, monkeypatch):
    gan = gans["plain"]
    gan.export(tmp_path / "model.keras", "keras")
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    monkeypatch.setattr("zipfile.ZipFile.read", lambda *_: (_ for _ in ()).throw(OSError("no space")))
    with pytest.raises(OSError, match="no space"):
        gan.export(tmp_path / "model.keras", "keras", card={"name": "second"})
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_an_export_needs_no_gan(tmp_path):
    generator = MODELS["plain"]().generator
    serving.export(generator, tmp_path / "model.tflite", "litert")
    assert tf.io.gfile.exists(str(tmp_path / "model.tflite"))
    assert read_card(tmp_path / "model.tflite")["name"] == "generator"


def test_a_path_may_begin_at_home(gans, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    gans["plain"].export("~/model.keras", "keras", card={"name": "mine"})
    gans["plain"].export("~/folder", card={"name": "ours"})
    assert [path.name for path in tmp_path.iterdir()] == ["home"]
    assert (read_card("~/model.keras")["name"], read_card("~/folder")["name"]) == ("mine", "ours")
    assert serving.load("~/folder").latent_dim == 6
