"""The gradients of a phase: how they are compiled, and taken part by part of the batch."""

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import keras
import tensorflow as tf

from tfnss import random, xla
from tfnss.random.stateless import GlobalBatchSource
from tfnss.training.game import Game
from tfnss.training.phases import Logs, Phase

_STOCK_LAYERS = 2**15  # the place of their random numbers, above those of the phases, however many there are


class PhaseGradients:
    """The gradients of one phase on a replica's share of the global batch, to be summed over the replicas.

    Args:
        phase: The phase.
        game: Its game.
        source: Function from a use and a part of the global batch to the random numbers of the iteration.
        replicas: Number of replicas.
        parts: Parts that a replica's share is cut into, one after the other.
        jit_compile: Whether XLA compiles the gradients of a part.
        synchronized: Whether replicas tell one another of their shares meanwhile, which none may inside a function.

    Call arguments:
        *inputs: What the phase's loss is taken of: this replica's share.

    Returns:
        The gradients, and the records of the phase with whether a number was `bad`, which is not finite.
    """

    def __init__(
        self,
        phase: Phase,
        game: Game,
        source: Callable[[int, Any], GlobalBatchSource],
        replicas: int,
        parts: int,
        jit_compile: bool,
        synchronized: bool = False,
    ) -> None:
        self.phase, self.game, self._source = phase, game, source
        self._replicas, self._parts, self.compiled = replicas, parts, jit_compile
        self.of_part = self._of_part
        self._checked_apart = jit_compile and not xla.accelerated()  # a tenth of what XLA has to compile on CPUs
        if jit_compile:
            self.of_part = xla.compiled(self._of_part)
        elif parts > 1 and not synchronized:  # or each part would be traced anew, in as many times the time and memory
            self.of_part = tf.function(self._of_part, autograph=False)

    def __call__(self, *inputs: Any) -> tuple[list, Logs]:
        of_part = self._of_part if tf.executing_eagerly() else self.of_part
        first = tf.distribute.get_replica_context().replica_id_in_sync_group * self._parts
        gradients: list | None = None
        logs = []
        for number, share in enumerate(zip(*(tf.split(x, self._parts) for x in inputs), strict=True)):
            with tf.control_dependencies(gradients or []):  # one after the other, or all would be in memory at once
                self.seed_stock_layers(first + number)
                part = tf.convert_to_tensor(first + number)  # not a number, or each part would be compiled anew
                new, log = of_part(part, *map(tf.identity, share))
                if self._checked_apart:
                    log |= {"bad": tf.maximum(log["bad"], _bad(new))}
            gradients = new if gradients is None else [a + b for a, b in zip(gradients, new, strict=True)]
            logs.append(log)
        return gradients or [], {name: _joined([log[name] for log in logs]) for name in logs[0]}

    def _of_part(self, part: Any, *inputs: Any) -> tuple[list, Logs]:
        """Gradients on one part of the global batch, to be summed. Pure, so that XLA can take it whole."""
        with random.scope(self._source(self.phase.stream, part)), tf.GradientTape() as tape:
            loss, logs = self.phase.loss(self.game, *inputs)
            loss = loss / (self._replicas * self._parts)
        variables = [variable.value for variable in self.phase.player.trainable_variables]
        gradients = tape.gradient(loss, variables, unconnected_gradients=tf.UnconnectedGradients.ZERO)
        checked = [loss] if self._checked_apart else [loss, *gradients]
        return gradients, {**logs, "bad": _bad(checked)}

    def seed_stock_layers(self, part: Any) -> None:
        """Lets `Dropout` and its like follow the clock, and differ between parts: their own state does neither."""
        source = self._source(_STOCK_LAYERS + self.phase.stream, part)
        layers = (self.game.generator, self.game.discriminator, *([] if self.game.view is None else [self.game.view]))
        for state in itertools.chain.from_iterable(map(_seed_states, layers)):
            state.assign(tf.cast(source.stream().bits((2,)), state.dtype))


def _bad(tensors: Sequence) -> Any:
    """1.0 where a number in one of them is not finite, else 0.0."""
    return 1 - tf.cast(tf.reduce_all([tf.reduce_all(tf.math.is_finite(x)) for x in tensors]), tf.float32)


def mended(gradient: Any) -> Any:
    """No NaN, and no more than 1e5: 16-bit numbers overflow now and then (StyleGAN2-ADA)."""
    return tf.clip_by_value(tf.where(tf.math.is_nan(gradient), tf.zeros_like(gradient), gradient), -1e5, 1e5)


def clipped(optimizer: keras.optimizers.Optimizer, gradients: list) -> list:
    """Gradients of a replica's share, for an optimizer that clips them: an equal part of what it makes of their sum.

    Keras clips each replica's share before it sums them, so that the step would depend on the number of replicas. It will
    clip these again, which changes nothing of a part of what is clipped. In replica context.
    """
    replicas = tf.distribute.get_strategy().num_replicas_in_sync
    if replicas == 1 or not (optimizer.clipnorm or optimizer.global_clipnorm or optimizer.clipvalue):
        return gradients
    shares = [tf.convert_to_tensor(gradient) for gradient in gradients]
    sums = tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.SUM, shares)
    return [gradient / replicas for gradient in optimizer._clip_gradients(sums)]


def _joined(values: Sequence) -> Any:
    """Records of the parts of a batch as one: the mean of scalars, all of one value per image."""
    return tf.add_n(values) / len(values) if values[0].shape.rank == 0 else tf.concat(values, axis=0)


def _seed_states(layer: keras.layers.Layer) -> list[keras.Variable]:
    """The states of the seed generators in a layer."""
    return [variable for variable in layer.variables if variable.name == "seed_generator_state"]
