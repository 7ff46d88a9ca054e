"""Samples of a generator."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from tfnss import random
from tfnss.generators import labels_in_turn, latent_width, number_of_classes, one_hot
from tfnss.random import stateless
from tfnss.uint8 import to_uint8


def sample(
    generator: Any,
    count: int | None,
    labels: Any,
    seed: int,
    seeds: Sequence[int] | None,
    batch_size: int,
    **kwargs: Any,
) -> np.ndarray:
    """As `GAN.generate`, of any generator."""
    return np.concatenate(list(sample_batches(generator, count, labels, seed, seeds, batch_size, **kwargs)))


def sample_batches(
    generator: Any,
    count: int | None,
    labels: Any,
    seed: int,
    seeds: Sequence[int] | None,
    batch_size: int,
    **kwargs: Any,
) -> Iterator[np.ndarray]:
    """The images of `sample`, a batch at a time."""
    width, classes = latent_width(generator), number_of_classes(generator)
    images = len(seeds) if seeds is not None else (count or 0)
    if (count is None) == (seeds is None) or images < 1:
        raise ValueError(
            f"`count` must be >= 1, or `seeds` name images instead. Received: count={count}, seeds={seeds}"
        )
    if seeds is None:
        latents = stateless.sampling_latents(images, width, seed)
    else:
        latents = stateless.latents_of_seeds(seeds, width)
        labels = np.array(seeds) % classes if labels is None and classes else labels
    inputs = [latents, *_conditions(images, labels, classes)]
    for start in range(0, images, batch_size):
        alone = stateless.EqualRows(stateless.noise_source(0, 0))
        with random.scope(stateless.noise_source(seed, start) if seeds is None else alone):
            batch = [x[start : start + batch_size] for x in inputs]
            found = np.asarray(to_uint8(generator(*batch, training=False, **kwargs)))
        yield found


def _conditions(count: int, labels: Any, classes: int) -> list[Any]:
    """What the generator takes beside latents: one-hot labels, where there are classes."""
    if labels is None:
        return [labels_in_turn(0, count, classes)] if classes else []
    return [one_hot(np.broadcast_to(labels, (count,)), classes)]
