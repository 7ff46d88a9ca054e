"""Batch normalisation whose sums are fast where XLA compiles for a CPU.

There, XLA takes a sum over a batch and its pixels, one for each channel, channel by channel through all of memory, and each
batch normalisation needs four: mean, variance, and the gradients by offset and scale. As a product with a matrix of ones it
is faster. Elsewhere Keras' own layer computes. The numbers are the same to rounding.
"""

from typing import Any

import keras
from keras import ops

# XLA multiplies matrices with all threads, and a vector with one.
_EQUAL_ROWS = 8


@keras.saving.register_keras_serializable("tfnss")
class BatchNormalization(keras.layers.BatchNormalization):
    """`keras.layers.BatchNormalization`, in the same arguments, weights and numbers, faster where XLA compiles for a CPU.

    Call arguments:
        inputs: Floats `[batch, ..., channels]`.
        training: Whether to take the statistics of the batch, and to move the averages towards them.
        mask: As the Keras layer has it.

    Returns:
        Floats, shaped as the inputs.

    Raises:
        ValueError: For whatever the Keras layer refuses.

    Reference: Ioffe and Szegedy 2015, Batch Normalization, algorithm 1.
    """

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        if not (training and self.trainable and mask is None and self._by_products(inputs)):
            return super().call(inputs, training=training, mask=mask)
        mean, variance = _moments(inputs)
        for average, value in ((self.moving_mean, mean), (self.moving_variance, variance)):
            average.assign(average * self.momentum + value * (1 - self.momentum))
        scale = ops.rsqrt(variance + self.epsilon)
        scale = scale * self.gamma if self.scale else scale
        shift = self.beta - mean * scale if self.center else -mean * scale
        return inputs * _spread(scale, ops.shape(inputs)) + _spread(shift, ops.shape(inputs))

    def _by_products(self, inputs: Any) -> bool:
        """Whether the forms of this file are the faster ones here."""
        if keras.backend.backend() != "tensorflow" or keras.backend.standardize_dtype(inputs.dtype) != "float32":
            return False
        from tfnss import xla

        plain = self.compute_dtype == "float32" and self.axis in (-1, len(inputs.shape) - 1) and not self.renorm
        return plain and not self.synchronized and xla.compiling_for_cpu()


def _moments(x: Any) -> tuple[Any, Any]:
    """Mean and variance of each channel, with derivatives of all orders."""
    count = ops.cast(ops.size(x) // x.shape[-1], x.dtype)
    mean = _channel_sums(x) / count
    # Any constant in the place of `near` gives the variance, with its derivatives; the mean itself rounds best.
    near = ops.stop_gradient(mean)
    return mean, _channel_sums(ops.square(x - near)) / count - ops.square(mean - near)


def _channel_sums(x: Any) -> Any:
    """`[channels]`: the sums over all other axes."""
    shape = ops.shape(x)

    @ops.custom_gradient
    def differentiable(x: Any) -> tuple:
        def gradient(*arguments: Any, upstream: Any = None) -> Any:  # by position or, on JAX, by name
            return _spread(arguments[0] if upstream is None else upstream, shape)

        rows = ops.reshape(x, (-1, x.shape[-1]))
        return ops.matmul(ops.ones((_EQUAL_ROWS, ops.shape(rows)[0]), x.dtype), rows)[0], gradient

    return differentiable(x)


def _spread(values: Any, shape: Any) -> Any:
    """The transpose of `_channel_sums`: the values `[channels]` at each place of that shape."""

    @ops.custom_gradient
    def differentiable(values: Any) -> tuple:
        def gradient(*arguments: Any, upstream: Any = None) -> Any:
            return _channel_sums(arguments[0] if upstream is None else upstream)

        return ops.broadcast_to(values, shape), gradient

    return differentiable(values)
