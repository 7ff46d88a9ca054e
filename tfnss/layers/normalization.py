"""Normalisation with exact second derivatives, which penalties on gradients need."""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable("tfnss")
class LayerNormalization(keras.layers.Layer):
    """Normalises each image over height, width and channels, then scales and shifts each channel.

    In the place of `keras.layers.LayerNormalization` where a gradient is penalised: TensorFlow's moments, which Keras'
    layer uses, treat the mean as a constant in the variance, and that makes second derivatives wrong.

    Args:
        epsilon: Added to the variance.

    Call arguments:
        inputs: Floats `[batch, ..., channels]`.

    Returns:
        Floats, shaped as the inputs: gamma (x - mean) / sqrt(variance + epsilon) + beta.

    Reference: Ba, Kiros and Hinton, Layer Normalization; in critics: Gulrajani et al. 2017, section 4.
    """

    def __init__(self, epsilon: float = 1e-5, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.epsilon = epsilon

    def build(self, input_shape: tuple) -> None:
        self.gamma = self.add_weight(name="gamma", shape=(input_shape[-1],), initializer="ones")
        self.beta = self.add_weight(name="beta", shape=(input_shape[-1],), initializer="zeros")

    def call(self, inputs: Any) -> Any:
        axes = tuple(range(1, len(inputs.shape)))
        x = ops.cast(inputs, keras.backend.result_type(self.compute_dtype, "float32"))
        centred = x - ops.mean(x, axis=axes, keepdims=True)
        variance = ops.mean(ops.square(centred), axis=axes, keepdims=True)
        normalised = ops.cast(centred * ops.rsqrt(variance + self.epsilon), self.compute_dtype)
        return normalised * self.gamma + self.beta

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        return input_shape

    def get_config(self) -> dict:
        return {**super().get_config(), "epsilon": self.epsilon}


@keras.saving.register_keras_serializable("tfnss")
class PixelNormalization(keras.layers.Layer):
    """Divides each vector of features by its root mean square: x / sqrt(mean(x^2) + epsilon).

    StyleGAN's mapping network does so with its latents, and progressive growing with every pixel.

    Args:
        epsilon: Added to the mean square, >= 0.

    Call arguments:
        inputs: Floats `[batch, ..., features]`.

    Returns:
        Floats, shaped as the inputs.

    Raises:
        ValueError: For a negative `epsilon`.

    Reference: Karras et al. 2018, Progressive Growing of GANs, section 4.2.
    """

    def __init__(self, epsilon: float = 1e-8, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not epsilon >= 0:
            raise ValueError(f"`epsilon` must be a number >= 0. Received: epsilon={epsilon}")
        self.epsilon = epsilon
        self.built = True

    def call(self, inputs: Any) -> Any:
        x = ops.cast(inputs, keras.backend.result_type(self.compute_dtype, "float32"))
        x = x * ops.rsqrt(ops.mean(ops.square(x), axis=-1, keepdims=True) + self.epsilon)
        return ops.cast(x, self.compute_dtype)

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        return input_shape

    def get_config(self) -> dict:
        return {**super().get_config(), "epsilon": self.epsilon}
