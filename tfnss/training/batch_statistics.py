"""Which images batch normalisation takes its statistics over, where several replicas share a batch."""

import functools
import logging
from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf
from keras import ops

from tfnss import xla

CHOICES = ("global", "replica")
logger = logging.getLogger("tfnss")


def check(batch_statistics: str) -> None:
    """Raises a ValueError for what is not one of `CHOICES`."""
    if batch_statistics not in CHOICES:
        raise ValueError(f"`batch_statistics` must be 'global' or 'replica'. Received: {batch_statistics!r}")


def settle(layers: Sequence[keras.layers.Layer], replicas: int, penalized: bool, batch_statistics: str) -> bool:
    """Settles how batch normalisation takes its statistics; gives whether that communicates.

    On several replicas they are those of the global batch, so that replicas neither differ nor drift; or of each replica's
    share, whose moving averages `agree` brings together. Under a gradient penalty Keras' own path on one replica
    (`tf.nn.moments`) has wrong second derivatives, so another one is taken.
    """
    normalizations = [layer for layer in layers if isinstance(layer, keras.layers.BatchNormalization)]
    of_share = batch_statistics == "replica" and replicas > 1
    synchronized = bool(normalizations) and (replicas > 1 or penalized) and not of_share
    for layer in normalizations:
        layer.synchronized = synchronized
        vars(layer).pop("_moments", None)
        if of_share and penalized:
            vars(layer)["_moments"] = functools.partial(_moments, layer)
    return synchronized


def compiles(jit_compile: bool | str, synchronized: bool) -> bool:
    """Whether XLA compiles gradients. Under a strategy it cannot where batch normalisation is synchronised."""
    jit_compile = xla.chosen(jit_compile)
    if jit_compile and synchronized and tf.distribute.has_strategy():
        logger.warning(
            "XLA is off: it cannot compile batch normalisation that is synchronised between replicas; "
            "batch_statistics='replica' lets each replica take its own share's"
        )
        return False
    return jit_compile


def drifting(layers: Sequence[keras.layers.Layer], replicas: int, batch_statistics: str) -> list[keras.Variable]:
    """The moving averages that differ between replicas after a step."""
    if batch_statistics == "global" or replicas == 1:
        return []
    moving = [layer for layer in layers if isinstance(layer, keras.layers.BatchNormalization) and layer.trainable]
    return list({id(v): v for layer in moving for v in layer.non_trainable_variables}.values())


def agree(variables: Sequence[keras.Variable]) -> None:
    """Gives each variable its mean over the replicas, in replica context. As averages are linear, once a step will do."""
    if variables:
        values = [variable.value for variable in variables]
        means = tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.MEAN, values)
        for variable, mean in zip(variables, means, strict=True):
            variable.assign(mean)


def _moments(layer: Any, inputs: Any, mask: Any) -> tuple[Any, Any]:
    """Mean and variance of a replica's share, as Keras' synchronised layer has them, whose second derivatives are right."""
    if mask is not None:
        return type(layer)._moments(layer, inputs, mask)
    mean = ops.mean(inputs, axis=layer._reduction_axes)
    mean_square = ops.mean(ops.square(inputs), axis=layer._reduction_axes)
    return mean, ops.maximum(mean_square - ops.square(mean), 0.0)
