"""TF-GAN's evaluation functions, on any TensorFlow.

`import tensorflow_gan` needs `tf.estimator`, which TensorFlow 2.16 removed, and its subpackage `python.eval` needs
TensorFlow Hub, which needs an old setuptools. The one module used here needs neither: it is imported under stand-ins for
its parents, whose own code is never run. It imports TensorFlow Probability too, for functions other than those used here
(`frechet_classifier_distance_from_activations` and its kin): an empty stand-in is enough.
"""

import contextlib
import functools
import importlib
import importlib.util
import logging
import types
from collections.abc import Iterator
from typing import Any

import numpy as np
import tensorflow as tf

from tfnss.metrics import stand_ins


@functools.cache
def classifier_metrics() -> Any:
    """TF-GAN's module `eval.classifier_metrics`.

    Raises:
        ImportError: If TF-GAN is not installed.
    """
    spec = importlib.util.find_spec("tensorflow_gan")  # does not run the package
    if spec is None or not spec.submodule_search_locations:
        raise ImportError("FID and KID are TF-GAN's: pip install tensorflow-gan")
    root = next(iter(spec.submodule_search_locations))
    folders = {"tensorflow_gan": "", "tensorflow_gan.python": "/python", "tensorflow_gan.python.eval": "/python/eval"}
    packages = [stand_ins.package(name, root + folder) for name, folder in folders.items()]
    with stand_ins.in_place(*packages, types.ModuleType("tensorflow_probability")):
        return importlib.import_module("tensorflow_gan.python.eval.classifier_metrics")


def trace_sqrt_product(covariance: np.ndarray, other: np.ndarray) -> float:
    """Trace of the root of the product of two covariance matrices, in float64."""
    with tf.device("CPU:0"):  # where float64 is not slow
        return float(classifier_metrics().trace_sqrt_product(tf.constant(covariance), tf.constant(other)))


def kernel_distance_and_error(a: np.ndarray, b: np.ndarray, block_size: int) -> tuple[float, float]:
    """TF-GAN's unbiased block estimate of the kernel distance, and its standard error (NaN for one block)."""
    function = classifier_metrics().kernel_classifier_distance_and_std_from_activations
    with tf.device("CPU:0"), _quiet():
        value, error = function(tf.constant(a), tf.constant(b), max_block_size=block_size, dtype=tf.float64)
    return float(value), float(error)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """TF-GAN calls a deprecated form of `tf.map_fn`, which TensorFlow logs."""
    logger = tf.get_logger()
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)
