"""ONNX and LiteRT models against the Keras generators that they come from."""

import math

import keras
import numpy as np
import pytest
import tensorflow as tf

from models import DCGAN, StyleGAN2
from models.stylegan2 import StyleGAN2Generator
from tfnss import random, serving
from tfnss.random.given import DrawnNoise
from tfnss.random.stateless import noise_source
from tfnss.serving import read_card

TINY = {"latent_dim": 6, "channel_base": 32, "channel_max": 4, "mapping_layers": 1}
SUFFIXES = {"onnx": ".onnx", "litert": ".tflite"}

MODELS = {
    "dcgan": lambda: DCGAN(16, latent_dim=6, base_width=4),
    "noisy dcgan": lambda: DCGAN(16, latent_dim=6, base_width=4, noise="euclidean"),
    "stylegan2": lambda: StyleGAN2(8, **TINY),
    "riemannian": lambda: StyleGAN2(8, noise="riemannian", **TINY),
    "conditional": lambda: StyleGAN2(16, classes=3, **TINY),
}
NOISE = {  # the maps that layers draw
    "dcgan": [],
    "noisy dcgan": [(4, 4, 1), (8, 8, 1)],
    "stylegan2": [(4, 4, 1), (8, 8, 1), (8, 8, 1)],
    "riemannian": [(4, 4, 1), (8, 8, 1), (8, 8, 1)],
    "conditional": [(4, 4, 1), (8, 8, 1), (8, 8, 1), (16, 16, 1), (16, 16, 1)],
}


def visible(generator):
    """A generator of images far from grey, whose noise shows."""
    if generator.__class__.__name__ == "Functional":
        generator.set_weights([10 * weight for weight in generator.get_weights()])
    for weight in generator.weights:
        if weight.path.endswith("strength"):
            weight.assign(0.5)
    return generator


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Generators by name, and what writes them in a format (once) and gives the path."""
    place = tmp_path_factory.mktemp("portable")
    gans = {name: make() for name, make in MODELS.items()}
    for gan in gans.values():
        visible(gan.generator_ema)

    def path(name, format):
        if format == "onnx":
            pytest.importorskip("tf2onnx")
        file = place / f"{name}{SUFFIXES[format]}"
        if not file.exists():
            gans[name].export(file, format, card={"name": name, "metrics": {"fid": 3.25}})
        return file

    return {name: gan.generator_ema for name, gan in gans.items()}, path


class OnePart:
    """A source of the parts of noise `[count, numbers]`, sliced by hand."""

    def __init__(self, noise):
        self.noise, self.first = noise, 0

    def stream(self):
        return self

    def normal(self, shape):
        last = self.first + math.prod(shape[1:])
        part = self.noise[:, self.first : last].reshape(shape)
        self.first = last
        return tf.constant(part)


def pixels(images):
    return np.clip(np.round((np.asarray(images) + 1) * 127.5), 0, 255).astype(int)


def expected(generator, latents, labels=None, noise=None):
    source = OnePart(noise)
    with random.scope(source):
        images = generator(latents, *([] if labels is None else [tf.one_hot(labels, 3)]), training=False)
    assert noise is None or source.first == noise.shape[1]
    return pixels(images)


def inputs_of(name, count, seed=0):
    draws = np.random.default_rng(seed)
    inputs = {"latents": draws.normal(size=(count, 6)).astype("float32")}
    if name == "conditional":
        inputs["labels"] = draws.permutation(3)[:count].astype("int32")
    if NOISE[name]:
        inputs["noise"] = draws.normal(size=(count, sum(map(math.prod, NOISE[name])))).astype("float32")
    return inputs


def run(file, inputs):
    if file.suffix == ".onnx":
        session = pytest.importorskip("onnxruntime").InferenceSession(file)
        assert {value.name for value in session.get_inputs()} == inputs.keys()
        (images,) = session.run(["images"], inputs)
        return images
    interpreter = tf.lite.Interpreter(str(file))
    assert set(interpreter.get_signature_list()["serving_default"]["inputs"]) == inputs.keys()
    return interpreter.get_signature_runner("serving_default")(**inputs)["images"]


def assert_near(images, reference):
    assert images.dtype == np.uint8
    assert images.shape == reference.shape
    assert reference.std() > 5
    assert np.abs(images.astype(int) - reference).max() <= 1


pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore:.*tf.lite.Interpreter is deprecated")]


@pytest.mark.parametrize("format", SUFFIXES)
@pytest.mark.parametrize("name", MODELS)
def test_images_are_the_generators_for_any_batch(name, format, made):
    generators, path = made
    file = path(name, format)
    for count in (1, 3):
        inputs = inputs_of(name, count)
        assert_near(run(file, inputs), expected(generators[name], **inputs))


@pytest.mark.parametrize("format", SUFFIXES)
def test_every_input_decides(format, made):
    file = made[1]("conditional", format)
    inputs, others = inputs_of("conditional", 3), inputs_of("conditional", 3, seed=1)
    others["labels"] = (inputs["labels"] + 1) % 3
    images = run(file, inputs).astype(int)
    for name, values in others.items():
        assert np.abs(run(file, inputs | {name: values}) - images).max() > 5


@pytest.mark.parametrize("format", SUFFIXES)
def test_a_saved_model_with_the_same_noise_has_the_same_images(format, made, tmp_path):
    generator = made[0]["conditional"]
    serving.export(generator, tmp_path / "model")
    inputs = inputs_of("conditional", 3)
    source = DrawnNoise(noise_source(0, 0))
    with random.scope(source):
        generator(inputs["latents"], tf.one_hot(inputs["labels"], 3), training=False)
    inputs["noise"] = np.concatenate([np.reshape(noise, (3, -1)) for noise in source.maps], axis=1)
    saved = tf.saved_model.load(tmp_path / "model")
    reference = saved.signatures["serving_default"](
        latents=tf.constant(inputs["latents"]), labels=tf.constant(inputs["labels"])
    )
    assert_near(run(made[1]("conditional", format), inputs), reference["images"].numpy().astype(int))


@pytest.mark.parametrize("format", SUFFIXES)
@pytest.mark.parametrize("name", MODELS)
def test_the_card_beside_tells_the_inputs(name, format, made):
    card = read_card(made[1](name, format))
    (signature,) = card["signatures"].values()
    inputs = inputs_of(name, 1)
    assert signature["inputs"] == {
        key: f"{values.dtype.name} [{', '.join(['count', *map(str, values.shape[1:])])}]"
        for key, values in inputs.items()
    }
    size = card["resolution"][0]
    assert signature["outputs"] == {"images": f"uint8 [count, {size}, {size}, 3]"}
    assert card["noise"] == [list(shape) for shape in NOISE[name]]
    assert (card["name"], card["format"], card["metrics"]) == (name, format, {"fid": 3.25})


def test_the_batch_of_an_onnx_model_has_a_name(made):
    onnx = pytest.importorskip("onnx")
    model = onnx.load(made[1]("conditional", "onnx"))
    for value in (*model.graph.input, *model.graph.output):
        assert value.type.tensor_type.shape.dim[0].dim_param == "count"
    assert model.opset_import[0].version == 15


@pytest.mark.parametrize("precision", ["mixed_float16", "mixed_bfloat16"])
@pytest.mark.parametrize("format", SUFFIXES)
def test_a_generator_of_mixed_precision_computes_in_float32(format, precision, tmp_path):
    if format == "onnx":
        pytest.importorskip("tf2onnx")
    options = {**TINY, "style_dim": 6, "clamp": 256}
    half = StyleGAN2Generator(16, half_precision_resolutions=2, half_precision=precision, **options)
    visible(half)
    whole = StyleGAN2Generator(16, **options)
    whole.set_weights(half.get_weights())
    file = tmp_path / f"model{SUFFIXES[format]}"
    serving.export(half, file, format)
    inputs = inputs_of("conditional", 2)
    del inputs["labels"]
    assert_near(run(file, inputs), expected(whole, **inputs))
    assert half.synthesis.convs["b16_conv1"].compute_dtype != "float32"


def test_a_functional_generator_of_mixed_precision(tmp_path):
    keras.config.set_dtype_policy("mixed_float16")
    try:
        gan = MODELS["noisy dcgan"]()
    finally:
        keras.config.set_dtype_policy("float32")
    whole = MODELS["noisy dcgan"]()
    whole.generator_ema.set_weights(visible(gan.generator_ema).get_weights())
    gan.export(tmp_path / "model.tflite", "litert")
    inputs = inputs_of("noisy dcgan", 2)
    assert_near(run(tmp_path / "model.tflite", inputs), expected(whole.generator_ema, **inputs))


def test_options_of_the_formats(made, tmp_path):
    onnx = pytest.importorskip("onnx")
    pytest.importorskip("tf2onnx")
    generators, _ = made
    serving.export(generators["dcgan"], tmp_path / "model.onnx", "onnx", opset_version=18)
    assert onnx.load(tmp_path / "model.onnx").opset_import[0].version == 18
    inputs = inputs_of("dcgan", 2)
    assert_near(run(tmp_path / "model.onnx", inputs), expected(generators["dcgan"], **inputs))
    wide = DCGAN(16, latent_dim=6, base_width=64)
    wide.export(tmp_path / "whole.tflite", "litert")
    wide.export(tmp_path / "small.tflite", "litert", optimizations=[tf.lite.Optimize.DEFAULT])
    assert (tmp_path / "small.tflite").stat().st_size < 0.5 * (tmp_path / "whole.tflite").stat().st_size


class Uncommon(keras.layers.Layer):
    """An operation that no other format has."""

    def call(self, images):
        return tf.math.special.bessel_i0(images)


class Uniform(keras.layers.Layer):
    """Draws uniform numbers."""

    def call(self, images):
        return images + random.stream().uniform(keras.ops.shape(images))


def generator_with(layer):
    inputs = keras.Input((6,))
    return keras.Model(inputs, layer(keras.layers.Reshape((4, 4, 3))(keras.layers.Dense(48)(inputs))))


@pytest.mark.parametrize(
    ("format", "layer", "says"),
    [
        ("onnx", Uncommon, r"no ONNX model of opset 15 .*BesselI0"),
        ("litert", Uncommon, r"no LiteRT model \(it has no BesselI0\)"),
        ("onnx", Uniform, "draw uniform numbers"),
        ("litert", Uniform, "draw uniform numbers"),
    ],
)
def test_what_a_format_cannot_hold(format, layer, says, tmp_path):
    if format == "onnx":
        pytest.importorskip("tf2onnx")
    with pytest.raises(ValueError, match=says) as error:
        serving.export(generator_with(layer()), tmp_path / f"model{SUFFIXES[format]}", format)
    assert layer is Uniform or "\n" not in str(error.value)  # Keras adds lines to what a layer raises
    assert not list(tmp_path.iterdir())
