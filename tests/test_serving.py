import subprocess
import sys

import numpy as np
import pytest

from models import DCGAN, StyleGAN2
from tfnss import random
from tfnss.random.stateless import noise_source

_CLIENT = """
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
"""


MODELS = {
    "dcgan": lambda: DCGAN(32, latent_dim=6, base_width=4),
    "stylegan2": lambda: StyleGAN2(8, latent_dim=6, channel_base=32, channel_max=4, mapping_layers=1),
}


@pytest.mark.parametrize("name", MODELS)
def test_a_saved_model_needs_tensorflow_alone(name, tmp_path):
    gan = MODELS[name]()
    if name == "dcgan":
        gan.export(tmp_path / "model")  # to be replaced
    gan.export(tmp_path / "model")
    latents = np.random.default_rng(0).normal(size=(4, 6)).astype("float32")
    np.save(tmp_path / "latents.npy", latents)
    paths = [tmp_path / name for name in ("model", "latents.npy", "images.npz")]
    subprocess.run([sys.executable, "-I", "-c", _CLIENT, *paths], check=True)
    images = np.load(tmp_path / "images.npz")
    with random.scope(noise_source(0, 0)):
        raw = gan(latents).numpy()
    expected = np.clip(np.round((raw + 1) * 127.5), 0, 255).astype(int)
    np.testing.assert_array_equal(images["by_latents"], expected)
    np.testing.assert_array_equal(images["by_seed"], gan.generate(3, seed=5))
    with pytest.raises(ValueError, match="something other than a SavedModel"):
        gan.export(tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["images.npz", "latents.npy", "model"]
