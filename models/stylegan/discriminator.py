"""StyleGAN's discriminator."""

import math
from typing import Any, ClassVar

import keras

from models.growing import BOX
from models.stylegan.styled import blurred
from models.stylegan2.discriminator import StyleGAN2Discriminator
from tfnss.resolution import Resolution


@keras.saving.register_keras_serializable("tfnss")
class StyleGANDiscriminator(StyleGAN2Discriminator):
    """StyleGAN's discriminator, which grows: StyleGAN2's of the architecture `grown`, but for its blocks.

    A block blurs between its convolutions and halves the images after the second one, by means of 2x2; the activation's
    factor of sqrt(2) is in the kernels.

    Args:
        resolution: Side of a square, or height and width, in pixels: 3 to 16 times a power of two from 2.
        channels: Colour channels.
        channel_base: Channels times nominal resolution, where that is
        channel_max: at most this many channels.
        group_size: Images in a group of the minibatch standard deviation.
        classes: Number of classes; 0 for an unconditional network.
        label_layers: Fully connected layers that map the labels' embedding.
        clamp: Limit of the activations, 256 for half precision; None for none.
        half_precision_resolutions: The highest so many resolutions compute in `half_precision`.
        half_precision: Keras' policy there.

    Call arguments:
        images: Floats `[batch, height, width, channels]` in [-1, 1], halved in height and width any number of times, down to
            8x8.
        labels: Floats `[batch, classes]`, one-hot, for a conditional network.
        fade: Weight of the resolution below, in [0, 1); None for none.

    Returns:
        Float32 logits `[batch, 1]`.

    Raises:
        ValueError: For a resolution outside these, a batch that is not a multiple of its groups, labels where there are no
            classes, or the reverse, and a size of images that the network does not have.

    Reference: Karras et al., A Style-Based Generator Architecture for Generative Adversarial Networks, CVPR 2019.
    """

    activation: ClassVar[dict[str, Any]] = {"activation": "unscaled_leaky_relu", "kernel_gain": math.sqrt(2)}
    resampling: ClassVar[dict[str, Any]] = {"taps": BOX}

    def __init__(
        self,
        resolution: Resolution,
        channels: int = 3,
        channel_base: int = 16384,
        channel_max: int = 512,
        group_size: int = 4,
        classes: int = 0,
        label_layers: int = 8,
        clamp: float | None = None,
        half_precision_resolutions: int = 0,
        half_precision: str = "mixed_float16",
        **kwargs: Any,
    ) -> None:
        arguments = {k: v for k, v in locals().items() if k not in ("self", "kwargs", "__class__")}
        super().__init__(**arguments, architecture="grown", **kwargs)

    def _between(self, x: Any) -> Any:
        return blurred(x)

    def get_config(self) -> dict:
        return {name: value for name, value in super().get_config().items() if name != "architecture"}
