"""StyleGAN's synthesis network: from styles to images."""

from collections.abc import Callable, Sequence
from typing import Any

import keras

from models.growing import add_lod, grown_image
from models.sizes import channels_at, pyramid
from models.style_arguments import check_call
from models.stylegan.styled import Epilogue, NormalizedConv2D
from models.stylegan2.sizes import policy_at
from models.stylegan2.styled import LearnedConstant
from tfnss.layers import EqualizedConv2D
from tfnss.resolution import Resolution, plain


@keras.saving.register_keras_serializable("tfnss")
class StyleGANSynthesis(keras.Model):
    """Images of styles; a network that grows by `models.growing`, from 8x8 on.

    Args:
        resolution: Side of a square, or height and width, in pixels: 3 to 16 times a power of two from 2.
        channels: Colour channels.
        style_dim: Width of the styles.
        channel_base: Channels times nominal resolution, where that is
        channel_max: at most this many channels.
        noise: `euclidean`, `riemannian` or None.
        clamp: Limit of the convolutions' outputs, 256 for half precision; None for none.
        half_precision_resolutions: The highest so many resolutions compute in `half_precision`.
        half_precision: Keras' policy there.

    Call arguments:
        styles: Floats `[batch, slots, style_dim]`, two slots for each resolution from 4x4 on.
        noise: `random`, `constant` or `none`.
        halvings: How often the sides of the images are halved; None for the network's own level of detail at the full size.
        fade: Beside `halvings`, the weight of the resolution below, in [0, 1).

    Returns:
        Float32 images `[batch, height, width, channels]`, nominally in [-1, 1]; halved in height and width as `halvings`
        says.

    Raises:
        ValueError: For a resolution or noise outside these, and for styles of another shape.

    Reference: Karras et al., A Style-Based Generator Architecture for Generative Adversarial Networks, CVPR 2019.
    """

    def __init__(
        self,
        resolution: Resolution,
        channels: int = 3,
        style_dim: int = 512,
        channel_base: int = 16384,
        channel_max: int = 512,
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
            "noise": noise,
            "clamp": clamp,
            "half_precision_resolutions": half_precision_resolutions,
            "half_precision": half_precision,
        }
        self.pyramid = pyramid(resolution, lowest=8)
        self.resolutions = self.pyramid.nominals
        styles = (None, style_dim)
        width = channels_at(4, channel_base, channel_max)
        shape: tuple = (None, *self.pyramid.smallest, width)
        self.constant = LearnedConstant(width, self.pyramid.smallest, "ones", dtype="float32", name="b4_constant")
        self.constant.build(styles)
        self.convs: dict[str, keras.layers.Layer] = {
            "b4_epilogue": Epilogue(noise, dtype="float32", name="b4_epilogue")
        }
        self.convs["b4_epilogue"].build(shape, styles)
        self.rgbs: dict[str, keras.layers.Layer] = {}
        for r in self.resolutions:
            policy = policy_at(r, self.pyramid.nominal, half_precision_resolutions, half_precision)
            width = channels_at(r, channel_base, channel_max)
            for name, resample in [("b4_conv", None)] if r == 4 else [(f"b{r}_conv0", "up"), (f"b{r}_conv1", None)]:
                conv = NormalizedConv2D(width, resample, noise, clamp, dtype=policy, name=name)
                conv.build(shape, styles)
                self.convs[name] = conv
                shape = (None, *self.pyramid.at(r), width)
            self.rgbs[str(r)] = EqualizedConv2D(channels, 1, dtype="float32", name=f"b{r}_rgb")
            self.rgbs[str(r)].build(shape)
        self.lod = add_lod(self)
        self.built = True

    @property
    def slots(self) -> int:
        """Number of styles of an image."""
        return 2 * len(self.resolutions)

    @property
    def style_kernels(self) -> list[Any]:
        """The kernel `[style_dim, 2 * channels]` of each slot's affine layer: scales, then shifts."""
        return [getattr(layer, "epilogue", layer).normalization.affine.kernel for layer in self.convs.values()]

    @property
    def most_halvings(self) -> int:
        """How often the sides of the images can be halved."""
        return len(self.resolutions) - 2

    def call(
        self,
        styles: Any,
        noise: str = "random",
        training: bool = False,
        halvings: int | None = None,
        fade: Any = None,
    ) -> Any:
        def layers(resolutions: Sequence[int]) -> Callable[[int], Any]:
            outputs = self._outputs(styles, noise, resolutions)
            return lambda r: self.rgbs[str(r)](outputs["b4_conv" if r == 4 else f"b{r}_conv1"])

        return grown_image(layers, self.resolutions, self.lod, halvings, fade)

    def features(self, styles: Any, noise: str = "random", training: bool = False) -> dict[str, Any]:
        """The output of each layer that a style steers, from the lowest resolution on.

        Args:
            styles: As in a call.
            noise: As in a call.
            training: As in a call.

        Returns:
            `[batch, height, width, channels]` by the layers' names: `b4_epilogue`, `b4_conv`, `b8_conv0` and so on.
        """
        return self._outputs(styles, noise, self.resolutions)

    def _outputs(self, styles: Any, noise: str, resolutions: Sequence[int]) -> dict[str, Any]:
        """The outputs of the layers that a style steers, one slot for each, at the lowest resolutions."""
        check_call(styles, noise, self.slots, self._config["style_dim"])
        x, outputs = self.constant(styles[:, 0]), {}
        for slot, name in enumerate(list(self.convs)[: 2 * len(resolutions)]):
            x = outputs[name] = self.convs[name](x, styles[:, slot], noise=noise)
        return outputs

    @property
    def parts(self) -> list[keras.layers.Layer]:
        """All its layers: the constant, those that a style steers and those of colours."""
        return [self.constant, *self.convs.values(), *self.rgbs.values()]

    def get_config(self) -> dict:
        return {"name": self.name, "dtype": self.dtype_policy.name, **self._config}
