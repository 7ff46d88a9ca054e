"""Layers that a style steers (StyleGAN2, figure 2)."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from tfnss.layers import EqualizedDense, ModulatedConv2D, scaled_leaky_relu
from tfnss.layers.noise import noise_injection


@keras.saving.register_keras_serializable("tfnss")
class StyledConv2D(keras.layers.Layer):
    """Modulated convolution, noise, bias and leaky rectifier.

    Args:
        filters: Number of output channels.
        resample: None, or "up" to double the image.
        noise: `euclidean`, `riemannian` or None.
        clamp: None, or the output lies in [-clamp, clamp].

    Call arguments:
        images: Floats `[batch, height, width, in]` with static height and width.
        styles: Floats `[batch, style_dim]`.
        noise: `random`, `constant` for the stored map, or `none`.

    Returns:
        Floats `[batch, height', width', filters]`: as high and wide as the images, or twice as much.

    Raises:
        ValueError: For another `noise`, or what `ModulatedConv2D` refuses.
    """

    def __init__(
        self,
        filters: int,
        resample: str | None = None,
        noise: str | None = "euclidean",
        clamp: float | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.autocast = False  # styles stay float32 up to the convolution
        self.filters, self.resample, self.noise_kind, self.clamp = filters, resample, noise, clamp
        self.conv = ModulatedConv2D(filters, 3, resample=resample, dtype=self.dtype_policy, name="conv")
        self.noise = noise_injection(noise, dtype=self.dtype_policy, name="noise")

    def build(self, images_shape: tuple, styles_shape: tuple) -> None:
        channels = images_shape[-1]
        self.affine = EqualizedDense(channels, bias_value=1.0, dtype="float32", name="affine")
        self.affine.build(styles_shape)
        self.conv.build(images_shape, (styles_shape[0], channels))
        shape = self.compute_output_shape(images_shape, styles_shape)
        if self.noise is not None:
            self.noise.build(shape)
            self.noise_constant = self.add_weight(
                name="noise_constant",
                shape=shape[1:3],
                initializer=keras.initializers.RandomNormal(stddev=1.0),
                trainable=False,
            )
        self.bias = self.add_weight(name="bias", shape=(self.filters,), initializer="zeros")

    def call(self, images: Any, styles: Any, noise: str = "random") -> Any:
        x = self.conv(ops.cast(images, self.compute_dtype), self.affine(styles))
        if self.noise is not None:
            maps = {"constant": self.noise_constant, "none": 0 * self.noise_constant}
            x = self.noise(x, noise=maps.get(noise))
        x = scaled_leaky_relu(x + ops.cast(self.bias, x.dtype))
        return x if self.clamp is None else ops.clip(x, -self.clamp, self.clamp)

    def named_weights(self) -> dict[str, keras.Variable]:
        """Its weights by short names."""
        noise = [] if self.noise is None else self.noise.weights
        constant = {} if self.noise is None else {"noise_constant": self.noise_constant}
        return _named(self.conv, self.bias, self.affine) | {weight.name: weight for weight in noise} | constant

    def compute_output_shape(self, images_shape: tuple, styles_shape: tuple) -> tuple:
        factor = 2 if self.resample == "up" else 1
        return (images_shape[0], images_shape[1] * factor, images_shape[2] * factor, self.filters)

    def get_config(self) -> dict:
        return {
            **super().get_config(),
            "filters": self.filters,
            "resample": self.resample,
            "noise": self.noise_kind,
            "clamp": self.clamp,
        }


@keras.saving.register_keras_serializable("tfnss")
class ToRGB(keras.layers.Layer):
    """1x1 modulated convolution to colours, without demodulation; float32 out.

    Args:
        channels: Colour channels.
        clamp: None, or the output lies in [-clamp, clamp].

    Call arguments:
        images: Floats `[batch, height, width, in]`.
        styles: Floats `[batch, style_dim]`.

    Returns:
        Float32 `[batch, height, width, channels]`.
    """

    def __init__(self, channels: int, clamp: float | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.autocast = False
        self.channels, self.clamp = channels, clamp
        self.conv = ModulatedConv2D(channels, 1, demodulate=False, dtype=self.dtype_policy, name="conv")

    def build(self, images_shape: tuple, styles_shape: tuple) -> None:
        self.affine = EqualizedDense(images_shape[-1], bias_value=1.0, dtype="float32", name="affine")
        self.affine.build(styles_shape)
        self.conv.build(images_shape, (styles_shape[0], images_shape[-1]))
        self.bias = self.add_weight(name="bias", shape=(self.channels,), initializer="zeros")

    def call(self, images: Any, styles: Any) -> Any:
        x = self.conv(ops.cast(images, self.compute_dtype), self.affine(styles))
        x = ops.cast(x, "float32") + ops.cast(self.bias, "float32")
        return x if self.clamp is None else ops.clip(x, -self.clamp, self.clamp)

    def named_weights(self) -> dict[str, keras.Variable]:
        """Its weights by short names."""
        return _named(self.conv, self.bias, self.affine)

    def compute_output_shape(self, images_shape: tuple, styles_shape: tuple) -> tuple:
        return (*images_shape[:-1], self.channels)

    def get_config(self) -> dict:
        return {**super().get_config(), "channels": self.channels, "clamp": self.clamp}


def _named(conv: ModulatedConv2D, bias: keras.Variable, affine: EqualizedDense) -> dict[str, keras.Variable]:
    return {"kernel": conv.kernel, "bias": bias} | {f"affine/{weight.name}": weight for weight in affine.weights}


@keras.saving.register_keras_serializable("tfnss")
class LearnedConstant(keras.layers.Layer):
    """The learned image that synthesis starts from, of 4x4 pixels if nothing else is said.

    Args:
        channels: Its channels.
        size: Its height and width.
        initial: Its values at the start: `normal`, N(0, 1), or `ones`.

    Call arguments:
        styles: Any array whose first axis is the batch.

    Returns:
        Floats `[batch, height, width, channels]`.
    """

    def __init__(self, channels: int, size: Sequence[int] = (4, 4), initial: str = "normal", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.channels, self.size, self.initial = channels, tuple(size), initial

    def build(self, styles_shape: tuple) -> None:
        initializer = keras.initializers.RandomNormal(stddev=1.0) if self.initial == "normal" else self.initial
        self.constant = self.add_weight(name="constant", shape=(*self.size, self.channels), initializer=initializer)

    def call(self, styles: Any) -> Any:
        return ops.tile(self.constant[None], (ops.shape(styles)[0], 1, 1, 1))

    def compute_output_shape(self, styles_shape: tuple) -> tuple:
        return (styles_shape[0], *self.size, self.channels)

    def get_config(self) -> dict:
        return {**super().get_config(), "channels": self.channels, "size": self.size, "initial": self.initial}
