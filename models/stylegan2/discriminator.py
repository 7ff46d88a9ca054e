"""StyleGAN2's discriminator."""

import math
from typing import Any

import keras
from keras import ops

from models.sizes import pyramid
from models.stylegan2.mapping import check_labels
from models.stylegan2.sizes import channels_at, check_architecture, policy_at
from tfnss.layers import (
    EqualizedConv2D,
    EqualizedDense,
    MinibatchStandardDeviation,
    PixelNormalization,
    downsample2d,
)
from tfnss.resolution import Resolution, plain

ARCHITECTURES = ("resnet", "skip", "orig")
_LABEL_RATE = 0.01


@keras.saving.register_keras_serializable("tfnss")
class StyleGAN2Discriminator(keras.Model):
    """StyleGAN2's discriminator.

    Args:
        resolution: Side of a square, or height and width, in pixels: 3 to 16 times a power of two.
        channels: Colour channels.
        channel_base: Channels times nominal resolution, where that is
        channel_max: at most this many channels.
        architecture: `resnet`, `skip` or `orig` (StyleGAN2, figure 7).
        group_size: Images in a group of the minibatch standard deviation.
        classes: Number of classes; 0 for an unconditional network.
        label_layers: Fully connected layers that map the labels' embedding.
        clamp: Limit of the activations, 256 for half precision; None for none.
        half_precision_resolutions: The highest so many resolutions compute in `half_precision`.
        half_precision: Keras' policy there.

    Call arguments:
        images: Floats `[batch, height, width, channels]` in [-1, 1].
        labels: Floats `[batch, classes]`, one-hot, for a conditional network.

    Returns:
        Float32 logits `[batch, 1]`.

    Raises:
        ValueError: For a resolution or architecture outside these, a batch that is not a multiple of its groups, and labels
            where there are no classes, or the reverse.

    Reference: Karras et al., Analyzing and Improving the Image Quality of StyleGAN, CVPR 2020.
    """

    def __init__(
        self,
        resolution: Resolution,
        channels: int = 3,
        channel_base: int = 32768,
        channel_max: int = 512,
        architecture: str = "resnet",
        group_size: int = 4,
        classes: int = 0,
        label_layers: int = 8,
        clamp: float | None = None,
        half_precision_resolutions: int = 0,
        half_precision: str = "mixed_float16",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self._config: dict[str, Any] = {
            "resolution": plain(resolution),
            "channels": channels,
            "channel_base": channel_base,
            "channel_max": channel_max,
            "architecture": check_architecture("architecture", architecture, ARCHITECTURES),
            "group_size": group_size,
            "classes": classes,
            "label_layers": label_layers,
            "clamp": clamp,
            "half_precision_resolutions": half_precision_resolutions,
            "half_precision": half_precision,
        }
        self.architecture, self.classes = architecture, classes
        self.pyramid = pyramid(resolution)
        self.resolutions = self.pyramid.nominals[::-1]
        self.blocks: dict[str, keras.layers.Layer] = {}
        for r in self.resolutions:
            self._build_block(r)
        self._build_output()
        self.built = True

    def _build_block(self, r: int) -> None:
        c = self._config
        policy = policy_at(r, self.pyramid.nominal, c["half_precision_resolutions"], c["half_precision"])
        size = self.pyramid.at(r)
        width, out = (channels_at(n, c["channel_base"], c["channel_max"]) for n in (r, max(4, r // 2)))
        if r == self.pyramid.nominal or self.architecture == "skip":
            self._add(f"b{r}_from_rgb", width, 1, (*size, c["channels"]), policy)
        if r == 4:
            return
        self._add(f"b{r}_conv0", width, 3, (*size, width), policy)
        self._add(f"b{r}_conv1", out, 3, (*size, width), policy, resample="down")
        if self.architecture == "resnet":
            skip = EqualizedConv2D(out, 1, resample="down", use_bias=False, dtype=policy, name=f"b{r}_skip")
            skip.build((None, *size, width))
            self.blocks[f"b{r}_skip"] = skip

    def _add(
        self,
        name: str,
        filters: int,
        kernel: int,
        shape: tuple[int, int, int],
        policy: str,
        resample: str | None = None,
    ) -> None:
        clamp = self._config["clamp"]
        layer = EqualizedConv2D(
            filters, kernel, resample=resample, activation="leaky_relu", clamp=clamp, dtype=policy, name=name
        )
        layer.build((None, *shape))
        self.blocks[name] = layer

    def _build_output(self) -> None:
        c = self._config
        size, width = self.pyramid.smallest, channels_at(4, c["channel_base"], c["channel_max"])
        self.deviation = MinibatchStandardDeviation(c["group_size"], dtype="float32", name="b4_deviation")
        self.deviation.build((None, *size, width))
        self._add("b4_conv", width, 3, (*size, width + 1), "float32")
        self.dense = EqualizedDense(width, "leaky_relu", dtype="float32", name="b4_dense")
        self.dense.build((None, math.prod(size) * width))
        self.output_dense = EqualizedDense(width if self.classes else 1, dtype="float32", name="b4_output")
        self.output_dense.build((None, width))
        self.embed, self.label_dense = None, []
        if self.classes:
            self.normalization = PixelNormalization(dtype="float32", name="normalization")
            self.embed = EqualizedDense(width, dtype="float32", name="embed")
            self.embed.build((None, self.classes))
            for index in range(c["label_layers"]):
                layer = EqualizedDense(
                    width,
                    "leaky_relu",
                    learning_rate_multiplier=_LABEL_RATE,
                    dtype="float32",
                    name=f"label_dense{index}",
                )
                layer.build((None, width))
                self.label_dense.append(layer)

    def call(self, images: Any, labels: Any = None, training: bool = False) -> Any:
        check_labels(labels, self.classes)
        x, image = None, ops.cast(images, "float32")
        for r in self.resolutions:
            if f"b{r}_from_rgb" in self.blocks:
                colours = self.blocks[f"b{r}_from_rgb"](image)
                x = colours if x is None else ops.cast(x, colours.dtype) + colours
            if r > 4:
                x = self._down(r, x)
                image = downsample2d(image) if self.architecture == "skip" else image
        x = self.blocks["b4_conv"](self.deviation(ops.cast(x, "float32")))
        x = self.output_dense(self.dense(ops.reshape(x, (-1, math.prod(x.shape[1:])))))
        if self.embed is None:
            return x
        return ops.sum(x * self._label_vectors(labels), axis=1, keepdims=True) / math.sqrt(x.shape[-1])

    def _down(self, r: int, x: Any) -> Any:
        y = self.blocks[f"b{r}_conv1"](self.blocks[f"b{r}_conv0"](x))
        if f"b{r}_skip" in self.blocks:
            y = (y + self.blocks[f"b{r}_skip"](x)) * math.sqrt(0.5)
        return y

    def _label_vectors(self, labels: Any) -> Any:
        assert self.embed is not None
        x = self.normalization(self.embed(ops.cast(labels, "float32")))
        for layer in self.label_dense:
            x = layer(x)
        return x

    @property
    def freezable_layers(self) -> list[keras.layers.Layer]:
        """The convolutions before those of the smallest features, in the order in which images pass: block by block those
        of colours, then the first, the second and the shortcut's.
        """
        return [layer for name, layer in self.blocks.items() if not name.startswith("b4_")]

    def compute_output_shape(self, images_shape: tuple, **kwargs: Any) -> tuple:
        return (images_shape[0], 1)

    def get_config(self) -> dict:
        return {"name": self.name, **self._config}
