"""StyleGAN's generator."""

from typing import Any

import keras

from models.style_based import StyleBasedGenerator
from models.stylegan.synthesis import StyleGANSynthesis
from models.stylegan2.mapping import Mapping
from tfnss.resolution import Resolution, plain


@keras.saving.register_keras_serializable("tfnss")
class StyleGANGenerator(StyleBasedGenerator):
    """StyleGAN's generator, which grows.

    Its calls are those of `models.style_based.StyleBasedGenerator`. Truncation is of the 8 coarsest slots, if nothing else
    is said.

    Args:
        resolution: Side of a square, or height and width, in pixels: 3 to 16 times a power of two from 2.
        channels: Colour channels.
        latent_dim: Width of the latents.
        style_dim: Width of the styles.
        mapping_layers: Layers of the mapping network.
        channel_base: Channels times nominal resolution, where that is
        channel_max: at most this many channels.
        noise: `euclidean`, with a strength for each channel, `riemannian` or None.
        classes: Number of classes; 0 for an unconditional network.
        clamp: Limit of the convolutions' outputs; None for none.
        half_precision_resolutions: The highest so many resolutions compute in `half_precision`.
        half_precision: Keras' policy there.
        mixing_probability: Share of the images in training whose styles come from two latents, with the change at a
            random slot of those in use.

    Raises:
        ValueError: For a resolution, noise or `mixing_probability` outside these, latents of another width, labels where
            there are no classes, or the reverse, and for a resolution that the network does not have.

    Reference: Karras et al., A Style-Based Generator Architecture for Generative Adversarial Networks, CVPR 2019.
    """

    truncation_cutoff = 8

    def __init__(
        self,
        resolution: Resolution,
        channels: int = 3,
        latent_dim: int = 512,
        style_dim: int = 512,
        mapping_layers: int = 8,
        channel_base: int = 16384,
        channel_max: int = 512,
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
        sizes, policy = (latent_dim, style_dim, mapping_layers, classes), self.dtype_policy
        mapping = Mapping(*sizes, "unscaled_leaky_relu", dtype=policy, name="mapping")
        self._assemble(mapping, StyleGANSynthesis(resolution, **common, dtype=policy, name="synthesis"), config)
