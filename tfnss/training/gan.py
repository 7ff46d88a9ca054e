"""The training engine: one `keras.Model` that plays any of the games."""

import functools
import inspect
import logging
import os
from collections.abc import Sequence
from typing import Any, Literal

import keras
import numpy as np
import tensorflow as tf

from tfnss import serving
from tfnss.generators import check_takes_labels, copied, latent_width, number_of_classes
from tfnss.random import stateless
from tfnss.registered import deserialized
from tfnss.training import batch_statistics as normalization
from tfnss.training import gradients, losses
from tfnss.training.augmentation import Augmentation
from tfnss.training.batch_methods import BatchMethods
from tfnss.training.callbacks.errors import told_of_errors
from tfnss.training.ema import Ramped, check_half_life, ema_decay, update_average
from tfnss.training.epochs import OneTraining, check_total
from tfnss.training.feed import Feed
from tfnss.training.fine_tuning import FineTuning
from tfnss.training.fused_adam import fused
from tfnss.training.game import Game, built_classifier, given
from tfnss.training.growth import Growth, can_grow
from tfnss.training.loop import train_function
from tfnss.training.meters import build_meters, results
from tfnss.training.optimizers import player_optimizers
from tfnss.training.parts import check_parts
from tfnss.training.penalty import Penalty
from tfnss.training.phases import build_phases
from tfnss.training.refused import check_not_given, without_game
from tfnss.training.sampling import sample
from tfnss.training.shares import check_steps
from tfnss.training.stages import Stages
from tfnss.training.states import PenaltyStates
from tfnss.training.statistics import update_statistics
from tfnss.training.view import as_view, warn_of_no_length

logger = logging.getLogger("tfnss")


@keras.saving.register_keras_serializable("tfnss")
class GAN(BatchMethods, FineTuning, Stages, PenaltyStates, keras.Model):
    """A generator and a discriminator, and everything between them.

    `compile` takes the parts of the game, `fit` plays it on images, `generate` and `export` use the moving average of the
    generator. Every random number of the training is a function of `seed`, the clock `images_seen` and the place in the
    global batch: a resumed run continues exactly, on any number of replicas. `save("gan.keras")` keeps all of it, also what
    `compile` was given; `keras.saving.load_model` reads it where the model's class and the networks' are imported before:
    `from models import StyleGAN2`, or `from tfnss import GAN`.

    Args:
        generator: Model from latents `[batch, latent_dim]` to images `[batch, height, width, channels]` in [-1, 1]:
            functional, Sequential, or a built subclass with the attribute `latent_dim`. One with running statistics of its
            own lists them as `statistics` and has `update_statistics(latents)`, called once per iteration. A conditional
            one, a subclass with the attribute `classes`, takes one-hot labels `[batch, classes]` after them, there too.
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
        check_takes_labels(generator, discriminator)
        self.generator = generator
        self.discriminator = discriminator
        self.generator_ema = copied(generator)
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
        self._every_state: list[keras.Variable] = []  # of penalties, of this game and of former ones
        self.built = True

    def call(self, latents: Any, labels: Any = None, training: bool = False) -> Any:
        return self.generator_ema(latents, *given(labels), training=False)

    # -- the parts ---------------------------------------------------------------------------------------------------

    def compile(
        self,
        generator_optimizer: keras.optimizers.Optimizer | str | None = None,
        discriminator_optimizer: keras.optimizers.Optimizer | str | None = None,
        loss: losses.Loss | str = "non_saturating",
        regularizers: Sequence[Penalty] = (),
        view: keras.layers.Layer | None = None,
        annealing: Any = None,
        augmentation: Augmentation | None = None,
        spectral_realness: keras.layers.Layer | None = None,
        discriminator_steps: int = 1,
        ema_half_life_kimg: Ramped = 10.0,
        ema_ramp_up: float | None = 0.05,
        accumulation_steps: int = 1,
        total_kimg: float | None = None,
        growth: Growth | Literal[False] | None = None,
        batch_statistics: str = "global",
        jit_compile: bool | str = "auto",
        steps_per_execution: int = 1,
        run_eagerly: bool = False,
        **kwargs: Any,
    ) -> None:
        """Chooses the parts of the game.

        Args:
            generator_optimizer: An optimizer or its name; by default Adam(2e-4, beta_1=0.5), as for the other player. A
                schedule of its learning rate counts the player's own steps (see `tfnss.training.lazy.LazySchedule`).
            discriminator_optimizer: The discriminator's optimizer, another object than the generator's.
            loss: `non_saturating`, `minimax`, `least_squares`, `wasserstein`, `hinge`, `relativistic` or a `Loss`.
            regularizers: Penalties on the discriminator, and on the generator (`PathLength`, `SpectralRegularization`).
            view: What the discriminator is shown of real and fake images: a scale-space layer or a `View` of one.
            annealing: Schedule of the scale-space's time, for a `view` that is a scale-space layer.
            augmentation: Augmentation of real and fake images before the view. Another one than the last game's begins anew.
            spectral_realness: Classifier of the spectra of what the discriminator is shown, which decides beside it and has
                the loss and the optimizer of the discriminator's kind (SSD-GAN). Without a seed it gets the GAN's.
            discriminator_steps: Discriminator steps, each on new real images, per generator step.
            ema_half_life_kimg: Half-life of the generator's moving average, in thousands of images, or a `CosineRamp` of it.
            ema_ramp_up: Bound on the half-life as a share of the images seen; None for no bound.
            accumulation_steps: Parts that a replica's share of the batch is cut into, one after the other, to save memory:
                the gradients are those of the whole, but for what is a part's own: statistics of batch normalisation and
                DRAGAN, groups of a minibatch standard deviation, masks of `Dropout`, and SNGAN's power iterations, of which
                each part has one.
            total_kimg: Length of the run in thousands of images, which schedules follow: for several calls of `fit`, or
                for `train_step` in a loop of your own. By default a call of `fit` is the run.
            growth: Resolutions, batch sizes and learning rates by the images seen, for networks that can grow. A model may
                grow by default: False for one that does not.
            batch_statistics: Images that batch normalisation takes its statistics over, on several devices: those of the
                `global` batch, which gives the weights of one device; or of each device's share (`replica`), which XLA can
                compile under a strategy. The moving averages are then the mean over the devices.
            jit_compile: Whether XLA compiles the gradients of each phase; "auto" for where there is a GPU or TPU.
            steps_per_execution: Iterations per call from Python; must divide the steps of an epoch.
            run_eagerly: Runs the training step without graphs, for debugging.
            **kwargs: None: of Keras' other arguments each is an error that tells the way here.

        Raises:
            ValueError: For values outside these. The GAN then has no game until it is compiled well.
        """
        arguments = {name: value for name, value in locals().items() if name not in ("self", "__class__", "kwargs")}
        with without_game(self), self.distribute_strategy.scope():
            check_not_given("compile", kwargs)
            check_steps(arguments)
            check_parts(arguments)
            normalization.check(batch_statistics)
            self._compile_arguments = lambda: arguments  # behind a function, where Keras does not track the parts twice
            super().compile(
                optimizer=None,
                jit_compile=False,  # the phases' gradients are compiled, never the distributed step
                steps_per_execution=steps_per_execution,
                run_eagerly=run_eagerly,
            )
            self.loss = losses.get(loss)
            self.regularizers = tuple(regularizers)
            for penalty in self.regularizers:
                penalty.check(self.generator)
            self.view = as_view(view, annealing)
            if augmentation is not None:
                augmentation.check(self.loss)
                seen, former = int(self.images_seen.numpy()), getattr(self, "augmentation", augmentation)
                if not seen or not augmentation.same_as(former):
                    self.augmentation_state.assign(augmentation.begun(seen))
            self.augmentation = augmentation
            self.discriminator_steps, self.accumulation_steps = discriminator_steps, accumulation_steps
            self.ema_half_life_kimg = check_half_life(ema_half_life_kimg)
            self.ema_ramp_up = ema_ramp_up
            self.total_kimg = check_total(total_kimg)
            if total_kimg is not None:
                self.images_total.assign(round(total_kimg * 1000))
            self.spectral_realness = built_classifier(spectral_realness, self.generator, self.seed)
            parts = (self.loss, self.view, augmentation, spectral_realness)
            states = (self.images_seen, self.images_total, self.path_length_mean, self.augmentation_state)
            own = self._states_of(self.regularizers)
            self.game = Game(self.generator, self.discriminator, *parts, *states, own)
            optimizers = player_optimizers(generator_optimizer, discriminator_optimizer)
            self.phases = build_phases(self.game, *optimizers, self.regularizers, discriminator_steps)
            players = {phase.player: phase.optimizer for phase in self.phases}
            self.generator_optimizer = players.get(self.generator)
            self.discriminator_optimizer = players.get(self.discriminator)
            self.spectral_optimizer = players.get(spectral_realness)
            self._replicas = self.distribute_strategy.num_replicas_in_sync
            self._build_stages(growth or None)
            self._gradients = self._build_gradients(jit_compile)
            self._meters = build_meters(self.phases, self.game)

    def _given_parts(self, args: tuple, kwargs: dict[str, Any]) -> dict[str, Any]:
        """The arguments of `compile` by name, for a model with defaults of its own; without those that are None for one."""
        signature = inspect.signature(GAN.compile)
        given = dict(signature.bind_partial(self, *args, **kwargs).arguments)
        del given["self"]
        given |= given.pop("kwargs", {})
        defaults = {name: parameter.default for name, parameter in signature.parameters.items()}
        return {name: part for name, part in given.items() if part is not None or defaults.get(name) is not None}

    def _build_gradients(self, jit_compile: bool | str) -> list[gradients.PhaseGradients]:
        layers = [*self.generator._flatten_layers(), *self.discriminator._flatten_layers()]
        self._half_precision = any(layer.compute_dtype in ("float16", "bfloat16") for layer in layers)
        choice = self._compile_arguments()["batch_statistics"]
        synchronized = normalization.settle(layers, self._replicas, bool(self.regularizers), choice)
        jit_compile = normalization.compiles(jit_compile, synchronized) and not self.run_eagerly
        self._drifting = lambda: normalization.drifting(layers, self._replicas, choice)
        how = (self._source, self._replicas, self.accumulation_steps, jit_compile, synchronized)
        return [gradients.PhaseGradients(phase, self.game, *how) for phase in self.phases]

    # -- one iteration -----------------------------------------------------------------------------------------------

    def _run_phase(self, index: int, *inputs: Any) -> dict[str, Any]:
        """One optimizer step, in replica context; gives what later phases read of it, and whether it was `bad`."""
        phase = self.phases[index]
        moves, logs = self._gradients[index](*inputs)
        if self._half_precision:
            moves = [gradients.mended(gradient) for gradient in moves]
        with fused(phase.optimizer):
            phase.optimizer.apply(gradients.clipped(phase.optimizer, moves), phase.player.trainable_variables)
        for name, value in logs.items():
            if name in self._meters:
                self._meters[name].update_state(value)
        phase.update(self.game, logs)
        kept = {"bad", *(name for later in self.phases for name in later.reads)}
        return {name: value for name, value in logs.items() if name in kept}

    def _source(self, use: int, part: Any) -> stateless.GlobalBatchSource:
        parts = self._replicas * self.accumulation_steps
        return stateless.training_source(self.seed, use, self.images_seen.value, part, parts)

    def _end_iteration(self, batch_size: int) -> None:
        """Moves the average and the clock, in replica context."""
        if self.augmentation is not None:
            iteration = self.game.stage.iteration(self.images_seen.value, batch_size)
            state = self.augmentation.adapt(self.augmentation_state.value, iteration, batch_size)
            self.augmentation_state.assign(self.augmentation.at(state, self.images_seen + batch_size))
        if can_grow(self.generator):
            self.generator.lod.assign(self.game.stage.lod(self.images_seen.value))
        self.images_seen.assign(self.images_seen + batch_size)
        normalization.agree(self._drifting())
        update_statistics(self.generator, batch_size, self.seed, self.images_seen.value)
        decay = ema_decay(self.images_seen.value, batch_size, self.ema_half_life_kimg, self.ema_ramp_up)
        copied = getattr(self.generator, "statistics", ())
        update_average(self.generator_ema.weights, self.generator.weights, decay, copied)

    def train_step(self, data: Any) -> dict[str, Any]:
        """One iteration on a global batch (images, and one-hot labels where there are classes), in cross-replica context."""
        batch = tuple(data) if isinstance(data, (tuple, list)) else (data,)
        warn_of_no_length(self.view, self.images_total)
        strategy = self.distribute_strategy
        shape = strategy.experimental_local_results(batch[0])[0].shape
        self._check_shape(shape[1:], self.game.stage.halvings)
        batch_size = shape[0] * self._replicas
        iteration = self.game.stage.iteration(self.images_seen.value, batch_size)
        batch = (strategy.run(self.game.reals, args=batch[:1]), *batch[1:])
        records: dict[str, Any] = {}
        told = self.game.stage_logs()
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
        return results(self._meters) | told

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
            x: `tfnss.data.Images` or a `keras.utils.PyDataset` (read in order, on from where the clock stands: see
                `tfnss.training.py_dataset`), a `tf.data.Dataset` of batches of equal static size, or an array of images,
                uint8 or floats in [-1, 1]. With classes they have labels; a dataset then gives (images, labels).
            y: Labels of an array of images, integers [count].
            batch_size: Images in the global batch, for an array.
            epochs: Epoch at which the run ends.
            initial_epoch: Epoch at which this call starts.
            steps_per_epoch: Iterations per epoch; by default one pass over the images.
            callbacks: Keras callbacks.
            resume: Whether this call continues a run, new or restored from a checkpoint: epochs are counted by the clock
                instead of `initial_epoch`, one that was stopped on its way is finished first, and schedules are those of
                the whole run; that ends at `total_kimg` of `compile`, if it is given. (A `tf.data.Dataset` is read from
                its start.)
            **kwargs: `verbose`. Of Keras' other arguments each is an error that tells the way here.

        Raises:
            ValueError: For data or arguments that it does not take. The message tells the way.
        """
        if not self.compiled:
            raise ValueError("call `compile` before `fit`")
        check_not_given("fit", kwargs)
        feed = Feed(x, y, batch_size, self.seed, self.classes)
        self.check_feed(feed)
        left = self._left(feed, epochs, initial_epoch, steps_per_epoch, resume)
        feed.check_range()
        training = OneTraining(self, callbacks, kwargs.get("verbose", "auto"), max(epochs, left[-1][1].end))
        with told_of_errors(training):
            for stage, stretch in left:
                self._enter(stage)
                own = feed.at(stage)
                training.go_on(stretch, own.batch_size)
                data = own.from_clock(int(self.images_seen.numpy()), stretch.iterations)
                span = {"initial_epoch": stretch.epoch, "epochs": stretch.end, "steps_per_epoch": stretch.steps}
                with own.own_errors():
                    super().fit(data, shuffle=False, callbacks=training, **span, **kwargs)
                if self.stop_training:
                    break
            training.finish()
        return self.history

    def _maybe_symbolic_build(self, iterator: Any = None, data_batch: Any = None) -> None:
        """Nothing: the networks are built, and Keras' way of building them fails on several replicas."""

    train_function: Any

    def make_train_function(self, force: bool = False) -> Any:
        """`steps_per_execution` iterations; Keras' own runs `train_step` per replica, ours leads all replicas."""
        if self.train_function is None or force:
            self.train_function = train_function(self.train_step, self.steps_per_execution, self.run_eagerly)
        return self.train_function

    def generate(
        self,
        count: int | None = None,
        *,
        labels: Any = None,
        seed: int = 0,
        seeds: Sequence[int] | None = None,
        batch_size: int = 64,
        **kwargs: Any,
    ) -> np.ndarray:
        """Samples of the averaged generator.

        Args:
            count: Number of images, all of one `seed`.
            labels: Their classes, integers `[count]` or one for all; by default the classes in turn, and for `seeds` each
                seed modulo the number of classes.
            seed: Image i depends on `seed` and i alone; for layers that draw noise also on `batch_size`.
            seeds: In place of `count`, a seed in [0, 2**31) for each image: the image that `tfnss generate --seeds` draws of
                it (to a level of rounding), with the noise of seed 0, whatever the batch.
            batch_size: Images per call of the network.
            **kwargs: Arguments of the generator's call.

        Returns:
            uint8 `[count, height, width, channels]`.

        Raises:
            ValueError: For both or none of `count` and `seeds`, no images, or labels that do not fit.
        """
        return sample(self.generator_ema, count, labels, seed, seeds, batch_size, **kwargs)

    def export(
        self,
        filepath: str | os.PathLike,
        format: str = "tf_saved_model",
        verbose: bool | None = None,
        input_signature: Any = None,
        card: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        """Writes the averaged generator in a format that needs no tfnss to run, or as a Keras model.

        Args:
            filepath: Folder or file to write; a model of the same format that is there is replaced.
            format: `tf_saved_model` (or `saved_model`), `keras`, `onnx` or `litert`: see `tfnss.serving.export`.
            verbose: Whether to print where it is.
            input_signature: None: a format has inputs of its own.
            card: More entries of the model card, of JSON's values.
            **kwargs: Options of the format: `opset_version` of `onnx`, `optimizations` of `litert`.

        Raises:
            ValueError: As `tfnss.serving.export`, and for an `input_signature`.
        """
        if input_signature is not None:
            kwargs["input_signature"] = input_signature
        serving.export(self.generator_ema, filepath, format, card, **kwargs)
        if verbose:
            print(f"Saved artifact at '{os.fspath(filepath)}'.")

    def get_config(self) -> dict:
        return {
            "generator": keras.saving.serialize_keras_object(self.generator),
            "discriminator": keras.saving.serialize_keras_object(self.discriminator),
            "seed": self.seed,
            "name": self.name,
        }

    @classmethod
    def from_config(cls, config: dict, custom_objects: dict | None = None) -> "GAN":
        """Of this class, whose config holds the networks, or of a model that builds them from arguments of its own."""
        networks = {name: part for name, part in config.items() if isinstance(part, dict)}
        made = {name: deserialized(part, custom_objects) for name, part in networks.items()}
        return cls(**{**config, **made})

    def get_compile_config(self) -> dict | None:
        if not self.compiled:
            return None
        return {name: keras.saving.serialize_keras_object(part) for name, part in self._compile_arguments().items()}

    def compile_from_config(self, config: dict) -> None:
        self.compile(**{name: deserialized(value) for name, value in config.items()})
