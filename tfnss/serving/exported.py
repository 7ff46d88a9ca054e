"""Exported generators, read back: images of seeds, and what lies between and among them."""

import functools
import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf

from tfnss import random
from tfnss.files import expanded
from tfnss.generators import number_of_classes
from tfnss.random.given import GivenNoise
from tfnss.random.stateless import sampling_latents
from tfnss.serving.card import class_names_of, read_card
from tfnss.serving.signatures import signatures
from tfnss.uint8 import to_uint8


class Endpoint(NamedTuple):
    """One signature, of a SavedModel or of a generator.

    Attributes:
        inputs: What it takes, by name.
        function: Takes tensors by name, and gives one output by name.
    """

    inputs: Mapping[str, tf.TensorSpec]
    function: Callable[..., Mapping[str, Any]]

    def __call__(self, **values: Any) -> np.ndarray:
        """The output for those of the values that it takes."""
        tensors = {name: tf.constant(values[name], spec.dtype) for name, spec in self.inputs.items()}
        (output,) = self.function(**tensors).values()
        return output.numpy()


class Code(NamedTuple):
    """What an image is made of.

    Attributes:
        point: Latents `[1, latent_dim]`, or styles `[1, slots, style_dim]`.
        label: Its class.
        noise: The maps of its noise, `[1, height, width, channels]` each; None for the noise of a seed.
    """

    point: np.ndarray
    label: int
    noise: Sequence[np.ndarray] | None = None


class Exported:
    """A generator through the signatures that `tfnss.serving.export` gives it.

    Args:
        endpoints: The signatures by name.
        source: What they belong to, which has to live as long.
        classes: Number of classes; None if unknown.
        class_names: Names of the classes, by number; None where they have none.

    Attributes:
        classes: Number of classes, 0 for none; None if it has classes, but nothing tells how many.
        class_names: Names of the classes, by number; empty where they have none.
        slots: Number of styles of an image; 0 for a generator without styles.
        latent_dim: Width of the latents.
        generator: The network; None for a SavedModel, into which nobody can look.
    """

    def __init__(
        self,
        endpoints: Mapping[str, Endpoint],
        source: Any,
        classes: int | None,
        class_names: Sequence[str] | None = None,
    ) -> None:
        self._endpoints, self._source = endpoints, source
        self.generator = source if isinstance(source, keras.Model) else None
        inputs = endpoints["serving_default"].inputs
        self.latent_dim = inputs["latents"].shape[1]
        self.classes = classes if "labels" in inputs else 0
        self.class_names = list(class_names or ())[: self.classes]
        styled = {"map", "synthesize"} <= endpoints.keys()
        self.slots = endpoints["synthesize"].inputs["styles"].shape[1] if styled else 0

    def class_number(self, given: str) -> int | None:
        """The number of a class that is given by its name, which goes first, or its number; None for an unknown one."""
        if given in self.class_names:
            return self.class_names.index(given)
        known = given.isascii() and given.isdigit() and int(given) < (2**31 if self.classes is None else self.classes)
        return int(given) if known else None

    def code(self, seed: int, label: int | None = None, truncation: float = 1.0) -> Code:
        """The code of a seed in [0, 2**31).

        Args:
            seed: Seed of the latents.
            label: The class; None for the seed modulo the number of classes.
            truncation: 1 for none, 0 for the average (of the class, if there are any); of a generator with styles, in the
                slots that it truncates: in StyleGAN the first 8, in StyleGAN2 all.

        Raises:
            ValueError: For no `label` where the number of classes is unknown.
        """
        if label is None and self.classes is None:
            raise ValueError("the model does not tell its number of classes: choose a `label`")
        if label is None:
            label = seed % self.classes if self.classes else 0
        latents = sampling_latents(1, self.latent_dim, seed).numpy()
        if not self.slots:
            return Code(latents, label)
        return Code(self._endpoints["map"](latents=latents, labels=[label], truncation=truncation), label)

    def truncated(self, code: Code, truncation: float) -> Code:
        """A code of given styles, such as a projection's, truncated in the slots in which `code` truncates a seed.

        A picture has no class: where there are classes, the average is the mean of theirs, as that where projections begin.

        Raises:
            ValueError: For a model that does not tell its number of classes.
        """
        if truncation == 1:
            return code
        average, slots = self._average
        return code._replace(point=np.where(slots, average + truncation * (code.point - average), code.point))

    @functools.cached_property
    def _average(self) -> tuple[np.ndarray, np.ndarray]:
        """The average of the styles `[slots, style_dim]`, and which slots are truncated, `[slots, 1]`: those where
        truncation 0 leaves nothing of the latents."""
        if self.classes is None:
            raise ValueError(
                "the model does not tell its number of classes, over which the average of a picture is taken: leave out the "
                "truncation"
            )
        classes = self.classes or 1
        latents = np.repeat(sampling_latents(2, self.latent_dim, 0).numpy(), classes, axis=0)
        labels = np.tile(np.arange(classes), 2)
        styles = self._endpoints["map"](latents=latents, labels=labels, truncation=0.0)
        first, second = styles.reshape(2, classes, *styles.shape[1:])
        return first.mean(axis=0), np.isclose(first, second, atol=1e-5).all(axis=(0, 2))[:, np.newaxis]

    def image(self, code: Code, noise_seed: int = 0) -> np.ndarray:
        """uint8 `[height, width, channels]`; the noise's seed is for a generator with styles, others take 0.

        Raises:
            ValueError: For a code with noise of its own, of a SavedModel or of other shapes than the layers'.
        """
        if code.noise is not None:
            return self._of_given_noise(code.point, code.noise)
        if self.slots:
            return self._endpoints["synthesize"](styles=code.point, noise_seed=noise_seed)[0]
        return self._endpoints["serving_default"](latents=code.point, labels=[code.label])[0]

    def _of_given_noise(self, styles: np.ndarray, noise: Sequence[np.ndarray]) -> np.ndarray:
        if self.generator is None:
            raise ValueError("an exported model makes its noise itself: give none")
        source = GivenNoise(noise)
        with random.scope(source):
            images = self.generator.synthesis(tf.constant(styles, tf.float32), training=False)
        source.check_used()
        return to_uint8(images).numpy()[0]

    def styles(self, count: int, start: int = 0, seed: int = 0) -> np.ndarray:
        """Styles `[count, slots, style_dim]` of a sequence that follows from the seed, from number `start` on (even).

        Of a generator with styles. Where there are classes they are taken in turn.
        """
        latents = sampling_latents(count, self.latent_dim, seed, start).numpy()
        labels = (start + np.arange(count)) % (self.classes or 1)
        return self._endpoints["map"](latents=latents, labels=labels, truncation=1.0)

    def between(self, first: Code, second: Code, t: float) -> Code:
        """A point of the straight line in W, or of the great circle in Z, with the first's class and noise; 0 < t < 1."""
        path = _line if self.slots else great_circle
        return first._replace(point=path(first.point.astype("float64"), second.point.astype("float64"), t))

    def mixed(self, row: Code, column: Code, layers: Sequence[int]) -> Code:
        """The row's styles but for the slots `layers`, which are the column's; the row's noise."""
        taken = np.isin(np.arange(self.slots), layers)[:, None]
        return row._replace(point=np.where(taken, column.point, row.point))


def load(path: str | os.PathLike) -> Exported:
    """The generator of a SavedModel.

    Raises:
        ValueError: For another kind of folder, or a damaged one. The message names it.
    """
    path = expanded(path)
    if not (path / "saved_model.pb").is_file():
        raise ValueError(f"{path} holds no exported model (no saved_model.pb)")
    card = read_card(path)
    classes = card.get("classes")
    try:
        loaded = tf.saved_model.load(path)
    except (OSError, ValueError, tf.errors.OpError) as error:
        raise ValueError(f"{path} is damaged ({error})") from error
    endpoints = {name: Endpoint(f.structured_input_signature[1], f) for name, f in loaded.signatures.items()}
    if "latents" not in getattr(endpoints.get("serving_default"), "inputs", {}):
        raise ValueError(f"{path} is not a generator that tfnss exported: no signature serving_default(latents)")
    return Exported(endpoints, loaded, classes if isinstance(classes, int) else None, class_names_of(card))


def of(generator: Any, class_names: Sequence[str] | None = None) -> Exported:
    """A generator as it would be exported, with names of its classes by number."""
    endpoints = {}
    for name, function in signatures(generator).items():
        specs = {spec.name: spec for spec in function.input_signature}
        endpoints[name] = Endpoint(specs, functools.partial(_call_in_order, function, list(specs)))
    return Exported(endpoints, generator, number_of_classes(generator), class_names)


def _call_in_order(function: Callable[..., Any], names: Sequence[str], **tensors: Any) -> Any:
    return function(*(tensors[name] for name in names))


def _line(first: np.ndarray, second: np.ndarray, t: float) -> np.ndarray:
    return (1 - t) * first + t * second


def great_circle(first: np.ndarray, second: np.ndarray, t: float) -> np.ndarray:
    """Turns from one direction `[1, d]` to the other, while the length goes straight from one to the other."""
    lengths = np.linalg.norm([first, second], axis=(1, 2))
    angle = np.arccos(np.clip(np.sum(first * second) / np.prod(lengths), -1, 1))
    if np.sin(angle) < 1e-6:  # one direction, or opposite ones
        return _line(first, second, t)
    shares = np.sin([(1 - t) * angle, t * angle]) / np.sin(angle) / lengths
    return ((1 - t) * lengths[0] + t * lengths[1]) * (shares[0] * first + shares[1] * second)
