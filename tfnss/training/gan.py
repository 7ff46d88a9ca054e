"""The training engine: one `keras.Model` that plays any of the games."""

import contextlib
import functools
import inspect
import itertools
import logging
import os
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf

from tfnss import random, serving
from tfnss.data import Images
from tfnss.generators import has_styles, image_shape, labels_in_turn, latent_width, number_of_classes, one_hot
from tfnss.images import to_uint8
from tfnss.random import stateless
from tfnss.training import batches, losses
from tfnss.training.augmentation import Augmentation
from tfnss.training.callbacks import signals
from tfnss.training.ema import check_half_life, ema_decay, update_average
from tfnss.training.epochs import OneTraining
from tfnss.training.path_length import PathLength
from tfnss.training.phases import build_phases
from tfnss.training.predictions import PredictionMeter
from tfnss.training.regularizers import Regularizer
from tfnss.training.spectral_regularization import SpectralRegularization
from tfnss.training.view import View

logger = logging.getLogger("tfnss")

_STOCK_LAYERS = 2**15  # their random numbers' place above those of the phases, however many there are


class Verdict(NamedTuple):
    """What is thought of images.

    Attributes:
        logits: What the losses are taken of, `[batch]`.
        spatial_logits: The discriminator's own.
        profiles: The spectra that the spectral classifier saw, `[batch, radii]`; None where there is none.
    """

    logits: Any
    spatial_logits: Any
    profiles: Any


@keras.saving.register_keras_serializable("tfnss")
class GAN(keras.Model):
    """A generator and a discriminator, and everything between them.

    `compile` takes the parts of the game, `fit` plays it on images, `generate` and `export` use the moving average of the
    generator. Every random number of the training is a function of `seed`, the clock `images_seen` and the place in the
    global batch: a resumed run continues exactly, on any number of replicas.

    Args:
        generator: Model from latents `[batch, latent_dim]` to images `[batch, height, width, channels]` in [-1, 1]:
            functional, Sequential, or a built subclass with the attribute `latent_dim`. One with running statistics of its
            own lists them as `statistics` and has `update_statistics(latents)`, called once per iteration. A conditional
            one has the attribute `classes`, and takes one-hot labels `[batch, classes]` after the latents.
        discriminator: Built model from such images to logits, `[batch, 1]` or any shape per image. Where there are classes,
            it takes the labels after the images.
        seed: Seed of everything random in training.

    Call arguments:
        latents: Floats `[batch, latent_dim]`.
        labels: One-hot `[batch, classes]`, where there are classes.

    Returns:
        Images in [-1, 1] of the averaged generator.

    Example:

    ```python
    gan = GAN(generator, discriminator)
    gan.compile(view=NoisyScaleSpace(), annealing=ExponentialAnnealing(initial_time=256))
    gan.fit(tfnss.data.load("photos", resolution=64, batch_size=32), epochs=10)
    gan.generate(16)  # uint8 [16, 64, 64, 3]
    ```
    """

    def __init__(self, generator: keras.Model, discriminator: keras.Model, *, seed: int = 0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.generator = generator
        self.discriminator = discriminator
        self.generator_ema = _copy(generator)
        self.generator_ema.trainable = False
        self.latent_dim, self.classes = latent_width(generator), number_of_classes(generator)
        self.seed = seed
        counter = functools.partial(self.add_weight, shape=(), dtype="int64", initializer="zeros", trainable=False)
        self.images_seen = counter(name="images_seen")
        self.images_total = counter(name="images_total")
        scalars = functools.partial(self.add_weight, dtype="float32", initializer="zeros", trainable=False)
        self.path_length_mean = scalars(name="path_length_mean", shape=())
        self.augmentation_state = scalars(name="augmentation_state", shape=(3,))
        # Iterations in a row, up to now, with a loss or gradient that is not finite. No part of a run's state.
        self.bad_steps = tf.Variable(0, trainable=False, dtype=tf.int64, name="bad_steps")
        self.built = True

    def call(self, latents: Any, labels: Any = None, training: bool = False) -> Any:
        return self.generator_ema(latents, *_given(labels), training=False)

    # -- the parts ---------------------------------------------------------------------------------------------------

    def compile(
        self,
        generator_optimizer: keras.optimizers.Optimizer | None = None,
        discriminator_optimizer: keras.optimizers.Optimizer | None = None,
        loss: losses.Loss | str = "non_saturating",
        regularizers: Sequence[Regularizer | PathLength | SpectralRegularization] = (),
        view: keras.layers.Layer | None = None,
        annealing: Any = None,
        augmentation: Augmentation | None = None,
        spectral_realness: keras.layers.Layer | None = None,
        discriminator_steps: int = 1,
        ema_half_life_kimg: float = 10.0,
        ema_ramp_up: float | None = 0.05,
        accumulation_steps: int = 1,
        jit_compile: bool | str = "auto",
        steps_per_execution: int = 1,
        run_eagerly: bool = False,
    ) -> None:
        """Chooses the parts of the game.

        Args:
            generator_optimizer: By default Adam(2e-4, beta_1=0.5), as for the other player.
            discriminator_optimizer: The discriminator's optimizer, another object than the generator's.
            loss: `non_saturating`, `minimax`, `least_squares`, `wasserstein`, `hinge` or a `Loss`.
            regularizers: Penalties on the discriminator, and on the generator (`PathLength`, `SpectralRegularization`).
            view: What the discriminator is shown of real and fake images: a scale-space layer or a `View` of one.
            annealing: Schedule of the scale-space's time, for a `view` that is a scale-space layer.
            augmentation: Augmentation of real and fake images before the view.
            spectral_realness: Classifier of the spectra of what the discriminator is shown, which decides beside it and has
                the loss and the optimizer of the discriminator's kind (SSD-GAN). Without a seed it gets the GAN's.
            discriminator_steps: Discriminator steps, each on new real images, per generator step.
            ema_half_life_kimg: Half-life of the generator's moving average, in thousands of images.
            ema_ramp_up: Bound on the half-life as a share of the images seen; None for no bound.
            accumulation_steps: Parts that a replica's share of the batch is cut into, one after the other, to save memory:
                the gradients are those of the whole, but for statistics and masks of a part: batch normalisation's, DRAGAN's,
                the groups of a minibatch standard deviation, `Dropout`'s. SNGAN's power iterations run once per part.
            jit_compile: Whether XLA compiles the gradients of each phase; "auto" for where there is a GPU or TPU.
            steps_per_execution: Iterations per call from Python; must divide the steps of an epoch.
            run_eagerly: Runs the training step without graphs, for debugging.

        Raises:
            ValueError: For values outside these.
        """
        arguments = {name: value for name, value in locals().items() if name not in ("self", "__class__")}
        self._compile_arguments = lambda: arguments  # behind a function, where Keras does not track the parts twice
        for name in ("discriminator_steps", "accumulation_steps"):
            if arguments[name] < 1:
                raise ValueError(f"`{name}` must be >= 1. Received: {arguments[name]}")
        with self.distribute_strategy.scope():
            super().compile(
                optimizer=None,
                jit_compile=False,  # the phases' gradients are compiled, never the distributed step
                steps_per_execution=steps_per_execution,
                run_eagerly=run_eagerly,
            )
            self.loss = losses.get(loss)
            self.regularizers = tuple(regularizers)
            if any(isinstance(r, PathLength) for r in self.regularizers) and not has_styles(self.generator):
                raise ValueError("`PathLength` needs a generator with styles, such as that of models.StyleGAN2")
            self.view = _as_view(view, annealing)
            self.augmentation = augmentation
            self.discriminator_steps = discriminator_steps
            self.accumulation_steps = accumulation_steps
            self.ema_half_life_kimg = check_half_life(ema_half_life_kimg)
            self.ema_ramp_up = ema_ramp_up
            self.generator_optimizer = generator_optimizer or keras.optimizers.Adam(2e-4, beta_1=0.5)
            self.discriminator_optimizer = discriminator_optimizer or keras.optimizers.Adam(2e-4, beta_1=0.5)
            if self.generator_optimizer is self.discriminator_optimizer:
                raise ValueError("the two players need an optimizer each. Received one object for both")
            for optimizer in (self.generator_optimizer, self.discriminator_optimizer):
                if isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
                    raise ValueError(
                        "losses are not scaled (gradients of 16 bits are mended instead). Received a LossScaleOptimizer: "
                        "pass its inner optimizer"
                    )
            self.spectral_realness = spectral_realness
            if spectral_realness is not None and not spectral_realness.built:
                if spectral_realness.seed is None:
                    spectral_realness.seed = self.seed
                spectral_realness.build(image_shape(self.generator))
            self.phases = build_phases(
                self.generator,
                self.discriminator,
                self.generator_optimizer,
                self.discriminator_optimizer,
                self.regularizers,
                discriminator_steps,
                spectral_realness,
            )
            players = {phase.player: phase.optimizer for phase in self.phases}
            self.generator_optimizer, self.discriminator_optimizer = (
                players[self.generator],
                players[self.discriminator],
            )
            self.spectral_optimizer = players.get(spectral_realness)
            self._build_gradients(jit_compile)
            logged = [getattr(r, "logged", (r.name,)) for r in self.regularizers]
            logged += [augmentation.logged] if augmentation is not None else []
            logged += [("spectral_loss",)] if spectral_realness is not None else []
            names = ["d_loss", "g_loss", *itertools.chain(*logged), *self.view_logs()]
            self._meters = {name: keras.metrics.Mean(name=name, dtype="float32") for name in dict.fromkeys(names)}
            self._meters |= {name: PredictionMeter(name=name) for name in ("real_prediction", "fake_prediction")}

    def _given_parts(self, args: tuple, kwargs: dict[str, Any]) -> dict[str, Any]:
        """The arguments of `compile` by name, for a model with defaults of its own; None where None stands for the default."""
        signature = inspect.signature(GAN.compile)
        given = dict(signature.bind_partial(self, *args, **kwargs).arguments)
        del given["self"]
        defaults = {name: parameter.default for name, parameter in signature.parameters.items()}
        return {name: part for name, part in given.items() if part is not None or defaults[name] is not None}

    def _build_gradients(self, jit_compile: bool | str) -> None:
        """Settles how batch normalisation communicates, and what XLA compiles.

        On several replicas, batch normalisation uses the statistics of the global batch, so that replicas neither differ
        nor drift. Under a gradient penalty it takes the same path of Keras' code, because the other one
        (`tf.nn.moments`) has wrong second derivatives. Under a strategy that path cannot stand in a compiled function.
        """
        strategy = self.distribute_strategy
        self._replicas = strategy.num_replicas_in_sync
        layers = [*self.generator._flatten_layers(), *self.discriminator._flatten_layers()]
        normalizations = [layer for layer in layers if isinstance(layer, keras.layers.BatchNormalization)]
        synchronized = bool(normalizations) and (self._replicas > 1 or bool(self.regularizers))
        self._half_precision = any(layer.compute_dtype in ("float16", "bfloat16") for layer in layers)
        for layer in normalizations:
            layer.synchronized = synchronized
        if jit_compile == "auto":
            jit_compile = bool(tf.config.list_logical_devices("GPU") or tf.config.list_logical_devices("TPU"))
        if jit_compile and synchronized and tf.distribute.has_strategy():
            logger.warning("XLA is off: it cannot compile batch normalisation that is synchronised between replicas")
            jit_compile = False
        self._gradients = [functools.partial(self._phase_gradients, index) for index in range(len(self.phases))]
        if jit_compile and not self.run_eagerly:
            self._gradients = [tf.function(g, jit_compile=True, autograph=False) for g in self._gradients]

    # -- the game ----------------------------------------------------------------------------------------------------

    @property
    def progress(self) -> Any:
        """Share of the run that is done, a float32 scalar tensor in [0, 1]."""
        seen, total = (tf.cast(v.value, tf.float64) for v in (self.images_seen, self.images_total))
        return tf.cast(tf.minimum(tf.math.divide_no_nan(seen, total), 1), tf.float32)

    def discriminate(self, images: Any, labels: Any = None) -> Any:
        """The discriminator's float32 logits, flat, of what the augmentation and the view show of `images` now."""
        return self._spatial_logits(self._shown(images), labels)

    def discriminating(self, labels: Any) -> Callable[[Any], Any]:
        """`discriminate` for given labels."""
        return functools.partial(self.discriminate, labels=labels)

    def judge(self, images: Any, labels: Any = None) -> "Verdict":
        """What decides the game on `images`: the discriminator, and beside it the spectral classifier if there is one."""
        shown = self._shown(images)
        spatial = self._spatial_logits(shown, labels)
        if self.spectral_realness is None:
            return Verdict(spatial, spatial, None)
        profiles = self.spectral_realness.profile(shown)
        spectral = self.spectral_realness.classify(profiles)
        return Verdict(self.spectral_realness.mix(spatial, spectral), spatial, profiles)

    def fakes(self, count: int, labels: Any = None) -> Any:
        """Float32 images of the generator in training, for new latents."""
        latents = random.stream().normal((count, self.latent_dim))
        return tf.cast(self.generator(latents, *_given(labels), training=True), tf.float32)

    def view_logs(self) -> dict[str, Any]:
        """What the view records."""
        logs = getattr(self.view, "logs", None)
        return logs(self.progress) if logs else {}

    def _shown(self, images: Any) -> Any:
        if self.augmentation is not None:
            images = self.augmentation(images, state=self.augmentation_state.value)
        return images if self.view is None else self.view(images, progress=self.progress)

    def _spatial_logits(self, shown: Any, labels: Any) -> Any:
        return tf.reshape(tf.cast(self.discriminator(shown, *_given(labels), training=True), tf.float32), [-1])

    # -- one iteration -----------------------------------------------------------------------------------------------

    def _phase_gradients(self, index: int, part: Any, *inputs: Any) -> tuple[list, dict[str, Any]]:
        """Gradients of one phase on one part of the global batch, to be summed. Pure, so that XLA can take it whole."""
        phase = self.phases[index]
        with random.scope(self._source(phase.stream, part)), tf.GradientTape() as tape:
            loss, logs = phase.loss(self, *inputs)
            loss = loss / (self._replicas * self.accumulation_steps)
        variables = [variable.value for variable in phase.player.trainable_variables]
        gradients = tape.gradient(loss, variables, unconnected_gradients=tf.UnconnectedGradients.ZERO)
        finite = tf.reduce_all([tf.reduce_all(tf.math.is_finite(x)) for x in (loss, *gradients)])
        return gradients, {**logs, "bad": 1 - tf.cast(finite, tf.float32)}

    def _run_phase(self, index: int, *inputs: Any) -> dict[str, Any]:
        """One optimizer step, in replica context; gives what later phases read of it, and whether it was `bad`."""
        phase = self.phases[index]
        gradients, logs = self._accumulated_gradients(index, inputs)
        if self._half_precision:
            gradients = [_finite(gradient) for gradient in gradients]
        phase.optimizer.apply(gradients, phase.player.trainable_variables)
        for name, value in logs.items():
            if name in self._meters:
                self._meters[name].update_state(value)
        phase.update(self, logs)
        kept = {"bad", *(name for later in self.phases for name in later.reads)}
        return {name: value for name, value in logs.items() if name in kept}

    def _accumulated_gradients(self, index: int, inputs: tuple) -> tuple[list, dict[str, Any]]:
        """Gradients and records of this replica's share, one part after the other."""
        steps = self.accumulation_steps
        first = tf.distribute.get_replica_context().replica_id_in_sync_group * steps
        gradients: list | None = None
        logs = []
        for step, share in enumerate(zip(*(tf.split(x, steps) for x in inputs), strict=True)):
            with tf.control_dependencies(gradients or []):  # one after the other, or all would be in memory at once
                self._seed_stock_layers(self.phases[index].stream, first + step)
                new, log = self._gradients[index](first + step, *map(tf.identity, share))
            gradients = new if gradients is None else [a + b for a, b in zip(gradients, new, strict=True)]
            logs.append(log)
        return gradients or [], {name: _joined([log[name] for log in logs]) for name in logs[0]}

    def _seed_stock_layers(self, stream: int, part: Any) -> None:
        """Lets `Dropout` and its like follow the clock, and differ between parts: their own state does neither."""
        source = self._source(_STOCK_LAYERS + stream, part)
        layers = (self.generator, self.discriminator, *([] if self.view is None else [self.view]))
        for state in itertools.chain.from_iterable(map(_seed_states, layers)):
            state.assign(tf.cast(source.stream().bits((2,)), state.dtype))

    def _source(self, use: int, part: Any) -> stateless.GlobalBatchSource:
        parts = self._replicas * self.accumulation_steps
        return stateless.training_source(self.seed, use, self.images_seen.value, part, parts)

    def _end_iteration(self, batch_size: int) -> None:
        """Moves the average and the clock, in replica context."""
        if self.augmentation is not None:
            iteration = self.images_seen.value // batch_size
            state = self.augmentation.adapt(self.augmentation_state.value, iteration, batch_size)
            self.augmentation_state.assign(state)
        self.images_seen.assign(self.images_seen + batch_size)
        if hasattr(self.generator, "update_statistics"):
            seen = self.images_seen.value
            latents = stateless.statistics_latents(batch_size, self.latent_dim, self.seed, seen)
            self.generator.update_statistics(latents)
        decay = ema_decay(self.images_seen.value, batch_size, self.ema_half_life_kimg, self.ema_ramp_up)
        copied = getattr(self.generator, "statistics", ())
        update_average(self.generator_ema.weights, self.generator.weights, decay, copied)

    def train_step(self, data: Any) -> dict[str, Any]:
        """One iteration on a global batch (images, and one-hot labels where there are classes), in cross-replica context."""
        batch = tuple(data) if isinstance(data, (tuple, list)) else (data,)
        strategy = self.distribute_strategy
        batch_size = strategy.experimental_local_results(batch[0])[0].shape[0] * self._replicas
        iteration = self.images_seen.value // batch_size
        records: dict[str, Any] = {}
        bad = []
        for index, phase in enumerate(self.phases):
            inputs = tuple(records[name] for name in phase.reads) or batch
            run = functools.partial(strategy.run, functools.partial(self._run_phase, index), args=inputs)
            if phase.interval == 1:
                records |= run()
                bad.append(self._over_replicas(records["bad"]))
            else:  # around strategy.run: nothing that communicates may stand in a condition inside it
                mark = tf.cond(
                    phase.due(iteration), lambda run=run: self._over_replicas(run()["bad"]), lambda: tf.constant(0.0)
                )
                bad.append(mark)
        strategy.run(functools.partial(self._end_iteration, batch_size))
        self.bad_steps.assign(tf.where(tf.add_n(bad) > 0, self.bad_steps + 1, 0))
        logs: dict[str, Any] = {}
        for name, meter in self._meters.items():
            result = meter.result()
            logs |= result if isinstance(result, dict) else {name: result}
        return logs

    def _over_replicas(self, value: Any) -> Any:
        return self.distribute_strategy.reduce(tf.distribute.ReduceOp.SUM, value, axis=None)

    @property
    def metrics(self) -> list[keras.metrics.Metric]:
        return list(self._meters.values()) if self.compiled else []

    # -- fit ---------------------------------------------------------------------------------------------------------

    def fit(
        self,
        x: Any,
        y: Any = None,
        *,
        batch_size: int | None = None,
        epochs: int = 1,
        initial_epoch: int = 0,
        steps_per_epoch: int | None = None,
        callbacks: Any = None,
        resume: bool = False,
        **kwargs: Any,
    ) -> keras.callbacks.History:
        """Keras' `fit`; it also fixes the length of the run, on which schedules depend.

        Args:
            x: `tfnss.data.Images` (read on from where the clock stands), a `tf.data.Dataset` of batches of equal static
                size, or an array of images, uint8 or floats in [-1, 1]. For a generator with classes they have labels; a
                dataset then gives (images, labels).
            y: Labels of an array of images, integers [count].
            batch_size: Images in the global batch, for an array.
            epochs: Epoch at which the run ends.
            initial_epoch: Epoch at which this call starts.
            steps_per_epoch: Iterations per epoch; by default one pass over the images.
            callbacks: Keras callbacks.
            resume: Whether this call continues a run, new or restored from a checkpoint: epochs are counted by the clock
                instead of `initial_epoch`, one that was stopped on its way is finished first, and schedules are those of
                the whole run. (A `tf.data.Dataset` is read from its start.)
        """
        if not self.compiled:
            raise ValueError("call `compile` before `fit`")
        x = batches.as_images(x, y, batch_size, self.seed)
        reading = x.own_errors() if isinstance(x, Images) else contextlib.nullcontext()
        if isinstance(x, Images):
            self.check_images(x)
            steps_per_epoch = steps_per_epoch or x.steps_per_epoch
        data = self._from_clock(x)
        batch_size = batches.static_batch_size(data)
        self.check_batch_size(batch_size)
        share = batch_size // (self._replicas * self.accumulation_steps)
        batches.warn_of_mixed_groups(share, self.discriminator, self.view)
        steps_per_epoch = steps_per_epoch or batches.cardinality(data)
        seen, done = int(self.images_seen.numpy()), 0
        if resume:
            if seen % batch_size:
                raise ValueError(
                    f"the clock stands at {seen} images, within a batch. Received: batch_size={batch_size}"
                )
            initial_epoch, done = divmod(seen // batch_size, steps_per_epoch)
        for steps in (steps_per_epoch, done):
            if steps % self.steps_per_execution:
                raise ValueError(
                    f"`steps_per_execution` must divide the steps of an epoch. Received: "
                    f"steps_per_execution={self.steps_per_execution}, steps per epoch {steps_per_epoch}, {done} done"
                )
        if not isinstance(x, Images):
            batches.check_range(x)
        self.images_total.assign(seen + ((epochs - initial_epoch) * steps_per_epoch - done) * batch_size)
        fit = functools.partial(super().fit, y=None, shuffle=False)
        with signals.handlers_put_back(self), reading:
            if done and initial_epoch < epochs:
                rest, images = steps_per_epoch - done, done * batch_size
                both = OneTraining(self, callbacks, kwargs.get("verbose", "auto"), images, epochs=epochs, steps=rest)
                fit(
                    data,
                    callbacks=both,
                    epochs=initial_epoch + 1,
                    initial_epoch=initial_epoch,
                    steps_per_epoch=rest,
                    **kwargs,
                )
                both.go_on(steps_per_epoch)
                initial_epoch = epochs if self.stop_training else initial_epoch + 1
                callbacks, data = both, self._from_clock(x)
            spans = {"epochs": epochs, "initial_epoch": initial_epoch, "steps_per_epoch": steps_per_epoch}
            return fit(data, callbacks=callbacks, **spans, **kwargs)

    def _from_clock(self, x: Any) -> Any:
        """Batches for the game, of images from where the clock stands."""
        if isinstance(x, Images):
            x = x.dataset(images_seen=int(self.images_seen.numpy()))
        return batches.for_game(x, self.classes)

    def check_images(self, images: Images) -> None:
        """Raises a ValueError if `fit` could not train on these images."""
        batches.check_labels(images, self.classes)
        self.check_batch_size(images.batch_size)

    def check_batch_size(self, batch_size: int) -> None:
        """Raises a ValueError if a global batch of this size cannot be divided over replicas, steps and groups."""
        batches.check_batch_size(batch_size, self._replicas, self.accumulation_steps, self.discriminator)

    def _maybe_symbolic_build(self, iterator: Any = None, data_batch: Any = None) -> None:
        """Nothing: the networks are built, and Keras' way of building them fails on several replicas."""

    train_function: Any

    def make_train_function(self, force: bool = False) -> Any:
        """`steps_per_execution` iterations; Keras' own runs `train_step` per replica, ours leads all replicas."""
        if self.train_function is not None and not force:
            return self.train_function
        steps = self.steps_per_execution

        def one(iterator: Any) -> dict[str, Any]:
            return self.train_step(next(iterator))

        def many(iterator: Any) -> dict[str, Any]:
            logs = one(iterator)
            if steps > 1:
                _, logs = tf.while_loop(
                    lambda step, _: step < steps,
                    lambda step, _: (step + 1, one(iterator)),
                    (tf.constant(1), logs),
                    maximum_iterations=steps - 1,
                )
            return logs

        if not self.run_eagerly:
            one = tf.function(one, autograph=False)
            many = tf.function(many, autograph=False)
        self.train_function = many
        return many

    # -- use ---------------------------------------------------------------------------------------------------------

    def generate(
        self, count: int, *, labels: Any = None, seed: int = 0, batch_size: int = 64, **kwargs: Any
    ) -> np.ndarray:
        """Samples of the averaged generator.

        Args:
            count: Number of images.
            labels: Their classes, integers `[count]` or one for all; by default the classes in turn.
            seed: Image i depends on `seed` and i alone; for layers that draw noise also on `batch_size`.
            batch_size: Images per call of the network.
            **kwargs: Arguments of the generator's call.

        Returns:
            uint8 `[count, height, width, channels]`.
        """
        if count < 1:
            raise ValueError(f"`count` must be >= 1. Received: count={count}")
        latents = stateless.sampling_latents(count, self.latent_dim, seed)
        conditions = self._conditions(count, labels)
        images = []
        for start in range(0, count, batch_size):
            with random.scope(stateless.noise_source(seed, start)):
                batch = [x[start : start + batch_size] for x in (latents, *conditions)]
                images.append(to_uint8(self.generator_ema(*batch, training=False, **kwargs)))
        return np.concatenate(images)

    def _conditions(self, count: int, labels: Any) -> list[Any]:
        """What the generator takes beside latents: one-hot labels, where there are classes."""
        if labels is None:
            return [labels_in_turn(0, count, self.classes)] if self.classes else []
        return [one_hot(np.broadcast_to(labels, (count,)), self.classes)]

    def export(self, filepath: str | os.PathLike, card: dict[str, Any] | None = None) -> None:
        """Writes the averaged generator as a SavedModel that needs no tfnss to load (see `tfnss.serving.export`)."""
        serving.export(self.generator_ema, filepath, card)

    # -- saving ------------------------------------------------------------------------------------------------------

    def get_config(self) -> dict:
        return {
            "generator": keras.saving.serialize_keras_object(self.generator),
            "discriminator": keras.saving.serialize_keras_object(self.discriminator),
            "seed": self.seed,
            "name": self.name,
        }

    @classmethod
    def from_config(cls, config: dict, custom_objects: dict | None = None) -> "GAN":
        config = dict(config)
        for network in ("generator", "discriminator"):
            config[network] = keras.saving.deserialize_keras_object(config[network], custom_objects=custom_objects)
        return cls(**config)

    def get_compile_config(self) -> dict | None:
        if not self.compiled:
            return None
        return {name: keras.saving.serialize_keras_object(part) for name, part in self._compile_arguments().items()}

    def compile_from_config(self, config: dict) -> None:
        self.compile(**{name: keras.saving.deserialize_keras_object(value) for name, value in config.items()})


def _copy(network: keras.Model) -> keras.Model:
    """The same network with weights of its own."""
    copy = type(network).from_config(network.get_config())
    copy.set_weights(network.get_weights())
    return copy


def _finite(gradient: Any) -> Any:
    """No NaN, and no more than 1e5: 16-bit numbers overflow now and then (StyleGAN2-ADA)."""
    return tf.clip_by_value(tf.where(tf.math.is_nan(gradient), tf.zeros_like(gradient), gradient), -1e5, 1e5)


def _joined(values: Sequence) -> Any:
    """Records of the parts of a batch as one: the mean of scalars, all of one value per image."""
    return tf.add_n(values) / len(values) if values[0].shape.rank == 0 else tf.concat(values, axis=0)


def _seed_states(layer: keras.layers.Layer) -> list[keras.Variable]:
    """The states of the seed generators in a layer."""
    return [variable for variable in layer.variables if variable.name == "seed_generator_state"]


def _as_view(view: keras.layers.Layer | None, annealing: Any) -> keras.layers.Layer | None:
    if annealing is None and (view is None or isinstance(view, View)):
        return view
    if view is None or isinstance(view, View):
        raise ValueError("`annealing` goes with a `view` that is a scale-space layer")
    return View(view, annealing)


def _given(labels: Any) -> tuple[Any, ...]:
    """The labels as further arguments of a network, if there are any."""
    return () if labels is None else (labels,)
