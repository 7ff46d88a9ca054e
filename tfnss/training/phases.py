"""The steps of one training iteration: what each of them minimises, and when it is due.

A phase sees the parts of the game, and no more of the engine: `game.fakes` and `game.judge` play it, `game.loss` scores it.
"""

import functools
from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf

from tfnss.training.freezing import weights_to_train
from tfnss.training.game import Game
from tfnss.training.lazy import lazy_optimizer
from tfnss.training.penalty import GeneratorPenalty, LogitPenalty, Penalty
from tfnss.training.regularizers import Regularizer

Logs = dict[str, Any]


class Phase:
    """One optimizer step of one player.

    Args:
        player: The network that moves.
        optimizer: Its optimizer, built.
        interval: The phase runs every `interval` iterations,
        offset: at those whose number is `offset` modulo `interval`.

    Attributes:
        predictions: Names of its records of probabilities, one or more per image, whose percentiles the history shows.
        reads: Names of what earlier phases of the iteration recorded that this one takes instead of the batch.
        stream: Number that parts its random numbers from those of the other phases.
    """

    predictions: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()

    def __init__(
        self, player: keras.layers.Layer, optimizer: keras.optimizers.Optimizer, interval: int = 1, offset: int = 0
    ) -> None:
        self.player, self.optimizer, self.interval, self.offset = player, optimizer, interval, offset
        self.stream = 0

    def due(self, iteration: Any) -> Any:
        """Whether the phase runs in iteration number `iteration`, a scalar integer tensor."""
        return iteration % self.interval == self.offset

    def logged(self, game: Game) -> tuple[str, ...]:
        """Names of its scalar records whose means the history shows."""
        return ()

    def loss(self, game: Game, *inputs: Any, **options: Any) -> tuple[Any, Logs]:
        """The loss, and what to record: scalars, and tensors of as many rows for each image.

        Args:
            game: The game.
            *inputs: A part of the batch, which is real images in [-1, 1] and, where there are classes, their one-hot labels;
                or of what `reads` names.
        """
        raise NotImplementedError

    def update(self, game: Game, logs: Logs) -> None:
        """What follows the step, in replica context, from what it recorded."""


class DiscriminatorStep(Phase):
    """The discriminator's loss, and the penalties that are part of every step."""

    predictions = ("real_prediction", "fake_prediction")

    def __init__(self, *args: Any, penalties: Sequence[Regularizer | LogitPenalty] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.penalties = penalties
        self._on_logits = [penalty for penalty in penalties if isinstance(penalty, LogitPenalty)]

    def logged(self, game: Game) -> tuple[str, ...]:
        of_augmentation = () if game.augmentation is None else game.augmentation.logged
        return ("d_loss", *_logged(self.penalties), *of_augmentation, *game.view_logs())

    def loss(self, game: Game, real: Any, labels: Any = None) -> tuple[Any, Logs]:
        count = real.shape[0]
        fake = tf.stop_gradient(game.fakes(count, labels))
        on_real, on_fake = game.judge(real, labels), game.judge(fake, labels)
        loss = game.loss.discriminator(on_real.logits, on_fake.logits)
        logs = {
            "d_loss": loss,
            "real_prediction": tf.sigmoid(game.projected(on_real.logits, count)),
            "fake_prediction": tf.sigmoid(game.projected(on_fake.logits, count)),
            **game.view_logs(),
        }
        if game.augmentation is not None:
            logs["real_sign"] = tf.reduce_mean(tf.sign(on_real.spatial_logits))
            logs |= game.augmentation.logs(game.augmentation_state.value)
        if game.spectral_realness is not None:
            logs |= {"real_profiles": on_real.profiles, "fake_profiles": on_fake.profiles}
        logits = on_real.spatial_logits, on_fake.spatial_logits
        if self._on_logits:
            logs |= dict(zip(("real_logit", "fake_logit"), map(tf.reduce_mean, logits), strict=True))
        for penalty in self.penalties:
            taken = penalty.at(game.images_seen.value)
            if isinstance(taken, LogitPenalty):
                logs[penalty.name] = taken(*logits, game.state_of(penalty).value if penalty.state_size else None)
            else:
                logs[penalty.name] = _gradient_penalty(game, taken, real, labels, lambda: fake)
            loss += logs[penalty.name]
        return loss, logs

    def update(self, game: Game, logs: Logs) -> None:
        if game.augmentation is not None:
            old = game.augmentation_state.value
            _move(game.augmentation_state, game.augmentation.observe(old, _mean(logs["real_sign"])))
        for penalty in (penalty for penalty in self._on_logits if penalty.state_size):
            state = game.state_of(penalty)
            _move(state, penalty.moved(state.value, _mean(logs["real_logit"]), _mean(logs["fake_logit"])))


class LazyPenalty(Phase):
    """A penalty of the discriminator on a step of its own (StyleGAN2, appendix B)."""

    def __init__(self, player: keras.layers.Layer, optimizer: keras.optimizers.Optimizer, penalty: Regularizer) -> None:
        super().__init__(player, optimizer, penalty.interval)
        self.penalty = penalty

    def logged(self, game: Game) -> tuple[str, ...]:
        return self.penalty.logged

    def loss(self, game: Game, real: Any, labels: Any = None) -> tuple[Any, Logs]:
        taken = self.penalty.at(game.images_seen.value)
        penalty = _gradient_penalty(
            game, taken, real, labels, lambda: tf.stop_gradient(game.fakes(real.shape[0], labels))
        )
        return penalty * self.penalty.interval, {self.penalty.name: penalty}


class SpectralStep(Phase):
    """The spectral classifier's loss on what the discriminator was shown (SSD-GAN, equation 5)."""

    reads = ("real_profiles", "fake_profiles")

    def logged(self, game: Game) -> tuple[str, ...]:
        return ("spectral_loss",)

    def loss(self, game: Game, real_profiles: Any, fake_profiles: Any) -> tuple[Any, Logs]:
        classify = game.spectral_realness.classify
        loss = game.loss.discriminator(classify(real_profiles), classify(fake_profiles))
        return loss, {"spectral_loss": loss}


class GeneratorStep(Phase):
    """The generator's loss, and the penalties that are part of every step."""

    def __init__(self, *args: Any, penalties: Sequence[GeneratorPenalty] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.penalties = penalties

    def logged(self, game: Game) -> tuple[str, ...]:
        return ("g_loss", *_logged(self.penalties))

    def loss(self, game: Game, real: Any, labels: Any = None) -> tuple[Any, Logs]:
        fake = game.fakes(real.shape[0], labels)
        logits = [game.judge(fake, labels).logits]
        if game.loss.needs_reals:
            logits.append(tf.stop_gradient(game.judge(real, labels).logits))
        loss = game.loss.generator(*logits)
        logs = {"g_loss": loss}
        for regularizer in self.penalties:
            penalty, penalty_logs = _generator_penalty(game, regularizer, real, labels, lambda: fake)
            loss += penalty
            logs |= penalty_logs
        return loss, logs

    def update(self, game: Game, logs: Logs) -> None:
        _move_state(game, self.penalties, logs)


class LazyGeneratorPenalty(Phase):
    """A penalty of the generator on a step of its own (StyleGAN2, appendix B)."""

    def __init__(self, *args: Any, penalty: GeneratorPenalty, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.penalty = penalty

    def logged(self, game: Game) -> tuple[str, ...]:
        return self.penalty.logged

    def loss(self, game: Game, real: Any, labels: Any = None) -> tuple[Any, Logs]:
        fakes = functools.partial(game.fakes, real.shape[0], labels)
        penalty, logs = _generator_penalty(game, self.penalty, real, labels, fakes)
        return penalty * self.penalty.interval, logs

    def update(self, game: Game, logs: Logs) -> None:
        _move_state(game, [self.penalty], logs)


def build_phases(
    game: Game,
    generator_optimizer: keras.optimizers.Optimizer,
    discriminator_optimizer: keras.optimizers.Optimizer,
    regularizers: Sequence[Penalty] = (),
    discriminator_steps: int = 1,
) -> tuple[Phase, ...]:
    """The phases of an iteration in order, with optimizers that are built and corrected for lazy regularizers.

    An iteration is one step of the discriminator; the generator moves in the last of every `discriminator_steps`.
    """
    generator, discriminator = game.generator, game.discriminator
    spectral_optimizer = _copy(discriminator_optimizer)  # before its correction: C has no lazy regularizers
    on_discriminator, lazy_on_discriminator = _split(regularizers, "discriminator")
    on_generator, lazy_on_generator = _split(regularizers, "generator")
    d_optimizer = lazy_optimizer(discriminator_optimizer, [r.interval for r in lazy_on_discriminator])
    g_optimizer = lazy_optimizer(generator_optimizer, [r.interval for r in lazy_on_generator])
    steps, last = discriminator_steps, discriminator_steps - 1
    of_discriminator: list[Phase] = [
        DiscriminatorStep(discriminator, d_optimizer, penalties=on_discriminator),
        *(LazyPenalty(discriminator, d_optimizer, r) for r in lazy_on_discriminator),
    ]
    of_generator: list[Phase] = [
        GeneratorStep(generator, g_optimizer, steps, last, penalties=on_generator),
        *(LazyGeneratorPenalty(generator, g_optimizer, r.interval * steps, last, penalty=r) for r in lazy_on_generator),
    ]
    of_classifier: list[Phase] = []
    if game.spectral_realness is not None:
        of_classifier.append(SpectralStep(game.spectral_realness, spectral_optimizer))
    # The classifier comes last, so that the others' numbers do not depend on whether it is there.
    for stream, phase in enumerate([*of_discriminator, *of_generator, *of_classifier]):
        phase.stream = stream
        phase.optimizer.build(weights_to_train(phase.player))
    return (*of_discriminator, *of_classifier, *of_generator)


def _copy(optimizer: keras.optimizers.Optimizer) -> keras.optimizers.Optimizer:
    return type(optimizer).from_config(optimizer.get_config())


def _logged(penalties: Sequence[Penalty]) -> tuple[str, ...]:
    return tuple(name for penalty in penalties for name in penalty.logged)


def _split(regularizers: Sequence[Penalty], player: str) -> tuple[list[Any], list[Any]]:
    """The regularizers of a player: those that are part of its own step, and the lazy ones."""
    own = [r for r in regularizers if r.player == player]
    return [r for r in own if r.interval == 1], [r for r in own if r.interval > 1]


def _gradient_penalty(game: Game, penalty: Regularizer, real: Any, labels: Any, fake: Any) -> Any:
    value = penalty(game.discriminating(labels), real, fake)
    # As the official code has it, which enlarges images to the full size before the discriminator averages them down.
    return value * 4.0**-game.stage.halvings if penalty.at_full_size and game.stage.halvings else value


def _generator_penalty(
    game: Game, regularizer: GeneratorPenalty, real: Any, labels: Any, fake: Any
) -> tuple[Any, Logs]:
    state, taken = game.state_of(regularizer).value, regularizer.at(game.images_seen.value)
    return taken(game.generator_now, real, fake, labels=labels, state=state)


def _move_state(game: Game, penalties: Sequence[GeneratorPenalty], logs: Logs) -> None:
    for penalty in penalties:
        if penalty.observed is not None:
            state = game.state_of(penalty)
            _move(state, penalty.moved(state.value, _mean(logs[penalty.observed])))


def _move(state: Any, new: Any) -> None:
    """Gives a state its new value, if that is finite: one bad step must not spoil all that come after it."""
    state.assign(tf.where(tf.reduce_all(tf.math.is_finite(new)), new, state.value))


def _mean(value: Any) -> Any:
    """The mean over replicas."""
    return tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.MEAN, value)
