import json
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

import tfnss
from models import DCGAN, StyleGAN2
from tfnss import random
from tfnss.random.stateless import noise_source
from tfnss.serving import read_card

_CLIENT = """
import json
import sys
import numpy as np
import tensorflow as tf

for name in ("tfnss", "models", "keras"):
    sys.modules[name] = None  # an import would fail
model = tf.saved_model.load(sys.argv[1])
latents = tf.constant(np.load(sys.argv[2]))
by_latents = model.signatures["serving_default"](latents=latents)["images"]
by_seed = model.signatures["sample"](count=tf.constant(3), seed=tf.constant(5))["images"]
np.savez(sys.argv[3], by_latents=by_latents, by_seed=by_seed)

def words(specs):
    text = {name: f"{spec.dtype.name} {spec.shape.as_list()}".replace("None", "count") for name, spec in specs.items()}
    return {name: line.replace(" []", " scalar") for name, line in text.items()}

card = json.load(open(sys.argv[1] + "/model_card.json"))
assert card["signatures"].keys() == model.signatures.keys()
for name, signature in model.signatures.items():
    assert card["signatures"][name]["does"]
    assert card["signatures"][name]["inputs"] == words(signature.structured_input_signature[1])
    assert card["signatures"][name]["outputs"] == words(signature.structured_outputs)
"""


MODELS = {
    "dcgan": lambda: DCGAN(32, latent_dim=6, base_width=4),
    "stylegan2": lambda: StyleGAN2(8, latent_dim=6, channel_base=32, channel_max=4, mapping_layers=1),
    "conditional": lambda: StyleGAN2(8, latent_dim=6, channel_base=32, channel_max=4, mapping_layers=1, classes=3),
}
CARD = {"name": "toy", "settings": {"kimg": 1.5, "data": "photos"}, "metrics": {"fid": 3.25}, "latent_dim": "overruled"}


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """Models and where their exports are."""
    place = tmp_path_factory.mktemp("models")
    models = {name: make() for name, make in MODELS.items()}
    for name, gan in models.items():
        gan.export(place / name, card=CARD)
    return {name: (gan, place / name) for name, gan in models.items()}


def expected(gan, latents):
    """Images of latents with the noise of seed 0."""
    with random.scope(noise_source(0, 0)):
        return np.clip(np.round((gan(latents).numpy() + 1) * 127.5), 0, 255).astype(int)


@pytest.mark.parametrize("name", ["dcgan", "stylegan2"])
def test_a_saved_model_needs_tensorflow_alone(name, exported, tmp_path):
    gan, model = exported[name]
    latents = np.random.default_rng(0).normal(size=(4, 6)).astype("float32")
    np.save(tmp_path / "latents.npy", latents)
    paths = [model, *(tmp_path / name for name in ("latents.npy", "images.npz"))]
    subprocess.run([sys.executable, "-I", "-c", _CLIENT, *paths], check=True)
    images = np.load(tmp_path / "images.npz")
    np.testing.assert_array_equal(images["by_latents"], expected(gan, latents))
    np.testing.assert_array_equal(images["by_seed"], gan.generate(3, seed=5))
    assert b"CustomGradient" not in (model / "saved_model.pb").read_bytes()  # which a SavedModel cannot hold


def test_a_card_tells_what_the_model_is(exported):
    for name, resolution, classes in (("dcgan", 32, 0), ("stylegan2", 8, 0), ("conditional", 8, 3)):
        card = read_card(exported[name][1])
        assert (card["resolution"], card["channels"]) == ([resolution, resolution], 3)
        assert (card["latent_dim"], card["classes"]) == (6, classes)
        assert card["versions"]["tfnss"] == tfnss.__version__
        assert card["versions"]["tensorflow"] == tf.__version__
        assert card["name"] == "toy"
        assert (card["settings"], card["metrics"]) == (CARD["settings"], CARD["metrics"])


def test_an_export_replaces_a_model_and_nothing_else(tmp_path):
    gan = MODELS["dcgan"]()
    gan.export(tmp_path / "model", card={"name": "first"})
    gan.export(tmp_path / "model")
    assert read_card(tmp_path / "model")["name"] == "generator"
    with pytest.raises(ValueError, match="something other than a SavedModel"):
        gan.export(tmp_path)
    for card in ({"fid": float("nan")}, {"path": tmp_path}):
        with pytest.raises(ValueError, match="`card` must hold JSON's values alone"):
            gan.export(tmp_path / "other", card=card)
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


@pytest.mark.parametrize("content", ["{", "[]", b"\xff"])
def test_a_damaged_card_is_named(content, tmp_path):
    assert read_card(tmp_path) == {}
    (tmp_path / "model_card.json").write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(ValueError, match=r"model_card.json is damaged"):
        read_card(tmp_path)


def command_line(*arguments):
    program = [sys.executable, "-m", "tensorflow.python.tools.saved_model_cli"]
    return subprocess.run([*program, *map(str, arguments)], check=True, capture_output=True, text=True).stdout


@pytest.mark.slow
def test_the_command_line_of_saved_models_shows_and_runs_it(exported, tmp_path):
    gan, model = exported["stylegan2"]
    shown = command_line("show", "--dir", model, "--all")
    for name in ("serving_default", "sample", "generate", "map", "synthesize"):
        assert f"signature_def['{name}']" in shown
    latents = np.random.default_rng(1).normal(size=(2, 6)).astype("float32")
    np.save(tmp_path / "latents.npy", latents)
    which = ["--dir", model, "--tag_set", "serve", "--signature_def", "serving_default"]
    command_line("run", *which, "--inputs", f"latents={tmp_path / 'latents.npy'}", "--outdir", tmp_path)
    difference = np.load(tmp_path / "images.npy").astype(int) - expected(gan, latents)
    assert np.abs(difference).max() <= 1  # its graph is optimised, and rounds otherwise on some processors


def answer(model, body):
    """What TensorFlow Serving's REST interface answers: it reads shapes off the JSON, and no float as an integer."""
    request = json.loads(body)
    signature = tf.saved_model.load(model).signatures[request["signature_name"]]
    specs = signature.structured_input_signature[1]
    assert request["inputs"].keys() == specs.keys()
    tensors = {}
    for name, spec in specs.items():
        values = np.array(request["inputs"][name])
        assert np.can_cast(values.dtype, spec.dtype.as_numpy_dtype, "same_kind")
        assert spec.shape.is_compatible_with(values.shape)
        tensors[name] = tf.constant(values, spec.dtype)
    (output,) = signature(**tensors).values()
    return json.loads(json.dumps({"outputs": output.numpy().tolist()}))


def test_requests_to_tensorflow_serving(exported):
    latents = np.random.default_rng(2).normal(size=(2, 6)).astype("float32")
    gan, model = exported["stylegan2"]
    sample = answer(model, '{"signature_name": "sample", "inputs": {"count": 4, "seed": 0}}')
    np.testing.assert_array_equal(np.array(sample["outputs"], "uint8"), gan.generate(4))
    inputs = {"latents": latents.tolist(), "truncation": 0.7, "noise_seed": 0}
    images = answer(model, json.dumps({"signature_name": "generate", "inputs": inputs}))["outputs"]
    styles = gan.generator_ema.styles(latents, truncation=0.7)
    with random.scope(noise_source(0, 0)):
        raw = gan.generator_ema.synthesis(styles)
    difference = np.array(images) - np.clip(np.round((np.asarray(raw) + 1) * 127.5), 0, 255)
    assert np.abs(difference).max() <= 1
    assert np.shape(images) == (2, 8, 8, 3)
    _, model = exported["conditional"]
    inputs = {"latents": latents.tolist(), "labels": [2, 0]}
    images = answer(model, json.dumps({"signature_name": "serving_default", "inputs": inputs}))["outputs"]
    assert np.shape(images) == (2, 8, 8, 3)
