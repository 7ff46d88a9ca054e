"""Graphs that are made once: of computations that a training step does in many places.

Python takes half a millisecond for each operation of a TensorFlow graph, and one iteration of a GAN runs the same networks
many times: on real and fake images, forwards and backwards, in the steps and in their penalties. A computation that is
shared costs one operation in each place. The numbers are the same: XLA puts the operations in for the call before it
compiles. (TensorFlow's own graphs gain nothing: there, putting them in takes the time that Python saves.)
"""

import functools
from collections.abc import Callable, Hashable, Sequence
from typing import Any

import keras

_KEPT = 512  # functions; those of a graph that is in use live on without this


def shared(function: Callable, arrays: Sequence, *settings: Hashable) -> Any:
    """`function(*arrays, *settings)`; where XLA compiles, as a call of one graph for all calls of these sizes.

    No gradient can be taken through the call: it is for within `keras.ops.custom_gradient`.

    Args:
        function: From arrays to an array, of no state and no randomness, and the same object in every call.
        arrays: What is computed with. Where one's size is not known, nothing is shared.
        *settings: What else the result depends on.
    """
    if not _compiled(arrays):
        return function(*arrays, *settings)
    import tensorflow as tf

    specs = [tf.TensorSpec(array.shape, array.dtype) for array in arrays]
    graph = _traced(function, settings).get_concrete_function(*specs)
    (result,) = tf.raw_ops.PartitionedCall(args=list(arrays), Tout=[graph.outputs[0].dtype], f=graph)
    result.set_shape(graph.outputs[0].shape)
    return result


def _compiled(arrays: Sequence) -> bool:
    """Whether these are tensors of known sizes in what XLA compiles."""
    if keras.backend.backend() != "tensorflow":
        return False
    import tensorflow as tf

    from tfnss import xla

    return xla.compiling() and all(tf.is_symbolic_tensor(x) and x.shape.is_fully_defined() for x in arrays)


@functools.lru_cache(_KEPT)
def _traced(function: Callable, settings: tuple) -> Any:
    import tensorflow as tf

    return tf.function(lambda *arrays: function(*arrays, *settings), autograph=False)
