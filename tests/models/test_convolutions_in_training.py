"""Training under XLA on CPUs with this library's convolutions, and in the graph with the backend's own."""

import keras
import numpy as np
import pytest

import tfnss
from models import DCGAN
from tfnss.layers import convolution

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="the engine is TensorFlow's"),
]


def weights_after_ten_steps(jit_compile):
    """Of a narrow DCGAN. Plain descent: Adam's first steps would blow rounding up where gradients are next to zero."""
    gan = DCGAN(16, latent_dim=4, base_width=4)
    rates = {f"{name}_optimizer": keras.optimizers.SGD(0.05) for name in ("generator", "discriminator")}
    gan.compile(jit_compile=jit_compile, **rates)
    images = np.random.default_rng(0).integers(0, 256, (40, 16, 16, 3), dtype=np.uint8)
    gan.fit(tfnss.data.Images(images, 4), epochs=1, verbose=0)
    assert int(gan.images_seen.numpy()) == 40
    return [*gan.generator.get_weights(), *gan.discriminator.get_weights()]


def test_ten_steps_lead_to_the_same_weights(monkeypatch):
    monkeypatch.setattr(convolution, "_CHANNELS", {2: 4, 3: 4})
    blocks = []
    original = convolution._blocks
    monkeypatch.setattr(convolution, "_blocks", lambda *a: blocks.append(1) or original(*a))
    ours = weights_after_ten_steps(jit_compile=True)
    assert blocks
    monkeypatch.setattr(convolution, "_by_blocks", lambda *a: False)
    old = weights_after_ten_steps(jit_compile=False)
    for one, two in zip(ours, old, strict=True):
        np.testing.assert_allclose(one, two, atol=1e-5)
