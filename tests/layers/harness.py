"""Checks that every layer must pass, on every Keras backend."""

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
    outputs = layer(inputs, *extra)
    config = layer.get_config()
    copy = keras.layers.deserialize(keras.layers.serialize(layer))
    assert type(copy) is type(layer)
    assert copy.get_config() == config
    assert tuple(outputs.shape) == tuple(layer.compute_output_shape(inputs.shape))

    for policy in ("float32", "bfloat16", "float16", "mixed_bfloat16", "mixed_float16"):
        layer = make(dtype=policy)
        outputs = layer(inputs, *extra)
        assert keras.backend.standardize_dtype(outputs.dtype) == layer.compute_dtype
        assert np.isfinite(ops.convert_to_numpy(ops.cast(outputs, "float32"))).all()

    symbolic = keras.Input(inputs.shape[1:])
    model = keras.Model(symbolic, make()(symbolic, *extra))
    assert model.predict(inputs, verbose=0).shape == inputs.shape
