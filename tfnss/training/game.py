"""The game between generator and discriminator: its parts, and what they make of images."""

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import keras
import tensorflow as tf

from tfnss import random
from tfnss.generators import image_shape, latent_width
from tfnss.training.augmentation import Augmentation
from tfnss.training.growth import Stage, can_grow, faded
from tfnss.training.losses import Loss
from tfnss.training.penalty import Penalty


class Verdict(NamedTuple):
    """What is thought of images.

    Attributes:
        logits: What the losses are taken of, flat: `[batch]`, or each image's in a row where it has several.
        spatial_logits: The discriminator's own, likewise.
        profiles: The spectra that the spectral classifier saw, `[batch, radii]`; None where there is none.
    """

    logits: Any
    spatial_logits: Any
    profiles: Any


@dataclass(frozen=True, eq=False)
class Game:
    """The parts of a game, which the engine owns, and what they do together.

    Attributes:
        generator: The generator in training.
        discriminator: The discriminator.
        loss: The losses of both.
        view: What the discriminator is shown of images, if not all.
        augmentation: Augmentation before the view, if any.
        spectral_realness: Classifier beside the discriminator, if any.
        images_seen: The clock, a variable,
        images_total: and where it ends.
        path_length_mean: State of the generator's penalties, a variable.
        augmentation_state: State of the augmentation, a variable.
        penalty_states: States of the penalties with one of their own, variables, by name.
        stage: The stage of the run: what resolution is played at.
    """

    generator: keras.Model
    discriminator: keras.Model
    loss: Loss
    view: Any
    augmentation: Augmentation | None
    spectral_realness: Any
    images_seen: keras.Variable
    images_total: keras.Variable
    path_length_mean: keras.Variable
    augmentation_state: keras.Variable
    penalty_states: Mapping[str, keras.Variable] = field(default_factory=dict)
    stage: Stage = field(default_factory=Stage)

    @property
    def progress(self) -> Any:
        """Share of the run that is done, a float32 scalar tensor in [0, 1]."""
        seen, total = (tf.cast(v.value, tf.float64) for v in (self.images_seen, self.images_total))
        return tf.cast(tf.minimum(tf.math.divide_no_nan(seen, total), 1), tf.float32)

    def discriminate(self, images: Any, labels: Any = None) -> Any:
        """The discriminator's float32 logits, flat, of what the augmentation and the view show of `images` now."""
        return _flat(self._spatial_logits(self._shown(images), labels))

    def discriminating(self, labels: Any) -> Callable[[Any], Any]:
        """`discriminate` for given labels."""
        return functools.partial(self.discriminate, labels=labels)

    def judge(self, images: Any, labels: Any = None) -> Verdict:
        """What decides the game on `images`: the discriminator, and beside it the spectral classifier if there is one."""
        shown = self._shown(images)
        spatial = self._spatial_logits(shown, labels)
        if self.spectral_realness is None:
            return Verdict(_flat(spatial), _flat(spatial), None)
        profiles = self.spectral_realness.profile(shown)
        spectral = self.spectral_realness.classify(profiles)
        return Verdict(_flat(self.spectral_realness.mix(spatial, spectral)), _flat(spatial), profiles)

    def fakes(self, count: int, labels: Any = None) -> Any:
        """Float32 images of the generator in training, for new latents."""
        latents = random.stream().normal((count, latent_width(self.generator)))
        return tf.cast(self.generator_now(latents, *given(labels), training=True), tf.float32)

    @property
    def generator_now(self) -> Any:
        """The generator, whose images have the size of the stage."""
        if not can_grow(self.generator):
            return self.generator
        return AtStage(self.generator, self.stage.halvings, self._fade)

    def reals(self, images: Any) -> Any:
        """Real images as they are played with: faded like the fakes."""
        return faded(images, self._fade["fade"]) if self._fade else images

    @property
    def _fade(self) -> dict[str, Any]:
        """The networks' argument, where a resolution fades in."""
        fade = self.stage.fade(self.images_seen.value)
        return {} if fade is None else {"fade": fade}

    def state_of(self, penalty: Penalty) -> keras.Variable:
        """What is kept for a penalty from step to step."""
        return self.penalty_states[penalty.name] if penalty.state_size else self.path_length_mean

    def projected(self, logits: Any, images: int) -> Any:
        """Of the flat logits of images, those of the images that the view projects: of all where there is no half batch."""
        projected = getattr(self.view, "projected", None)
        return _flat(projected(tf.reshape(logits, [images, -1]))) if projected else logits

    def view_logs(self) -> dict[str, Any]:
        """What the view records."""
        logs = getattr(self.view, "logs", None)
        return logs(self.progress) if logs else {}

    def stage_logs(self) -> dict[str, Any]:
        """What the stage records: nothing where the networks do not grow."""
        if self.stage.batch_size is None:
            return {}
        fade = self.stage.fade(self.images_seen.value)
        return {
            "resolution": tf.constant(8 << self.generator.most_halvings >> self.stage.halvings, tf.float32),
            "fade": tf.constant(0.0) if fade is None else fade,
            "batch_size": tf.constant(self.stage.batch_size, tf.float32),
        }

    def _shown(self, images: Any) -> Any:
        if self.augmentation is not None:
            images = self.augmentation(images, state=self.augmentation_state.value)
        return images if self.view is None else self.view(images, progress=self.progress)

    def _spatial_logits(self, shown: Any, labels: Any) -> Any:
        """Float32 logits in the discriminator's own shape, `[batch, ...]`."""
        return tf.cast(self.discriminator(shown, *given(labels), **self._fade, training=True), tf.float32)


class AtStage:
    """A generator that can grow, at one of its resolutions; in all else it is the generator.

    Args:
        generator: The generator.
        halvings: How many times its sides are halved; `styles` is told too, which may mix those in use.
        fade: Its argument `fade`, where the resolution fades in.
    """

    def __init__(self, generator: Any, halvings: int, fade: Mapping[str, Any]) -> None:
        self._generator, self._options = generator, {"halvings": halvings, **fade}

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._generator(*args, **self._options, **kwargs)

    def styles(self, *args: Any, **kwargs: Any) -> Any:
        return self._generator.styles(*args, halvings=self._options["halvings"], **kwargs)

    def synthesis(self, styles: Any, **kwargs: Any) -> Any:
        return self._generator.synthesis(styles, **self._options, **kwargs)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._generator, name)


def _flat(logits: Any) -> Any:
    return tf.reshape(logits, [-1])


def given(labels: Any) -> tuple[Any, ...]:
    """The labels as further arguments of a network, if there are any."""
    return () if labels is None else (labels,)


def built_classifier(classifier: Any, generator: keras.Model, seed: int) -> Any:
    """A spectral classifier, if there is one, built for a generator's images; without a seed of its own it gets this one."""
    if classifier is not None and not classifier.built:
        if getattr(classifier, "seed", 0) is None:
            classifier.seed = seed
        classifier.build(image_shape(generator))
    return classifier
