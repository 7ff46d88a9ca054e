"""Layers whose kernels have spectral norm 1, by reparameterisation.

Keras' own `SpectralNormalization` overwrites the kernel with the normalised one at every training step, and takes its norm
for a constant. Here the stored kernel W is what the optimizer moves, the layer computes with W / sigma(W), and gradients
pass through sigma (Miyato et al. 2018, Spectral Normalization for Generative Adversarial Networks, section 2 and
appendix A).
"""

from typing import Any

import keras
from keras import ops

from tfnss.layers.convolution import Conv2D, plain_strides
from tfnss.layers.pooled_convolution import FACTOR, pooled_conv2d

_EPSILON = 1e-12
_WARM_UP = 15  # power iterations on the initial kernel


class _SpectralNormalization(keras.layers.Layer):
    """Mixin for a Keras layer with one kernel, whose last axis is that of the outputs."""

    def __init__(self, *args: Any, power_iterations: int = 1, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if power_iterations < 1:
            raise ValueError(f"`power_iterations` must be at least 1. Received: power_iterations={power_iterations}")
        self.power_iterations = power_iterations
        self.seed = seed

    def build(self, inputs_shape: tuple) -> None:
        super().build(inputs_shape)
        # `add_weight` knows no synchronisation. Each replica keeps its own copy, and all compute the same from the same
        # kernel; so a compiled function may assign it, which for mirrored variables only communication can do.
        self.u = keras.Variable(
            self._initial_u,
            shape=(self.kernel.shape[-1],),
            dtype=keras.backend.result_type(self.variable_dtype, "float32"),
            trainable=False,
            autocast=False,
            aggregation="only_first_replica",
            synchronization="on_read",
            name="u",
        )

    def add_weight(self, *args: Any, **kwargs: Any) -> keras.Variable:
        """The kernel is read as stored, whatever the precision of the call."""
        return super().add_weight(*args, **{"autocast": kwargs.get("name") != "kernel", **kwargs})

    def normalized_kernel(self, training: bool | None = False) -> Any:
        """The kernel in use, W / sigma, in float32 (or float64 as the kernel).

        sigma = u^T W v, where W is the matrix from all inputs to an output, and u and v are constants to gradients.

        Args:
            training: Whether to make `power_iterations` steps v = W^T u / |W^T u|, u = W v / |W v|, and keep u. Otherwise v
                follows from the u that is kept and the kernel of now; so it does for a layer that is not `trainable`.
        """
        kernel = ops.cast(self.kernel, self.u.dtype)
        matrix = ops.reshape(kernel, (-1, kernel.shape[-1]))  # the transpose of W
        constant = ops.stop_gradient(matrix)
        u = ops.convert_to_tensor(self.u)
        if training and self.trainable:
            u, v = _iterated(constant, u, self.power_iterations)
            self.u.assign(u)
        else:
            u = _unit(u)  # an averaged network has an average of unit vectors, which is shorter
            v = _unit(ops.matmul(constant, u))
        return kernel / ops.maximum(ops.sum(v * ops.matmul(matrix, u)), _EPSILON)

    def _initial_u(self, shape: tuple, dtype: Any = None) -> Any:
        normal = keras.initializers.RandomNormal(stddev=1.0, seed=self.seed)(shape, dtype=dtype)
        matrix = ops.reshape(ops.cast(self.kernel, dtype), (-1, shape[0]))
        return _iterated(matrix, _unit(normal), _WARM_UP)[0]

    def save_own_variables(self, store: Any) -> None:
        """All weights: Keras' convolutional and dense layers save the kernel and the bias alone."""
        keras.layers.Layer.save_own_variables(self, store)

    def load_own_variables(self, store: Any) -> None:
        keras.layers.Layer.load_own_variables(self, store)

    def get_config(self) -> dict:
        return {**super().get_config(), "power_iterations": self.power_iterations, "seed": self.seed}


@keras.saving.register_keras_serializable("tfnss")
class SpectralConv2D(_SpectralNormalization, Conv2D):
    """A `keras.layers.Conv2D` whose kernel is divided by its spectral norm, as a matrix `[filters, height * width * in]`.

    Args:
        *args: As for `keras.layers.Conv2D`.
        pool_size: 2 for the means of 2x2 results, as by `AveragePooling2D(2)` but at less than half of the products;
            1 for the results. The activation comes after the means.
        power_iterations: Steps towards the first singular vector per call in training, >= 1; the paper makes one.
        seed: Seed of the vector's first guess.
        **kwargs: As for `keras.layers.Conv2D`.

    Call arguments:
        inputs: Floats `[batch, height, width, in]`.
        training: Whether to make the steps.

    Returns:
        Floats `[batch, height', width', filters]`, of half the height and width with `pool_size` 2.

    Raises:
        ValueError: For `power_iterations` below 1, another `pool_size`, one of 2 without what it needs (an odd kernel, no
            strides or dilation, one group, "same" padding, channels last, even heights and widths), and whatever the Keras
            layer refuses.

    Reference: Miyato et al. 2018, Spectral Normalization for Generative Adversarial Networks, algorithm 1.
    """

    def __init__(
        self, *args: Any, pool_size: int = 1, power_iterations: int = 1, seed: int | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, power_iterations=power_iterations, seed=seed, **kwargs)
        self.pool_size = pool_size
        if pool_size not in (1, FACTOR):
            raise ValueError(f"`pool_size` must be 1 or 2. Received: pool_size={pool_size}")
        plain = plain_strides(self) == 1 and self.groups == 1 and self.padding == "same"
        if pool_size != 1 and not (plain and self.kernel_size[0] == self.kernel_size[1] and self.kernel_size[0] % 2):
            raise ValueError(
                "`pool_size` 2 needs an odd kernel, no strides or dilation, one group, 'same' padding and the channels last"
            )

    def build(self, inputs_shape: tuple) -> None:
        if self.pool_size != 1 and any(pixels and pixels % self.pool_size for pixels in inputs_shape[1:3]):
            raise ValueError(f"`pool_size` 2 needs images of even height and width. Received: shape {inputs_shape}")
        super().build(inputs_shape)

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        batch, *size, channels = super().compute_output_shape(input_shape)
        return (batch, *(pixels and pixels // self.pool_size for pixels in size), channels)

    def get_config(self) -> dict:
        return {**super().get_config(), "pool_size": self.pool_size}

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        kernel = self.normalized_kernel(training)
        if self.pool_size == 1:
            outputs = self.convolution_op(inputs, ops.cast(kernel, self.compute_dtype))
        else:
            outputs = pooled_conv2d(inputs, kernel)
        if self.use_bias:
            shape = (1, 1, 1, -1) if self.data_format == "channels_last" else (1, -1, 1, 1)
            outputs = outputs + ops.reshape(self.bias, shape)
        return self.activation(outputs)


@keras.saving.register_keras_serializable("tfnss")
class SpectralDense(_SpectralNormalization, keras.layers.Dense):
    """A `keras.layers.Dense` whose kernel is divided by its spectral norm.

    Args:
        *args: As for `keras.layers.Dense`.
        power_iterations: Steps towards the first singular vector per call in training, >= 1; the paper makes one.
        seed: Seed of the vector's first guess.
        **kwargs: As for `keras.layers.Dense`.

    Call arguments:
        inputs: Floats `[batch, ..., in]`.
        training: Whether to make the steps.

    Returns:
        Floats `[batch, ..., units]`.

    Raises:
        ValueError: For `power_iterations` below 1, and whatever the Keras layer refuses.

    Reference: Miyato et al. 2018, Spectral Normalization for Generative Adversarial Networks, algorithm 1.
    """

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        outputs = ops.matmul(inputs, ops.cast(self.normalized_kernel(training), self.compute_dtype))
        if self.use_bias:
            outputs = outputs + self.bias
        return self.activation(outputs)


def _iterated(matrix: Any, u: Any, steps: int) -> tuple[Any, Any]:
    """u and v after power iterations on the matrix `[inputs, outputs]`."""
    for _ in range(steps):
        v = _unit(ops.matmul(matrix, u))
        u = _unit(ops.matmul(v, matrix))
    return u, v


def _unit(x: Any) -> Any:
    return x / ops.maximum(ops.norm(x), _EPSILON)
