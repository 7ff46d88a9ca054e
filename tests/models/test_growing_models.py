"""Configurations A to E of the StyleGAN2 paper with everything that a game may have, across a change of resolution."""

import numpy as np
import pytest

import tfnss
from models import StyleGAN, StyleGAN2

pytestmark = pytest.mark.slow

SMALL = {"latent_dim": 8, "channel_max": 4, "channel_base": 64}
PARTS = {
    "nothing": dict,
    "nss": lambda: {"view": tfnss.NoisyScaleSpace(), "annealing": tfnss.ExponentialAnnealing(initial_time=4)},
    "ssd": lambda: {"spectral_realness": tfnss.SpectralRealness()},
    "ada": lambda: {"augmentation": tfnss.AdaptiveAugmentation(start=0.5)},
}
# Few are enough for every day, and the last kind of network for the slow tests.
EVERY_DAY = (("b", "nss"), ("d", "ada"))
SLOW = (("e", "nss"), ("e", "ada"))


def _marks(case):
    if case in EVERY_DAY:
        return ()
    return pytest.mark.slow if case in SLOW else pytest.mark.exhaustive


CASES = [
    pytest.param(config, part, marks=_marks((config, part)), id=f"{config}-{part}")
    for config in "abcde"
    for part in PARTS
]


@pytest.mark.parametrize(("config", "part"), CASES)
def test_trains_across_a_change_of_resolution(config, part):
    """Two iterations at 8x8, two in the fade into 16x16 and one after it; E, which does not grow, has all at 16x16."""
    gan = StyleGAN(16, **SMALL) if config == "a" else StyleGAN2(16, config=config, **SMALL)
    growth = tfnss.Growth(stable_kimg=0.016, fade_kimg=0.016, batch_sizes={8: 8}, hold=1)
    gan.compile(growth=growth if config != "e" else False, run_eagerly=True, **PARTS[part]())
    images = np.random.default_rng(0).integers(0, 256, (16, 16, 16, 3), np.uint8)
    history = gan.fit(images, batch_size=8, epochs=6, steps_per_epoch=1, verbose=0).history
    assert all(np.isfinite(values).all() for values in history.values())
    assert all(np.isfinite(np.asarray(weight)).all() for weight in gan.weights)
    assert gan.generate(2).shape == (2, 16, 16, 3)
    if config != "e":
        assert (history["resolution"][0], history["resolution"][-1]) == (8, 16)
        assert float(gan.generator_ema.lod.numpy()) == 0
