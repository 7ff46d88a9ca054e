"""StyleGAN2's generator: mapping and synthesis, with mixed and truncated styles between them."""

from typing import Any

import keras
import numpy as np
from keras import ops

from models.stylegan2.mapping import Mapping
from models.stylegan2.synthesis import Synthesis
from tfnss import random
from tfnss.resolution import Resolution, plain

_AVERAGE_DECAY = 0.995


@keras.saving.register_keras_serializable("tfnss")
class StyleGAN2Generator(keras.Model):
    """StyleGAN2's generator.

    Args:
        resolution: Side of a square, or height and width, in pixels: 3 to 16 times a power of two.
        channels: Colour channels.
        latent_dim: Width of the latents.
        style_dim: Width of the styles.
        mapping_layers: Layers of the mapping network.
        channel_base: Channels times nominal resolution, where that is
        channel_max: at most this many channels.
        architecture: `skip`, `resnet` or `orig`.
        noise: `euclidean`, `riemannian` or None.
        classes: Number of classes; 0 for an unconditional network.
        clamp: Limit of the activations; None for none.
        half_precision_resolutions: The highest so many resolutions compute in `half_precision`.
        half_precision: Keras' policy there.
        mixing_probability: Share of the images in training whose styles come from two latents, with the change at a
            random slot. (The official code mixes whole batches with this probability; image by image the result does not
            depend on how a batch is divided.)

    Call arguments:
        latents: Floats `[batch, latent_dim]`.
        labels: Floats `[batch, classes]`, one-hot, for a conditional network.
        truncation: Distance of styles from their average, as a share: 1 leaves them, 0 gives the average image. A
            conditional network has an average for each class, as StyleGAN-XL has (Sauer et al. 2022).
        truncation_cutoff: Number of slots, from the coarsest, that are truncated; None for all. StyleGAN truncates its 8
            coarsest (Karras et al. 2019).
        noise: `random`, `constant` or `none`.
        training: Whether styles are mixed.

    Returns:
        Float32 images `[batch, height, width, channels]`, nominally in [-1, 1] but not clipped.

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
        if not 0 <= mixing_probability <= 1:
            raise ValueError(
                f"`mixing_probability` must lie in [0, 1]. Received: mixing_probability={mixing_probability}"
            )
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
        self._config = {
            "resolution": plain(resolution),
            "latent_dim": latent_dim,
            "mapping_layers": mapping_layers,
            "classes": classes,
            "mixing_probability": mixing_probability,
            **common,
        }
        self.latent_dim, self.classes, self.mixing_probability = latent_dim, classes, mixing_probability
        self.mapping = Mapping(latent_dim, style_dim, mapping_layers, classes, name="mapping")
        self.synthesis = Synthesis(resolution, **common, name="synthesis")
        shape = (classes, style_dim) if classes else (style_dim,)
        self.average_style = self.add_weight(
            name="average_style", shape=shape, initializer="zeros", trainable=False, dtype="float32"
        )
        self.built = True

    @property
    def slots(self) -> int:
        """Number of styles of an image."""
        return self.synthesis.slots

    def call(
        self,
        latents: Any,
        labels: Any = None,
        truncation: Any = 1.0,
        truncation_cutoff: int | None = None,
        noise: str = "random",
        training: bool = False,
    ) -> Any:
        styles = self.styles(latents, labels, truncation, truncation_cutoff, training)
        return self.synthesis(styles, noise=noise, training=training)

    def styles(
        self,
        latents: Any,
        labels: Any = None,
        truncation: Any = 1.0,
        truncation_cutoff: int | None = None,
        training: bool = False,
    ) -> Any:
        """Styles `[batch, slots, style_dim]`, as `synthesis` takes them."""
        styles = self._broadcast(self.mapping(latents, labels))
        if training and self.mixing_probability:
            styles = self._mixed(styles, labels)
        return self._truncated(styles, labels, truncation, truncation_cutoff)

    def _broadcast(self, styles: Any) -> Any:
        return ops.tile(styles[:, None], (1, self.slots, 1))

    def _mixed(self, styles: Any, labels: Any) -> Any:
        """Styles of second latents from a random slot on."""
        batch = styles.shape[0]
        others = self._broadcast(self.mapping(random.stream().normal((batch, self.latent_dim)), labels))
        stream = random.stream()
        chosen, place = ops.split(stream.uniform((batch, 2)), 2, axis=1)
        cutoff = 1 + ops.floor(place * (self.slots - 1))
        changed = (ops.arange(self.slots, dtype="float32") >= cutoff) & (chosen < self.mixing_probability)
        return ops.where(changed[:, :, None], others, styles)

    def _truncated(self, styles: Any, labels: Any, truncation: Any, cutoff: int | None) -> Any:
        if isinstance(truncation, (int, float)) and truncation == 1:
            return styles
        slots = ops.arange(self.slots) < (self.slots if cutoff is None else cutoff)
        share = ops.where(slots, ops.cast(truncation, "float32"), 1.0)[None, :, None]
        average = self.average_style
        if self.classes:  # each image's own
            average = ops.matmul(ops.cast(labels, "float32"), average)[:, None]
        return average + share * (styles - average)

    @property
    def statistics(self) -> list[keras.Variable]:
        """Running statistics, which a moving average of the generator copies."""
        return [self.average_style]

    def update_statistics(self, latents: Any, labels: Any = None) -> None:
        """Moves the average style by a batch's mean; 0.995 of it stay.

        In a conditional network each class moves by the mean of its own images in the batch, and keeps its average where it
        has none there.
        """
        styles = self.mapping(latents, labels)
        if not self.classes:
            self.average_style.assign(_moved(self.average_style, ops.mean(styles, axis=0)))
            return
        # One step, however many images of the class the batch has: with one class this is the unconditional rule.
        counts = ops.sum(labels, axis=0)[:, None]
        means = ops.matmul(ops.transpose(labels), styles) / ops.maximum(counts, 1.0)
        self.average_style.assign(ops.where(counts > 0, _moved(self.average_style, means), self.average_style))

    def load_own_variables(self, store: Any) -> None:
        """As Keras does; a file of one average for all classes, as older ones are, gives it to each of them."""
        if self.classes and "0" in store and len(store["0"].shape) == 1:
            self.average_style.assign(for_each_class(store["0"], self.classes))
        else:
            super().load_own_variables(store)

    def compute_output_shape(self, latents_shape: tuple, **kwargs: Any) -> tuple:
        return (latents_shape[0], *self.synthesis.pyramid.size, self._config["channels"])

    def get_config(self) -> dict:
        return {"name": self.name, **self._config}


def for_each_class(average: Any, classes: int) -> np.ndarray:
    """One average style `[style_dim]` as that of every class, `[classes, style_dim]`."""
    return np.tile(np.asarray(average), (classes, 1))


def _moved(average: Any, mean: Any) -> Any:
    return mean + (average - mean) * _AVERAGE_DECAY
