"""Models of grey and of transparent images, with every part of the game, and their exports."""

import numpy as np
import pytest
import tensorflow as tf

import tfnss
from models import DCGAN, R3GAN, SNGAN, StyleGAN2
from tfnss.serving import read_card
from tfnss.uint8 import from_uint8, to_uint8

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore:.*tf.lite.Interpreter is deprecated")]
TINY = {"latent_dim": 6, "channel_base": 32, "channel_max": 4, "mapping_layers": 1}
MODELS = {
    "dcgan": lambda channels: DCGAN(16, latent_dim=6, base_width=4, channels=channels),
    "sngan": lambda channels: SNGAN(32, width=1 / 32, channels=channels),
    "stylegan2": lambda channels: StyleGAN2(8, channels=channels, **TINY),
    "r3gan": lambda channels: R3GAN(8, channels=channels, latent_dim=6, channel_base=32, channel_max=4, group_width=4),
}


@pytest.mark.parametrize(
    ("channels", "pipeline"),
    [(1, "bgcfnc"), (4, "bgcfnc"), pytest.param(4, "diffaugment", marks=pytest.mark.exhaustive)],
)
def test_every_part_takes_them(channels, pipeline):
    gan = MODELS["dcgan"](channels)
    images = np.random.default_rng(0).integers(0, 256, (8, 16, 16, channels), dtype=np.uint8)
    gan.compile(
        view=tfnss.NoisyScaleSpace(0.15),
        augmentation=tfnss.Augmentation(pipeline, 0.5),
        spectral_realness=tfnss.SpectralRealness(0.5),
        regularizers=[tfnss.R1(1.0)],
        jit_compile=False,
    )
    history = gan.fit(tfnss.data.Images(images, 8), epochs=1, steps_per_epoch=1, verbose=0).history
    assert all(np.isfinite(values).all() for values in history.values())


@pytest.mark.parametrize("channels", [1, 4])
@pytest.mark.parametrize(("name", "side"), [("dcgan", 16), ("sngan", 32), ("stylegan2", 8), ("r3gan", 8)])
def test_both_players_take_them(name, side, channels):
    gan = MODELS[name](channels)
    made = gan.generate(2)
    assert made.shape == (2, side, side, channels)
    assert made.dtype == np.uint8
    logits = gan.discriminator(from_uint8(made), training=False)
    assert np.isfinite(np.asarray(logits)).all()


@pytest.mark.parametrize("name", MODELS)
def test_other_channels_are_refused(name):
    with pytest.raises(ValueError, match="channels=2"):
        MODELS[name](2)


@pytest.mark.parametrize("channels", [1, 4])
@pytest.mark.parametrize("format", ["tf_saved_model", "onnx", "litert"])
def test_exports_give_them(format, channels, tmp_path):
    gan = MODELS["dcgan"](channels)
    gan.generator_ema.set_weights([10 * weight for weight in gan.generator_ema.get_weights()])  # far from grey
    path = tmp_path / {"tf_saved_model": "model", "onnx": "model.onnx", "litert": "model.tflite"}[format]
    if format == "onnx":
        pytest.importorskip("tf2onnx")
        onnxruntime = pytest.importorskip("onnxruntime")
    gan.export(path, format)
    latents = np.random.default_rng(0).normal(size=(2, 6)).astype(np.float32)
    expected = np.asarray(to_uint8(gan.generator_ema(latents, training=False))).astype(int)
    assert expected.shape == (2, 16, 16, channels)
    assert read_card(path)["channels"] == channels
    if format == "onnx":
        (found,) = onnxruntime.InferenceSession(str(path)).run(None, {"latents": latents})
    elif format == "litert":
        found = _litert(path, latents)
    else:
        loaded = tf.saved_model.load(path)
        found = loaded.signatures["serving_default"](latents=tf.constant(latents))["images"].numpy()
    assert np.abs(found.astype(int) - expected).max() <= 1


def _litert(path, latents):
    runner = tf.lite.Interpreter(str(path)).get_signature_runner()
    return runner(latents=latents)["images"]
