"""Graphs that are made once: of computations that a training step does in many places.

Python takes half a millisecond for each operation of a TensorFlow graph, and one iteration of a GAN runs the same networks
many times: on real and fake images, forwards and backwards, in the steps and in their penalties. A computation that is
shared costs one operation in each place. The numbers are the same: XLA puts the operations in for the call before it
compiles. (TensorFlow's own graphs gain nothing: there, putting them in takes the time that Python saves.)
"""

from collections.abc import Callable, Hashable, Sequence
from typing import Any

import keras


def shared(function: Callable, arrays: Sequence, *settings: Hashable) -> Any:
    """`function(*arrays, *settings)`; where XLA compiles, as a call of one graph for all calls of these sizes.

    No gradient can be taken through the call: it is for within `keras.ops.custom_gradient`.

    Args:
        function: From arrays to an array, of no state and no randomness, and the same object in every call.
        arrays: What is computed with. Where one's size is not known, nothing is shared.
        *settings: What else the result depends on.
    """
    if keras.backend.backend() != "tensorflow":
        return function(*arrays, *settings)
    from tfnss import xla

    return xla.shared(function, arrays, *settings)
