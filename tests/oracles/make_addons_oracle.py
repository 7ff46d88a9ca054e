"""Writes addons.json: reference values of TensorFlow Addons, for `tox -e addons-oracle` alone.

Addons is archived and ends at TensorFlow 2.15, so it runs in an environment of its own.
"""

import json
from pathlib import Path

import numpy as np
import tensorflow as tf
import tensorflow_addons as tfa

DECAY, STEPS = 0.9, 5


def main() -> None:
    images = np.random.default_rng(0).uniform(-1, 1, (1, 7, 6, 2)).astype("float32").round(4)
    smoothed = tfa.image.gaussian_filter2d(images, filter_shape=3, sigma=0.5, padding="SYMMETRIC")

    weight = tf.Variable([1.0, -2.0])
    optimizer = tfa.optimizers.MovingAverage(tf.keras.optimizers.legacy.SGD(0.1), average_decay=DECAY)
    weights = []
    for step in range(STEPS):
        optimizer.apply_gradients([(tf.constant([1.0 + step, -0.5]), weight)])
        weights.append(weight.numpy().tolist())
    average = optimizer.get_slot(weight, "average").numpy().tolist()

    oracle = {
        "versions": {"tensorflow": tf.__version__, "tensorflow_addons": tfa.__version__},
        "images": images.tolist(),
        "gaussian_filter2d": smoothed.numpy().tolist(),
        "moving_average": {"decay": DECAY, "start": [1.0, -2.0], "weights": weights, "average": average},
    }
    (Path(__file__).parent / "addons.json").write_text(json.dumps(oracle) + "\n")


if __name__ == "__main__":
    main()
