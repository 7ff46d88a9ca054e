"""Layers with equalised learning rate: weights are stored with unit variance and scaled when used.

Adam's steps do not depend on the scale of a gradient, so stored weights of one size all learn at one relative rate
(Karras et al. 2018, Progressive Growing of GANs, section 4.1).
"""

import math
from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from tfnss.layers.activation import activate, check_activation
from tfnss.layers.resample import TAPS
from tfnss.layers.resampled_convolution import check_resample, check_taps, resampled_conv2d, resampled_size


@keras.saving.register_keras_serializable("tfnss")
class EqualizedDense(keras.layers.Layer):
    """A fully connected layer with equalised learning rate.

    The weights in use are `kernel * kernel_gain * learning_rate_multiplier / sqrt(inputs)` and
    `bias * learning_rate_multiplier`; the stored kernel starts from N(0, 1) / learning_rate_multiplier.

    Args:
        units: Number of outputs.
        activation: None; "leaky_relu", which is sqrt(2) leaky_relu(x, 0.2); or "unscaled_leaky_relu", without the root.
        use_bias: Whether a bias is added before the activation.
        bias_value: The bias in use at the start.
        learning_rate_multiplier: Factor of the learning rate, > 0; 0.01 in StyleGAN's mapping network.
        kernel_gain: Factor of the kernel, > 0; sqrt(2) in StyleGAN before its activation.

    Call arguments:
        inputs: Floats `[batch, ..., inputs]`.

    Returns:
        Floats `[batch, ..., units]`.

    Raises:
        ValueError: For arguments outside these ranges.

    Reference: Karras et al. 2020, Analyzing and Improving the Image Quality of StyleGAN.
    """

    def __init__(
        self,
        units: int,
        activation: str | None = None,
        use_bias: bool = True,
        bias_value: float = 0.0,
        learning_rate_multiplier: float = 1.0,
        kernel_gain: float = 1.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if units < 1:
            raise ValueError(f"`units` must be at least 1. Received: units={units}")
        if not 0 < learning_rate_multiplier < math.inf:
            raise ValueError(
                "`learning_rate_multiplier` must be a finite number > 0. "
                f"Received: learning_rate_multiplier={learning_rate_multiplier}"
            )
        _check_gain("kernel_gain", kernel_gain)
        self.units = units
        self.activation = check_activation(activation)
        self.use_bias = use_bias
        self.bias_value = bias_value
        self.learning_rate_multiplier = learning_rate_multiplier
        self.kernel_gain = float(kernel_gain)

    def build(self, inputs_shape: tuple) -> None:
        self.kernel = self.add_weight(
            name="kernel",
            shape=(inputs_shape[-1], self.units),
            initializer=keras.initializers.RandomNormal(stddev=1 / self.learning_rate_multiplier),
        )
        if self.use_bias:
            self.bias = self.add_weight(
                name="bias",
                shape=(self.units,),
                initializer=keras.initializers.Constant(self.bias_value / self.learning_rate_multiplier),
            )

    def call(self, inputs: Any) -> Any:
        scale = self.kernel_gain * self.learning_rate_multiplier / math.sqrt(self.kernel.shape[0])
        x = ops.matmul(inputs, self.kernel * scale)
        if self.use_bias:
            x = x + self.bias * self.learning_rate_multiplier
        return activate(x, self.activation)

    def compute_output_shape(self, inputs_shape: tuple) -> tuple:
        return (*inputs_shape[:-1], self.units)

    def get_config(self) -> dict:
        return {
            **super().get_config(),
            "units": self.units,
            "activation": self.activation,
            "use_bias": self.use_bias,
            "bias_value": self.bias_value,
            "learning_rate_multiplier": self.learning_rate_multiplier,
            "kernel_gain": self.kernel_gain,
        }


@keras.saving.register_keras_serializable("tfnss")
class EqualizedConv2D(keras.layers.Layer):
    """A convolution with equalised learning rate that may double or halve the image; see `resampled_conv2d`.

    The kernel in use is `kernel * kernel_gain / sqrt(size * size * in)`; the stored one starts from N(0, 1). Bias,
    activation, gain and clamp follow in this order.

    Args:
        filters: Number of output channels.
        kernel_size: Height and width of the kernel, odd; 1 or 3 for resampling.
        resample: None, "up" or "down".
        activation: None; "leaky_relu", which is sqrt(2) leaky_relu(x, 0.2); or "unscaled_leaky_relu", without the root.
        use_bias: Whether a bias, 0 at the start, is added before the activation.
        gain: Factor of the output, > 0.
        clamp: None, or the output lies in [-clamp * gain, clamp * gain]; 256 guards float16.
        kernel_gain: Factor of the kernel, > 0; sqrt(2) in StyleGAN before its activation.
        taps: The filter of resampling along one axis, of an even number of taps: (1, 1) for the nearest neighbours and the
            2x2 means of StyleGAN.

    Call arguments:
        images: Floats `[batch, height, width, in]`; for resampling with static height and width.

    Returns:
        Floats `[batch, height', width', filters]`: as high and wide as the images, or twice or half as much.

    Raises:
        ValueError: For arguments outside these ranges, and for resampling images of unknown size.

    Reference: Karras et al. 2020, Analyzing and Improving the Image Quality of StyleGAN; the clamp: Karras et al. 2020,
    Training Generative Adversarial Networks with Limited Data.
    """

    def __init__(
        self,
        filters: int,
        kernel_size: int,
        resample: str | None = None,
        activation: str | None = None,
        use_bias: bool = True,
        gain: float = 1.0,
        clamp: float | None = None,
        kernel_gain: float = 1.0,
        taps: Sequence[float] = TAPS,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if filters < 1:
            raise ValueError(f"`filters` must be at least 1. Received: filters={filters}")
        _check_gain("gain", gain)
        _check_gain("kernel_gain", kernel_gain)
        if clamp is not None and not clamp > 0:
            raise ValueError(f"`clamp` must be None or a number > 0. Received: clamp={clamp}")
        self.filters = filters
        self.kernel_size = kernel_size
        self.resample = check_resample(resample, kernel_size)
        self.activation = check_activation(activation)
        self.use_bias = use_bias
        self.gain = gain
        self.clamp = clamp
        self.kernel_gain = float(kernel_gain)
        self.taps = check_taps(taps)

    def build(self, images_shape: tuple) -> None:
        self.kernel = self.add_weight(
            name="kernel",
            shape=(self.kernel_size, self.kernel_size, images_shape[-1], self.filters),
            initializer=keras.initializers.RandomNormal(stddev=1.0),
        )
        if self.use_bias:
            self.bias = self.add_weight(name="bias", shape=(self.filters,), initializer="zeros")

    def call(self, images: Any) -> Any:
        scale = math.sqrt(math.prod(self.kernel.shape[:3])) / self.kernel_gain
        x = resampled_conv2d(images, self.kernel / scale, self.resample, self.taps)
        if self.use_bias:
            x = x + self.bias
        x = activate(x, self.activation)
        if self.gain != 1:
            x = x * self.gain
        if self.clamp is not None:
            x = ops.clip(x, -self.clamp * self.gain, self.clamp * self.gain)
        return x

    def compute_output_shape(self, images_shape: tuple) -> tuple:
        batch, height, width, _ = images_shape
        return batch, resampled_size(height, self.resample), resampled_size(width, self.resample), self.filters

    def get_config(self) -> dict:
        return {
            **super().get_config(),
            "filters": self.filters,
            "kernel_size": self.kernel_size,
            "resample": self.resample,
            "activation": self.activation,
            "use_bias": self.use_bias,
            "gain": self.gain,
            "clamp": self.clamp,
            "kernel_gain": self.kernel_gain,
            "taps": self.taps,
        }


def _check_gain(name: str, gain: float) -> None:
    if not 0 < gain < math.inf:
        raise ValueError(f"`{name}` must be a finite number > 0. Received: {name}={gain}")
