"""Where XLA compiles."""

import tensorflow as tf
from tensorflow.python.framework import ops
from tensorflow.python.ops import control_flow_util


def chosen(jit_compile: bool | str) -> bool:
    """Whether XLA is to compile: what is asked for, and for "auto" where there is a GPU or TPU."""
    if jit_compile == "auto":
        return _accelerated()
    return bool(jit_compile)


def compiling_for_cpu() -> bool:
    """Whether what is being traced now is what XLA compiles, for a machine without a GPU or TPU."""
    # TensorFlow tells its own operations by this, and has no public name for it.
    inside = tf.inside_function() and control_flow_util.GraphOrParentsInXlaContext(ops.get_default_graph())
    return inside and not _accelerated()


def _accelerated() -> bool:
    return bool(tf.config.list_logical_devices("GPU") or tf.config.list_logical_devices("TPU"))
