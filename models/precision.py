"""The dtype policy of a model, for all of its layers."""

import contextlib
from collections.abc import Iterator
from typing import Any

import keras


@contextlib.contextmanager
def layers_of(dtype: Any) -> Iterator[None]:
    """Within the block, layers have this policy; None for that of Keras, as elsewhere.

    What a layer is given itself, such as float32 for images, stays.
    """
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(before if dtype is None else keras.dtype_policies.get(dtype))
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)
