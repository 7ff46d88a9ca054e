"""Singular values of the derivatives of a generator's features, layer by layer (the ranks of RNI's lemma 2)."""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from rich.progress import Progress

from tfnss import random
from tfnss.analysis import jacobian
from tfnss.analysis.jacobian import JacobianSpectra
from tfnss.generators import in_float32
from tfnss.random.stateless import EqualRows, noise_source

_Layers = Callable[[Any, Any], dict[str, Any]]


def layer_spectra(
    generator: Any,
    count: int = 4,
    space: str = "w",
    rows: int = 2**16,
    seed: int = 0,
    batch_size: int = 8,
    progress: bool = False,
) -> dict[str, JacobianSpectra]:
    """Singular values of the derivative of each layer's features at random places of W or Z.

    Where everything that follows is made of a layer's features alone, the rank of the derivative cannot rise from there on
    (lemma 2). Networks without styles have such layers, and in Z the style itself is one; the features of a network with
    styles are not, as each layer takes the style anew. Places and noise are those of `jacobian_spectra`, and
    networks of half precision are computed in float32 as there.

    Args:
        generator: A `tfnss.GAN` (its average is used), or a TensorFlow generator whose layers can be told: one whose
            `synthesis` has a method `features`, one with such a method of its own (latents to features by name), or a
            functional Keras model.
        count: Number of places.
        space: `w`, or `z` for the latents, which every generator has.
        rows: Values of a layer that are looked at, at most; of larger ones so many at random, the same at all places. That
            leaves the rank as it is, and changes the singular values, scaled to the whole, by some
            `sqrt(dimensions / rows)` of themselves.
        seed: Seed of the places, the noise and the choice, in [0, 2**31).
        batch_size: Directions at a time.
        progress: Whether to show a progress bar with the time left.

    Returns:
        The singular values by layer, from the first on: `style` in Z where there is one, then the last layer of each size
        before the image, `4x4`, `8x8` and so on. Dense layers are called by their width.

    Raises:
        ValueError: For values outside these, a generator without styles for `space="w"`, one whose layers cannot be told,
            or one whose features are not finite.

    Reference: Feng, Zhao and Zha 2021, Understanding Noise Injection in GANs, lemma 2.
    """
    network = in_float32(getattr(generator, "generator_ema", generator))
    jacobian.check(network, count, space, seed, batch_size)
    if rows < 1:
        raise ValueError(f"`rows` must be at least 1. Received: rows={rows}")
    places, labels = jacobian.places_of(network, count, space, seed)
    dimensions = places.shape[1]
    derivatives, shares = _derivatives(network, places, labels, space, rows, seed)
    values: dict[str, list[np.ndarray]] = {}
    with Progress(disable=not progress) as bar:
        task = bar.add_task("ranks of layers", total=count * dimensions)
        for place in zip(places, labels, strict=True):
            parts = []
            for part, directions in jacobian.axes(0, dimensions, batch_size, dimensions):
                found = derivatives(*place, directions)
                parts.append({name: each.numpy()[: part.stop - part.start] for name, each in found.items()})
                bar.advance(task, part.stop - part.start)
            for name, share in shares.items():
                columns = np.concatenate([part[name] for part in parts])
                squares = jacobian.products(columns, columns) / share
                values.setdefault(name, []).append(jacobian.singular_values(squares))
    return {name: JacobianSpectra(np.array(each)) for name, each in values.items()}


def _derivatives(
    network: Any, places: Any, labels: Any, space: str, rows: int, seed: int
) -> tuple[Callable[..., dict[str, Any]], dict[str, float]]:
    """A function of a place, its label and directions that gives derivatives `[batch, rows]` by layer; and by layer the
    share of its values that these are of."""
    layers = _layers(network, space)
    draws, chosen, shares = np.random.default_rng(seed), {}, {}

    def values(points: Any, label: Any) -> dict[str, Any]:
        with random.scope(EqualRows(noise_source(seed, 0))):
            found = layers(points, label)
        return {name: tf.reshape(tf.cast(each, tf.float32), (points.shape[0], -1)) for name, each in found.items()}

    for name, found in values(places[:1], labels[0]).items():
        if not np.isfinite(found).all():
            raise ValueError("the generator's features hold NaN or infinity: it has diverged")
        size = found.shape[1]
        if size > rows:
            chosen[name] = np.sort(draws.choice(size, rows, replace=False))
        shares[name] = min(1.0, rows / size)

    @tf.function(autograph=False)
    def derivatives(place: Any, label: Any, directions: Any) -> dict[str, Any]:
        points = tf.repeat(place[None], directions.shape[0], axis=0)
        with tf.autodiff.ForwardAccumulator(points, directions) as accumulator:
            found = values(points, label)
        found = accumulator.jvp(found, tf.UnconnectedGradients.ZERO)
        return {name: tf.gather(x, chosen[name], axis=1) if name in chosen else x for name, x in found.items()}

    return derivatives, shares


# -- the layers of a generator ---


def _layers(network: Any, space: str) -> _Layers:
    """A function of points of the space `[batch, dimensions]` and a label that gives features by name."""
    if hasattr(getattr(network, "synthesis", None), "features"):
        return partial(_of_styles, network, space)
    if hasattr(network, "features"):
        return lambda points, label: _by_size(network.features(points, *jacobian.conditions(label, points)).values())
    if isinstance(network, keras.Model) and (hasattr(network, "operations") or isinstance(network, keras.Sequential)):
        parts = keras.Model(network.inputs, bottlenecks(network))
        return lambda points, label: _by_size(parts([points, *jacobian.conditions(label, points)], training=False))
    raise ValueError(
        "the layers of this generator cannot be told: it has no `features`, and is no functional model of Keras"
    )


def _of_styles(network: Any, space: str, points: Any, label: Any) -> dict[str, Any]:
    first = {}
    if space == "z":
        points = network.mapping(points, *jacobian.conditions(label, points))
        first = {"style": points}
    return first | _by_size(network.synthesis.features(jacobian.in_all_slots(network, points)).values())


def _by_size(features: Iterable[Any]) -> dict[str, Any]:
    """The last features of each size, by this."""
    shapes = ((tuple(each.shape[1:]), each) for each in features)
    return {"x".join(map(str, shape[:-1] or shape)): each for shape, each in shapes}


def bottlenecks(network: Any) -> list[Any]:
    """The features of a functional model, without its outputs, that everything after them is made of, from the first on."""
    operations = keras.Model(network.inputs, network.outputs).operations
    last_uses = {id(x): index for index, each in enumerate(operations) for x in keras.tree.flatten(each.input)}
    found, until = [], 0  # the last use of what came before
    for index, each in enumerate(operations):
        (output, *more) = keras.tree.flatten(each.output)
        entry = isinstance(each, keras.layers.InputLayer)
        if not entry and not more and until <= index and id(output) in last_uses:
            found.append(output)
        until = max([until, *(last_uses.get(id(x), 0) for x in (output, *more))])
    return found
