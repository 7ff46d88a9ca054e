"""TF-GAN's evaluation functions, on any TensorFlow.

`import tensorflow_gan` needs `tf.estimator`, which TensorFlow 2.16 removed; its subpackage `python.eval` does not. It is
imported here under stand-ins for its parents, whose own code is never run.
"""

import contextlib
import functools
import importlib
import importlib.machinery
import importlib.util
import logging
import sys
import types
from collections.abc import Iterator
from typing import Any

import numpy as np
import tensorflow as tf

_PARENTS = ("tensorflow_gan", "tensorflow_gan.python")


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
    with _stand_ins({"tensorflow_gan": root, "tensorflow_gan.python": f"{root}/python"}):
        return importlib.import_module("tensorflow_gan.python.eval.classifier_metrics")


@contextlib.contextmanager
def _stand_ins(folders: dict[str, str]) -> Iterator[None]:
    """Within the block, these packages are empty modules, unless they are imported already; afterwards, gone again."""
    made = {name: folder for name, folder in folders.items() if name not in sys.modules}
    for name, folder in made.items():
        module = types.ModuleType(name)
        module.__path__ = [folder]
        module.__spec__ = importlib.machinery.ModuleSpec(name, None, is_package=True)
        module.__spec__.submodule_search_locations = [folder]
        sys.modules[name] = module
    try:
        yield
    finally:
        for name in made:
            sys.modules.pop(name, None)


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
