"""Where XLA compiles."""

import tensorflow as tf


def chosen(jit_compile: bool | str) -> bool:
    """Whether XLA is to compile: what is asked for, and for "auto" where there is a GPU or TPU."""
    if jit_compile == "auto":
        return bool(tf.config.list_logical_devices("GPU") or tf.config.list_logical_devices("TPU"))
    return bool(jit_compile)
