"""The mapping network of StyleGAN and StyleGAN2: from latents to styles."""

import math
from typing import Any

import keras
from keras import ops

from models.labels import check_labels
from tfnss.layers import EqualizedDense, PixelNormalization

_LEARNING_RATE = 0.01  # of the other layers'


@keras.saving.register_keras_serializable("tfnss")
class Mapping(keras.Model):
    """Styles of latents: fully connected layers on latents of unit mean square (StyleGAN2, figure 2).

    Args:
        latent_dim: Width of the latents.
        style_dim: Width of the styles.
        layers: Number of fully connected layers.
        classes: Number of classes; 0 for an unconditional network.
        activation: `leaky_relu`, or StyleGAN's `unscaled_leaky_relu` after kernels sqrt(2) times as large.

    Call arguments:
        latents: Floats `[batch, latent_dim]`.
        labels: Floats `[batch, classes]`, one-hot, for a conditional network.

    Returns:
        Styles `[batch, style_dim]`.

    Raises:
        ValueError: For latents of another width, and labels where there are no classes, or the reverse.
    """

    def __init__(
        self,
        latent_dim: int = 512,
        style_dim: int = 512,
        layers: int = 8,
        classes: int = 0,
        activation: str = "leaky_relu",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self._config: dict[str, Any] = {
            "latent_dim": latent_dim,
            "style_dim": style_dim,
            "layers": layers,
            "classes": classes,
            "activation": activation,
        }
        policy = self.dtype_policy  # of its layers too
        self.normalization = PixelNormalization(dtype=policy, name="normalization")
        self.embed = None
        width = latent_dim
        if classes:
            self.embed = EqualizedDense(style_dim, dtype=policy, name="embed")
            self.embed.build((None, classes))
            width += style_dim
        self.dense = []
        for index in range(layers):
            layer = EqualizedDense(
                style_dim,
                activation,
                learning_rate_multiplier=_LEARNING_RATE,
                kernel_gain=math.sqrt(2) if activation == "unscaled_leaky_relu" else 1.0,
                dtype=policy,
                name=f"dense{index}",
            )
            layer.build((None, width))
            self.dense.append(layer)
            width = style_dim
        self.built = True

    def call(self, latents: Any, labels: Any = None) -> Any:
        check_labels(labels, self._config["classes"])
        if latents.shape[-1] != self._config["latent_dim"]:
            raise ValueError(
                f"latents must be {self._config['latent_dim']} wide. Received: shape {tuple(latents.shape)}"
            )
        x = self.normalization(latents)
        if self.embed is not None:
            x = ops.concatenate([x, self.normalization(self.embed(labels))], axis=-1)
        for layer in self.dense:
            x = layer(x)
        return x

    def get_config(self) -> dict:
        return {"name": self.name, "dtype": self.dtype_policy.name, **self._config}
