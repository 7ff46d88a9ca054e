"""StyleGAN2's synthesis network: from styles to images."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import keras

from models.growing import add_lod, grown_image
from models.sizes import channels_at, pyramid
from models.style_arguments import check_call
from models.stylegan2.sizes import check_architecture, policy_at
from models.stylegan2.styled import LearnedConstant, StyledConv2D, ToRGB
from tfnss.layers import EqualizedConv2D, upsample2d
from tfnss.resolution import Resolution, plain

ARCHITECTURES = ("skip", "resnet", "orig", "grown")
RGB_EVERYWHERE = ("skip", "grown")


@keras.saving.register_keras_serializable("tfnss")
class Synthesis(keras.Model):
    """Images of styles.

    Args:
        resolution: Side of a square, or height and width, in pixels: 3 to 16 times a power of two.
        channels: Colour channels.
        style_dim: Width of the styles.
        channel_base: Channels times nominal resolution, where that is
        channel_max: at most this many channels.
        architecture: `skip`, `resnet` or `orig` (StyleGAN2, figure 7), or `grown`: a network that grows by
            `models.growing`, from 8x8 on, with an RGB layer at each resolution, of which one or two count.
        noise: `euclidean`, `riemannian` or None.
        clamp: Limit of the activations, 256 for half precision; None for none.
        half_precision_resolutions: The highest so many resolutions compute in `half_precision`.
        half_precision: Keras' policy there.

    Call arguments:
        styles: Floats `[batch, slots, style_dim]`, `slots = 2 log2(nominal resolution) - 2`.
        noise: `random`, `constant` or `none`.
        halvings: Of a network that grows, how often the sides of its images are halved; None for its own level of detail
            at the full size.
        fade: Beside `halvings`, the weight of the resolution below, in [0, 1).

    Returns:
        Float32 images `[batch, height, width, channels]`, nominally in [-1, 1]; halved in height and width as `halvings`
        says.

    Raises:
        ValueError: For a resolution, architecture or noise outside these, and for styles of another shape.
    """

    def __init__(
        self,
        resolution: Resolution,
        channels: int = 3,
        style_dim: int = 512,
        channel_base: int = 32768,
        channel_max: int = 512,
        architecture: str = "skip",
        noise: str | None = "euclidean",
        clamp: float | None = None,
        half_precision_resolutions: int = 0,
        half_precision: str = "mixed_float16",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self._config: dict[str, Any] = {
            "resolution": plain(resolution),
            "channels": channels,
            "style_dim": style_dim,
            "channel_base": channel_base,
            "channel_max": channel_max,
            "architecture": check_architecture("architecture", architecture, ARCHITECTURES),
            "noise": noise,
            "clamp": clamp,
            "half_precision_resolutions": half_precision_resolutions,
            "half_precision": half_precision,
        }
        grows = architecture == "grown"
        self.pyramid = pyramid(resolution, lowest=8 if grows else 4)
        self.resolutions = self.pyramid.nominals
        self.architecture = architecture
        styles = (None, style_dim)
        width = channels_at(4, channel_base, channel_max)
        self.constant = LearnedConstant(width, self.pyramid.smallest, dtype="float32", name="b4_constant")
        self.constant.build(styles)
        self.convs: dict[str, keras.layers.Layer] = {}
        self.rgbs: dict[str, keras.layers.Layer] = {}
        self.skips: dict[str, keras.layers.Layer] = {}
        for r in self.resolutions:
            policy = policy_at(r, self.pyramid.nominal, half_precision_resolutions, half_precision)
            out = channels_at(r, channel_base, channel_max)
            names = [("b4_conv", None)] if r == 4 else [(f"b{r}_conv0", "up"), (f"b{r}_conv1", None)]
            before = self.pyramid.at(max(4, r // 2))
            shape = (None, *before, width)
            for name, resample in names:
                conv = StyledConv2D(out, resample, noise, clamp, dtype=policy, name=name)
                conv.build(shape, styles)
                self.convs[name] = conv
                shape = (None, *self.pyramid.at(r), out)
            if architecture == "resnet" and r > 4:
                skip = EqualizedConv2D(out, 1, resample="up", use_bias=False, dtype=policy, name=f"b{r}_skip")
                skip.build((None, *before, width))
                self.skips[str(r)] = skip
            if architecture in RGB_EVERYWHERE or r == self.pyramid.nominal:
                rgb = ToRGB(channels, clamp, dtype=policy, name=f"b{r}_rgb")
                rgb.build(shape, styles)
                self.rgbs[str(r)] = rgb
            width = out
        self.lod = add_lod(self) if grows else None
        self.built = True

    @property
    def slots(self) -> int:
        """Number of styles of an image."""
        return 2 * len(self.resolutions)

    @property
    def style_kernels(self) -> list[Any]:
        """The kernel `[style_dim, channels]` of each slot's affine layer; of the last slot, that of the last RGB layer."""
        return [layer.affine.kernel for layer in (*self.convs.values(), list(self.rgbs.values())[-1])]

    @property
    def most_halvings(self) -> int:
        """How often the sides of the images can be halved: 0 for a network that does not grow."""
        return 0 if self.lod is None else len(self.resolutions) - 2

    def call(
        self,
        styles: Any,
        noise: str = "random",
        training: bool = False,
        halvings: int | None = None,
        fade: Any = None,
    ) -> Any:
        if self.lod is not None:

            def layers(resolutions: Sequence[int]) -> Callable[[int], Any]:
                outputs = self._outputs(styles, noise, resolutions)
                return lambda r: outputs[f"b{r}_rgb"]

            return grown_image(layers, self.resolutions, self.lod, halvings, fade)
        if halvings or fade is not None:
            raise ValueError(
                "a network of this architecture does not grow. Received: "
                f"architecture={self.architecture}, halvings={halvings}, fade={fade}"
            )
        image = None
        for rgb in self.rgb_outputs(styles, noise, training).values():
            image = rgb if image is None else upsample2d(image) + rgb
        return image

    def rgb_outputs(self, styles: Any, noise: str = "random", training: bool = False) -> dict[int, Any]:
        """What the image is the sum of: the output of each RGB layer, by its nominal resolution, from the lowest on.

        Args:
            styles: As in a call.
            noise: As in a call.
            training: As in a call.

        Returns:
            Float32 `[batch, height, width, channels]` for each resolution; for `resnet`, `orig` and `grown` the last
            alone.
        """
        outputs = self._outputs(styles, noise)
        summands = self.resolutions if self.architecture == "skip" else self.resolutions[-1:]
        return {r: outputs[f"b{r}_rgb"] for r in summands}

    def features(self, styles: Any, noise: str = "random", training: bool = False) -> dict[str, Any]:
        """The output of each styled convolution, after noise, bias and rectifier, from the lowest resolution on.

        Args:
            styles: As in a call.
            noise: As in a call.
            training: As in a call.

        Returns:
            `[batch, resolution, resolution, channels]` by the layers' names: `b4_conv`, `b8_conv0`, `b8_conv1` and so on.
        """
        outputs = self._outputs(styles, noise)
        return {name: outputs[name] for name in self.convs}

    def _outputs(self, styles: Any, noise: str, resolutions: Sequence[int] | None = None) -> dict[str, Any]:
        """The outputs of all layers but the skip connections, by name; up to a resolution if only the lowest are given."""
        check_call(styles, noise, self.slots, self._config["style_dim"])
        x, outputs = self.constant(styles[:, 0]), {}
        for index, r in enumerate(resolutions or self.resolutions):
            first = max(0, 2 * index - 1)  # slot of the block's first convolution
            block_input = x
            for offset, name in enumerate(["b4_conv"] if r == 4 else [f"b{r}_conv0", f"b{r}_conv1"]):
                x = outputs[name] = self.convs[name](x, styles[:, first + offset], noise=noise)
            if str(r) in self.skips:
                x = (x + self.skips[str(r)](block_input)) * math.sqrt(0.5)
            if str(r) in self.rgbs:
                outputs[f"b{r}_rgb"] = self.rgbs[str(r)](x, styles[:, 2 * index + 1])
        return outputs

    @property
    def parts(self) -> list[keras.layers.Layer]:
        """All its layers: the constant, the convolutions, those of colours and those of the shortcuts."""
        return [self.constant, *self.convs.values(), *self.rgbs.values(), *self.skips.values()]

    def get_config(self) -> dict:
        return {"name": self.name, "dtype": self.dtype_policy.name, **self._config}
