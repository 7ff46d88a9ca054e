import json
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfnss.training.ema import check_half_life, ema_decay, update_average

ORACLE = json.loads((Path(__file__).parents[1] / "oracles" / "addons.json").read_text())["moving_average"]


def test_average_equals_tensorflow_addons():
    average, weight = keras.Variable(ORACLE["start"]), keras.Variable(ORACLE["start"])
    for value in ORACLE["weights"]:
        weight.assign(value)
        update_average([average], [weight], tf.constant(ORACLE["decay"]))
    np.testing.assert_allclose(average.numpy(), ORACLE["average"], rtol=1e-6)


def test_half_life_is_counted_in_images():
    decay = ema_decay(10**9, batch_size=32, half_life_kimg=10, ramp_up=0.05)
    assert float(decay) ** (10_000 / 32) == pytest.approx(0.5, rel=1e-3)


def test_ramp_up_bounds_the_half_life():
    decay = ema_decay(1000, batch_size=25, half_life_kimg=10, ramp_up=0.05)
    assert float(decay) == pytest.approx(0.5 ** (25 / 50), rel=1e-5)
    assert float(ema_decay(0, 25, 10, 0.05)) == 0
    assert float(ema_decay(1000, 25, 10, None)) == pytest.approx(0.5 ** (25 / 10_000), rel=1e-5)


def test_bad_half_life():
    with pytest.raises(ValueError, match="ema_half_life_kimg"):
        check_half_life(-1)
