"""StyleGAN2's discriminator."""

import math
from typing import Any, ClassVar

import keras
from keras import ops

from models.growing import faded, halved
from models.labels import check_labels
from models.sizes import channels_at, pyramid
from models.stylegan2.sizes import check_architecture, policy_at
from models.stylegan2.synthesis import RGB_EVERYWHERE
from tfnss.layers import (
    EqualizedConv2D,
    EqualizedDense,
    MinibatchStandardDeviation,
    PixelNormalization,
    downsample2d,
)
from tfnss.resolution import Resolution, plain

ARCHITECTURES = ("resnet", "skip", "orig", "grown")
_LABEL_RATE = 0.01


@keras.saving.register_keras_serializable("tfnss")
class StyleGAN2Discriminator(keras.Model):
    """StyleGAN2's discriminator.

    Args:
        resolution: Side of a square, or height and width, in pixels: 3 to 16 times a power of two.
        channels: Colour channels.
        channel_base: Channels times nominal resolution, where that is
        channel_max: at most this many channels.
        architecture: `resnet`, `skip` or `orig` (StyleGAN2, figure 7), or `grown`: a network that grows by
            `models.growing`, with a layer from RGB at each resolution, of which one or two count.
        group_size: Images in a group of the minibatch standard deviation.
        classes: Number of classes; 0 for an unconditional network.
        label_layers: Fully connected layers that map the labels' embedding.
        clamp: Limit of the activations, 256 for half precision; None for none.
        half_precision_resolutions: The highest so many resolutions compute in `half_precision`.
        half_precision: Keras' policy there.

    Call arguments:
        images: Floats `[batch, height, width, channels]` in [-1, 1]; of a network that grows, halved in height and width
            any number of times, down to 8x8.
        labels: Floats `[batch, classes]`, one-hot, for a conditional network.
        fade: Of a network that grows, the weight of the resolution below, in [0, 1); None for none.

    Returns:
        Float32 logits `[batch, 1]`.

    Raises:
        ValueError: For a resolution or architecture outside these, a batch that is not a multiple of its groups, labels
            where there are no classes, or the reverse, and a size of images that a growing network does not have.

    Reference: Karras et al., Analyzing and Improving the Image Quality of StyleGAN, CVPR 2020.
    """

    activation: ClassVar[dict[str, Any]] = {"activation": "leaky_relu"}  # of all layers but the last
    resampling: ClassVar[dict[str, Any]] = {}  # of convolutions

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
        self.pyramid = pyramid(resolution, lowest=8 if architecture == "grown" else 4)
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
        if r == self.pyramid.nominal or self.architecture in RGB_EVERYWHERE:
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
        settings = {**self.activation, **self.resampling}
        layer = EqualizedConv2D(filters, kernel, resample=resample, clamp=clamp, dtype=policy, name=name, **settings)
        layer.build((None, *shape))
        self.blocks[name] = layer

    def _build_output(self) -> None:
        c = self._config
        size, width = self.pyramid.smallest, channels_at(4, c["channel_base"], c["channel_max"])
        self.deviation = MinibatchStandardDeviation(c["group_size"], dtype="float32", name="b4_deviation")
        self.deviation.build((None, *size, width))
        self._add("b4_conv", width, 3, (*size, width + 1), "float32")
        self.dense = EqualizedDense(width, dtype="float32", name="b4_dense", **self.activation)
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
                    learning_rate_multiplier=_LABEL_RATE,
                    dtype="float32",
                    name=f"label_dense{index}",
                    **self.activation,
                )
                layer.build((None, width))
                self.label_dense.append(layer)

    def call(self, images: Any, labels: Any = None, training: bool = False, fade: Any = None) -> Any:
        check_labels(labels, self.classes)
        if fade is not None and self.architecture != "grown":
            raise ValueError(
                f"a network of this architecture does not grow. Received: architecture={self.architecture}"
            )
        image = ops.cast(images, "float32")
        x = self._grown_features(image, fade) if self.architecture == "grown" else self._features(image)
        x = self.blocks["b4_conv"](self.deviation(ops.cast(x, "float32")))
        x = self.output_dense(self.dense(ops.reshape(x, (-1, math.prod(x.shape[1:])))))
        if self.embed is None:
            return x
        return ops.sum(x * self._label_vectors(labels), axis=1, keepdims=True) / math.sqrt(x.shape[-1])

    def _features(self, image: Any) -> Any:
        """The smallest features."""
        x = None
        for r in self.resolutions:
            if f"b{r}_from_rgb" in self.blocks:
                colours = self.blocks[f"b{r}_from_rgb"](image)
                x = colours if x is None else ops.cast(x, colours.dtype) + colours
            if r > 4:
                x = self._down(r, x)
                image = downsample2d(image) if self.architecture == "skip" else image
        return x

    def _grown_features(self, image: Any, fade: Any) -> Any:
        """The smallest features, from the resolution of the images on."""
        first = self._resolution_of(image)
        x = self.blocks[f"b{first}_from_rgb"](image)
        for r in self.resolutions[self.resolutions.index(first) : -1]:
            x = self._down(r, x)
            if r == first and fade is not None:
                colours = self.blocks[f"b{r // 2}_from_rgb"](halved(image))
                x = faded(ops.cast(x, colours.dtype), colours, fade)
        return x

    def _resolution_of(self, image: Any) -> int:
        """The nominal resolution of images."""
        sizes = {self.pyramid.at(r): r for r in self.resolutions[:-1]}
        size = tuple(image.shape[1:3])
        if size not in sizes:
            known = ", ".join(f"{height}x{width}" for height, width in sizes)
            raise ValueError(f"images must be {known} (height x width). Received: shape {tuple(image.shape)}")
        return sizes[size]

    def _down(self, r: int, x: Any) -> Any:
        y = self.blocks[f"b{r}_conv1"](self._between(self.blocks[f"b{r}_conv0"](x)))
        if f"b{r}_skip" in self.blocks:
            y = (y + self.blocks[f"b{r}_skip"](x)) * math.sqrt(0.5)
        return y

    def _between(self, x: Any) -> Any:
        """What the two convolutions of a block have between them: nothing."""
        return x

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
        return {"name": self.name, "dtype": self.dtype_policy.name, **self._config}
