"""Layers that a style steers (StyleGAN, figure 1)."""

import math
from typing import Any

import keras
from keras import ops

from models.growing import BOX
from tfnss.layers import AdaptiveInstanceNormalization, EqualizedConv2D, fir2d
from tfnss.layers.activation import activate
from tfnss.layers.noise import noise_injection


def blurred(images: Any) -> Any:
    """Filtered with (1, 2, 1) / 4 along both axes, with zeros around."""
    return fir2d(images, (1, 2, 1), ((1, 1), (1, 1)))


@keras.saving.register_keras_serializable("tfnss")
class Epilogue(keras.layers.Layer):
    """Noise, bias, leaky rectifier and adaptive instance normalisation.

    Args:
        noise: `euclidean`, with a strength for each channel, `riemannian` or None.

    Call arguments:
        images: Floats `[batch, height, width, channels]` with static height and width.
        styles: Floats `[batch, style_dim]`.
        noise: `random`, `constant` for the stored map, or `none`.

    Returns:
        Floats, shaped as the images.

    Raises:
        ValueError: For another `noise`.
    """

    def __init__(self, noise: str | None = "euclidean", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.autocast = False  # styles stay float32
        self.noise_kind = noise
        settings = {"strength_per_channel": True} if noise == "euclidean" else {}
        self.noise = noise_injection(noise, dtype=self.dtype_policy, name="noise", **settings)
        self.normalization = AdaptiveInstanceNormalization(dtype=self.dtype_policy, name="normalization")

    def build(self, images_shape: tuple, styles_shape: tuple) -> None:
        if self.noise is not None:
            self.noise.build(images_shape)
            self.noise_constant = self.add_weight(
                name="noise_constant",
                shape=images_shape[1:3],
                initializer=keras.initializers.RandomNormal(stddev=1.0),
                trainable=False,
            )
        self.bias = self.add_weight(name="bias", shape=(images_shape[-1],), initializer="zeros")
        self.normalization.build(images_shape, styles_shape)

    def call(self, images: Any, styles: Any, noise: str = "random") -> Any:
        x = ops.cast(images, self.compute_dtype)
        if self.noise is not None:
            maps = {"constant": self.noise_constant, "none": 0 * self.noise_constant}
            x = self.noise(x, noise=maps.get(noise))
        x = activate(x + ops.cast(self.bias, x.dtype), "unscaled_leaky_relu")
        return self.normalization(x, styles)

    def named_weights(self) -> dict[str, keras.Variable]:
        """Its weights by short names."""
        affine = self.normalization.affine
        named = {"bias": self.bias} | {f"affine/{weight.name}": weight for weight in affine.weights}
        if self.noise is not None:
            named |= {weight.name: weight for weight in self.noise.weights} | {"noise_constant": self.noise_constant}
        return named

    def compute_output_shape(self, images_shape: tuple, styles_shape: tuple) -> tuple:
        return images_shape

    def get_config(self) -> dict:
        return {**super().get_config(), "noise": self.noise_kind}


@keras.saving.register_keras_serializable("tfnss")
class NormalizedConv2D(keras.layers.Layer):
    """A 3x3 convolution with equalised learning rate, then an epilogue.

    Args:
        filters: Number of output channels.
        resample: None, or "up" to double the pixels before the convolution and blur after it.
        noise: As in `Epilogue`.
        clamp: None, or the outputs of the convolution lie in [-clamp, clamp].

    Call arguments:
        images: Floats `[batch, height, width, in]` with static height and width.
        styles: Floats `[batch, style_dim]`.
        noise: `random`, `constant` for the stored map, or `none`.

    Returns:
        Floats `[batch, height', width', filters]`: as high and wide as the images, or twice as much.

    Raises:
        ValueError: For what `EqualizedConv2D` and `Epilogue` refuse.
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
        self.autocast = False
        self.filters, self.resample, self.clamp = filters, resample, clamp
        self.conv = EqualizedConv2D(
            filters,
            3,
            resample,
            use_bias=False,
            clamp=clamp,
            kernel_gain=math.sqrt(2),
            taps=BOX,
            dtype=self.dtype_policy,
            name="conv",
        )
        self.epilogue = Epilogue(noise, dtype=self.dtype_policy, name="epilogue")

    def build(self, images_shape: tuple, styles_shape: tuple) -> None:
        self.conv.build(images_shape)
        self.epilogue.build(self.conv.compute_output_shape(images_shape), styles_shape)

    def call(self, images: Any, styles: Any, noise: str = "random") -> Any:
        x = self.conv(ops.cast(images, self.compute_dtype))
        return self.epilogue(blurred(x) if self.resample else x, styles, noise=noise)

    def named_weights(self) -> dict[str, keras.Variable]:
        """Its weights by short names."""
        return {"kernel": self.conv.kernel, **self.epilogue.named_weights()}

    def compute_output_shape(self, images_shape: tuple, styles_shape: tuple) -> tuple:
        return self.conv.compute_output_shape(images_shape)

    def get_config(self) -> dict:
        return {
            **super().get_config(),
            "filters": self.filters,
            "resample": self.resample,
            "noise": self.epilogue.noise_kind,
            "clamp": self.clamp,
        }
