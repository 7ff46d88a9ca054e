"""Generators of styles: a mapping and a synthesis network, with mixed and truncated styles between them."""

from typing import Any

import keras
import numpy as np
from keras import ops

from models.stylegan2.mapping import Mapping
from tfnss import random

_AVERAGE_DECAY = 0.995


class StyleBasedGenerator(keras.Model):
    """What the generators of StyleGAN and StyleGAN2 share: all but their layers.

    Call arguments:
        latents: Floats `[batch, latent_dim]`.
        labels: Floats `[batch, classes]`, one-hot, for a conditional network.
        truncation: Distance of styles from their average, as a share: 1 leaves them, 0 gives the average image. A
            conditional network has an average for each class, as StyleGAN-XL has (Sauer et al. 2022).
        truncation_cutoff: Number of slots, from the coarsest, that are truncated; None for the network's own number
            (`truncation_cutoff`): 8 in StyleGAN, all in StyleGAN2.
        noise: `random`, `constant` or `none`.
        training: Whether styles are mixed.
        halvings: Of a network that grows, the resolution in training: how often the sides are halved. None for images of
            the full size, at the network's own level of detail: those of a network that still grows have larger pixels.
        fade: Beside `halvings`, the weight of the resolution below, in [0, 1).

    Returns:
        Float32 images `[batch, height, width, channels]`, nominally in [-1, 1] but not clipped; halved in height and width
        as `halvings` says.

    Raises:
        ValueError: For latents of another width, labels where there are no classes, or the reverse, and for a resolution
            that the network does not have.
    """

    truncation_cutoff: int | None = None

    def _assemble(self, mapping: Mapping, synthesis: keras.Model, config: dict[str, Any]) -> None:
        """Takes the two networks, and adds the average of the styles."""
        probability = config["mixing_probability"]
        if not 0 <= probability <= 1:
            raise ValueError(f"`mixing_probability` must lie in [0, 1]. Received: mixing_probability={probability}")
        self._config = config
        self.latent_dim, self.classes, self.mixing_probability = config["latent_dim"], config["classes"], probability
        self.mapping, self.synthesis = mapping, synthesis
        shape = (self.classes, config["style_dim"]) if self.classes else (config["style_dim"],)
        self.average_style = self.add_weight(
            name="average_style", shape=shape, initializer="zeros", trainable=False, dtype="float32"
        )
        self.built = True

    @property
    def slots(self) -> int:
        """Number of styles of an image."""
        return self.synthesis.slots

    @property
    def lod(self) -> keras.Variable | None:
        """The level of detail, a variable: 0 for a grown network, 1 for images of half the size. None if nothing grows."""
        return self.synthesis.lod

    @property
    def most_halvings(self) -> int:
        """How often the sides of the images can be halved: 0 for a network that does not grow."""
        return self.synthesis.most_halvings

    def call(
        self,
        latents: Any,
        labels: Any = None,
        truncation: Any = 1.0,
        truncation_cutoff: int | None = None,
        noise: str = "random",
        training: bool = False,
        halvings: int | None = None,
        fade: Any = None,
    ) -> Any:
        styles = self.styles(latents, labels, truncation, truncation_cutoff, training, halvings)
        return self.synthesis(styles, noise=noise, training=training, halvings=halvings, fade=fade)

    def styles(
        self,
        latents: Any,
        labels: Any = None,
        truncation: Any = 1.0,
        truncation_cutoff: int | None = None,
        training: bool = False,
        halvings: int | None = None,
    ) -> Any:
        """Styles `[batch, slots, style_dim]`, as `synthesis` takes them; all slots, also those that it does not use yet."""
        styles = self._broadcast(self.mapping(latents, labels))
        if training and self.mixing_probability:
            styles = self._mixed(styles, labels, self.slots - 2 * (halvings or 0))
        return self._truncated(styles, labels, truncation, truncation_cutoff)

    def _broadcast(self, styles: Any) -> Any:
        return ops.tile(styles[:, None], (1, self.slots, 1))

    def _mixed(self, styles: Any, labels: Any, used: int) -> Any:
        """Styles of second latents from a random slot on, one of those in use."""
        batch = styles.shape[0]
        others = self._broadcast(self.mapping(random.stream().normal((batch, self.latent_dim)), labels))
        stream = random.stream()
        chosen, place = ops.split(stream.uniform((batch, 2)), 2, axis=1)
        cutoff = 1 + ops.floor(place * (used - 1))
        changed = (ops.arange(self.slots, dtype="float32") >= cutoff) & (chosen < self.mixing_probability)
        return ops.where(changed[:, :, None], others, styles)

    def _truncated(self, styles: Any, labels: Any, truncation: Any, cutoff: int | None) -> Any:
        if isinstance(truncation, (int, float)) and truncation == 1:
            return styles
        cutoff = self.truncation_cutoff if cutoff is None else cutoff
        slots = ops.arange(self.slots) < (self.slots if cutoff is None else cutoff)
        share = ops.where(slots, ops.cast(truncation, "float32"), 1.0)[None, :, None]
        average = self.average_style
        if self.classes:  # each image's own
            average = ops.matmul(ops.cast(labels, "float32"), average)[:, None]
        return average + share * (styles - average)

    @property
    def statistics(self) -> list[keras.Variable]:
        """Running statistics, which a moving average of the generator copies."""
        return [self.average_style] if self.lod is None else [self.average_style, self.lod]

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
        halvings, (height, width) = kwargs.get("halvings"), self.synthesis.pyramid.size
        return (latents_shape[0], height >> (halvings or 0), width >> (halvings or 0), self._config["channels"])

    def get_config(self) -> dict:
        return {"name": self.name, "dtype": self.dtype_policy.name, **self._config}


def for_each_class(average: Any, classes: int) -> np.ndarray:
    """One average style `[style_dim]` as that of every class, `[classes, style_dim]`."""
    return np.tile(np.asarray(average), (classes, 1))


def _moved(average: Any, mean: Any) -> Any:
    return mean + (average - mean) * _AVERAGE_DECAY
