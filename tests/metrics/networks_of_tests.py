"""Small stand-ins for networks that cannot be downloaded, and packages that are not there."""

import sys

import pytest
import tensorflow as tf

from tfnss.metrics import tfgan


class TinyInception(tf.Module):
    """What TF-GAN's Inception looks like from outside, for 299x299 images."""

    def __init__(self, output="pool_3"):
        super().__init__()
        self.output = output
        self.weights = tf.Variable(tf.random.stateless_normal((3, 24), (0, 1)))

    @tf.function(input_signature=[tf.TensorSpec([None, 299, 299, 3], tf.float32)])
    def __call__(self, images):
        means = tf.reduce_mean(images, axis=(1, 2))
        return {self.output: tf.nn.relu(means @ self.weights), "logits": 5 * (means @ self.weights[:, :7])}


def save_tiny_inception(folder, output="pool_3"):
    module = TinyInception(output)
    tf.saved_model.save(module, str(folder))
    return module


def without(monkeypatch, package):
    """Forgets that a package was imported."""
    for name in [name for name in sys.modules if name.split(".")[0] == package]:
        monkeypatch.delitem(sys.modules, name)


def whole_classifier_metrics(monkeypatch):
    """TF-GAN's module with TensorFlow Probability, which the functions need that ours are compared with."""
    module = tfgan.classifier_metrics()
    monkeypatch.setattr(module, "tfp", pytest.importorskip("tensorflow_probability"))
    return module
