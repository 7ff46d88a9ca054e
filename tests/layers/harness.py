"""Checks that every layer must pass, on every Keras backend."""

import inspect

import keras
import numpy as np
from keras import ops


def check_layer(make, inputs, extra=()):
    """Serialization, shapes, dtype policies and use in a functional model.

    Args:
        make: Function from keyword arguments of `keras.layers.Layer` to the layer.
        inputs: float32 array of the first input.
        extra: Further arguments of the call.
    """
    layer = make()
    check_config(layer)
    shape = tuple(layer(inputs, *extra).shape)
    assert shape == tuple(layer.compute_output_shape(inputs.shape))
    symbolic = keras.Input(inputs.shape[1:])
    model = keras.Model(symbolic, make()(symbolic, *extra))
    assert model.predict(inputs, verbose=0).shape == shape

    for policy in ("float32", "bfloat16", "float16", "mixed_bfloat16", "mixed_float16"):
        layer = make(dtype=policy)
        outputs = layer(inputs, *extra)
        assert keras.backend.standardize_dtype(outputs.dtype) == layer.compute_dtype
        assert np.isfinite(ops.convert_to_numpy(ops.cast(outputs, "float32"))).all()


def check_config(layer):
    """The config holds every argument of the constructor and makes a copy with the same."""
    config = layer.get_config()
    variadic = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    arguments = inspect.signature(type(layer)).parameters.values()
    assert {argument.name for argument in arguments if argument.kind not in variadic} <= config.keys()
    copy = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(layer))
    assert type(copy) is type(layer)
    assert copy.get_config() == config
