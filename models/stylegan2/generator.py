"""StyleGAN2's generator."""

from typing import Any

import keras

from models.style_based import StyleBasedGenerator
from models.stylegan2.mapping import Mapping
from models.stylegan2.synthesis import Synthesis
from tfnss.resolution import Resolution, plain


@keras.saving.register_keras_serializable("tfnss")
class StyleGAN2Generator(StyleBasedGenerator):
    """StyleGAN2's generator.

    Args:
        resolution: Side of a square, or height and width, in pixels: 3 to 16 times a power of two.
        channels: Colour channels.
        latent_dim: Width of the latents.
        style_dim: Width of the styles.
        mapping_layers: Layers of the mapping network.
        channel_base: Channels times nominal resolution, where that is
        channel_max: at most this many channels.
        architecture: `skip`, `resnet`, `orig`, or `grown`: a network that grows (configurations B to D).
        noise: `euclidean`, `riemannian` or None.
        classes: Number of classes; 0 for an unconditional network.
        clamp: Limit of the activations; None for none.
        half_precision_resolutions: The highest so many resolutions compute in `half_precision`.
        half_precision: Keras' policy there.
        mixing_probability: Share of the images in training whose styles come from two latents, with the change at a
            random slot. (The official code mixes whole batches with this probability; image by image the result does not
            depend on how a batch is divided.)

    Its calls are those of `models.style_based.StyleBasedGenerator`.

    Raises:
        ValueError: For a resolution, architecture, noise or `mixing_probability` outside these, latents of another
            width, and labels where there are no classes, or the reverse.

    Reference: Karras et al., Analyzing and Improving the Image Quality of StyleGAN, CVPR 2020.
    """

    def __init__(
        self,
        resolution: Resolution,
        channels: int = 3,
        latent_dim: int = 512,
        style_dim: int = 512,
        mapping_layers: int = 8,
        channel_base: int = 32768,
        channel_max: int = 512,
        architecture: str = "skip",
        noise: str | None = "euclidean",
        classes: int = 0,
        clamp: float | None = None,
        half_precision_resolutions: int = 0,
        half_precision: str = "mixed_float16",
        mixing_probability: float = 0.9,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        common: dict[str, Any] = {
            "channels": channels,
            "style_dim": style_dim,
            "channel_base": channel_base,
            "channel_max": channel_max,
            "architecture": architecture,
            "noise": noise,
            "clamp": clamp,
            "half_precision_resolutions": half_precision_resolutions,
            "half_precision": half_precision,
        }
        config = {
            "resolution": plain(resolution),
            "latent_dim": latent_dim,
            "mapping_layers": mapping_layers,
            "classes": classes,
            "mixing_probability": mixing_probability,
            **common,
        }
        policy = self.dtype_policy
        mapping = Mapping(latent_dim, style_dim, mapping_layers, classes, dtype=policy, name="mapping")
        self._assemble(mapping, Synthesis(resolution, **common, dtype=policy, name="synthesis"), config)
