"""The stages of a run in the engine: what `fit` plays them on, and what changes from one to the next."""

import dataclasses
import gc
import logging
from collections.abc import Sequence
from typing import Any

import keras

from tfnss.data import Images
from tfnss.generators import image_shape
from tfnss.training.epochs import Stretch, check_executions, steps_done, stretches
from tfnss.training.feed import Feed, check_labels
from tfnss.training.growth import Growth, Stage, can_grow, stage_at, until
from tfnss.training.image_shapes import check_shape, known_shape
from tfnss.training.lazy import has_decay_schedule
from tfnss.training.optimizers import both_optimizers
from tfnss.training.phases import Phase, SpectralStep
from tfnss.training.shares import check_batch_size, warn_of_mixed_groups

logger = logging.getLogger("tfnss")


class Stages:
    """What `GAN` has of them."""

    def _build_stages(self, growth: Growth | None) -> None:
        """The stages, and where they grow a spectral classifier for each of the lower resolutions."""
        gan: Any = self
        gan.growth, gan.stages = growth, stages_of(growth, gan.generator)
        gan._image_shape = known_shape(gan.generator)  # here, as each call of `train_step` asks for it
        gan._spectral_steps = [
            step if not halvings else smaller_step(step, gan.generator, halvings)
            for step in gan.phases
            if isinstance(step, SpectralStep)
            for halvings in range(gan.stages[0].halvings + 1)
        ]
        gan.optimizer = both_optimizers((*gan.phases, *gan._spectral_steps[1:]), gan.generator)
        if growth is None:
            return
        for stage in gan.stages:
            gan._check_stage(stage, stage.batch_size)
        anew = any(stage.reset for stage in gan.stages)
        rates = gan.optimizer.generator.scheduled or gan.optimizer.discriminator.scheduled
        if rates and (anew or growth.learning_rates is not None):
            raise ValueError(
                "where networks grow, optimizers begin anew with each resolution, and so would an optimizer's schedule of "
                "the learning rate: give a number, and the rates by resolution to Growth(learning_rates=...)"
            )
        if anew and any(has_decay_schedule(phase.optimizer) for phase in gan.phases):
            raise ValueError(
                "where networks grow, optimizers begin anew with each resolution, and so would an optimizer's schedule of "
                "`beta_2`: give a number"
            )
        # Kept as attributes, so that checkpoints hold them.
        gan.smaller_spectral_realness = [step.player for step in gan._spectral_steps[1:]]
        gan.smaller_spectral_optimizers = [step.optimizer for step in gan._spectral_steps[1:]]
        gan._play(stage_at(gan.stages, int(gan.images_seen.numpy())))
        gan.take_rates_of_stage()

    def _play(self, stage: Stage) -> None:
        """The game is that of a stage from now on."""
        gan: Any = self
        steps = gan._spectral_steps
        classifier = steps[stage.halvings].player if steps else None
        gan.game = dataclasses.replace(gan.game, stage=stage, spectral_realness=classifier)
        gan.phases = tuple(steps[stage.halvings] if isinstance(phase, SpectralStep) else phase for phase in gan.phases)

    def take_rates_of_stage(self) -> None:
        """Gives both players the learning rate of the stage at which the clock stands, if it has one."""
        gan: Any = self
        rate = stage_at(gan.stages, int(gan.images_seen.numpy())).learning_rate
        if rate is not None:
            gan.optimizer.generator.learning_rate = rate
            gan.optimizer.discriminator.learning_rate = rate

    def _enter(self, stage: Stage) -> None:
        """Makes ready for the iterations of a stage; at its first image, optimizers begin anew."""
        gan: Any = self
        if stage.halvings != gan.game.stage.halvings:  # another resolution: what was compiled for the last one may go
            gan._play(stage)
            gan.train_function = None
            gan._gradients = gan._build_gradients(gan._compile_arguments()["jit_compile"])
            gc.collect()
        seen = int(gan.images_seen.numpy())
        with gan.distribute_strategy.scope():
            if seen == stage.first and stage.reset:
                for optimizer, variables in _optimizers(gan.phases):
                    begin_anew(optimizer, variables)
            if seen == stage.first:  # a rate that a callback sets holds to the end of its stage
                gan.take_rates_of_stage()
            if not seen and can_grow(gan.generator):
                for generator in (gan.generator, gan.generator_ema):
                    generator.lod.assign(stage.lod(0))

    def _left(
        self, feed: Feed, epochs: int, initial_epoch: int, steps_per_epoch: int | None, resume: bool
    ) -> list[tuple[Stage, Stretch]]:
        """What is left for a call of `fit` to do. It fixes the length of the run."""
        gan: Any = self
        seen, per_epoch = int(gan.images_seen.numpy()), (steps_per_epoch or feed.steps_per_epoch) * feed.batch_size
        stages = tuple(dataclasses.replace(s, batch_size=s.batch_size or feed.batch_size) for s in gan.stages)
        whole = None
        if gan.total_kimg is not None:
            images = round(gan.total_kimg * 1000)
            if gan.growth is None:
                images = max(1, round(gan.total_kimg * 1000 / feed.batch_size)) * feed.batch_size
            whole = until(stages, images)[-1].end
        done = seen if resume or gan.growth is not None else initial_epoch * per_epoch
        end = epochs * per_epoch if resume else done + (epochs - initial_epoch) * per_epoch
        stages = until(stages, min(end, whole) if resume and whole is not None else end)
        left = segments(stages, done, per_epoch)
        check_executions([stretch for _, stretch in left], gan.steps_per_execution)
        for stage in {stage.halvings: stage for stage, _ in left}.values():
            feed.at(stage)  # an error of the data comes now, not in the middle of a run
            share = (stage.batch_size or 1) // (gan._replicas * gan.accumulation_steps)
            warn_of_mixed_groups(share, gan.discriminator, gan.view)
        end = seen + max(0, (stages[-1].end or 0) - done)
        if whole is None and seen and not resume and gan.view is not None:
            logger.warning(
                f"this call of `fit` begins its schedules at {seen / end:.0%} of a run that ends with it: "
                "compile(total_kimg=...) tells the length of a run of several calls"
            )
        gan.images_total.assign(end if whole is None else whole)
        return left

    def check_images(self, images: Images) -> None:
        """Raises a ValueError if `fit` could not train on these images."""
        gan: Any = self
        check_labels(images, gan.classes)
        self.check_batch_size(images.batch_size)
        self._check_shape(images.take([0]).shape[1:])

    def check_feed(self, feed: Feed) -> None:
        """Raises a ValueError for batches that cannot be divided, or whose images are not like the generator's."""
        self.check_batch_size(feed.batch_size)
        self._check_shape(feed.image_shape)

    def check_batch_size(self, batch_size: int) -> None:
        """Raises a ValueError if a global batch cannot be divided over replicas, steps and groups.

        Args:
            batch_size: Images in the batch of the data; where the networks grow, the stages have their own.
        """
        gan: Any = self
        for stage in gan.stages:
            gan._check_stage(stage, stage.batch_size or batch_size)

    def _check_shape(self, shape: Sequence[int | None], halvings: int = 0) -> None:
        """Raises a ValueError for images that are not like the generator's, whose sides are halved so many times."""
        gan: Any = self
        if gan._image_shape is not None:
            check_shape(shape, gan._image_shape, halvings)

    def _check_stage(self, stage: Stage, batch_size: int) -> None:
        gan: Any = self
        try:
            check_batch_size(batch_size, gan._replicas, gan.accumulation_steps, gan.discriminator)
        except ValueError as error:
            if gan.growth is None:
                raise
            side = full_resolution(gan.generator) >> stage.halvings
            raise ValueError(f"growth at resolution {side}: {error}; change `batch_sizes`") from error


def stages_of(growth: Growth | None, generator: Any) -> tuple[Stage, ...]:
    """The stages of a generator's run: one where it does not grow.

    Raises:
        ValueError: For growth of a generator that cannot.
    """
    if growth is None:
        return (Stage(),)
    if not can_grow(generator):
        raise ValueError(
            f"{type(generator).__name__} has one resolution and cannot grow: leave `growth` out, or take a model that "
            "can, such as models.StyleGAN"
        )
    return growth.stages(full_resolution(generator))


def full_resolution(generator: Any) -> int:
    """The nominal resolution of a generator that can grow."""
    return 8 << generator.most_halvings


def segments(stages: Sequence[Stage], done: int, epoch_images: int) -> list[tuple[Stage, Stretch]]:
    """What is left of a run, in order: stretches of epochs of one length, each with its stage.

    The end of a stage ends an epoch. Epochs are of `epoch_images` images, rounded up to iterations that go together.

    Args:
        stages: The stages of the run, each with an end and a batch size.
        done: Images that were seen.
        epoch_images: Images of an epoch.

    Returns:
        At least one; it has no epochs if nothing is left.

    Raises:
        ValueError: For a clock that stands within a batch.
    """
    found: list[tuple[Stage, Stretch]] = []
    epoch = 0
    for stage in stages:
        size, end = stage.batch_size or 1, stage.end or 0
        steps = -(-epoch_images // (stage.hold * size)) * stage.hold
        total = (end - stage.first) // size
        if done < end or stage is stages[-1]:
            parts = stretches(steps_done(max(0, done - stage.first), size, done), total, steps)
            found += [(stage, part._replace(epoch=part.epoch + epoch, end=part.end + epoch)) for part in parts]
        epoch += -(-total // steps)
    return found


def smaller_step(step: SpectralStep, generator: Any, halvings: int) -> SpectralStep:
    """The step of another classifier, for images of halved sides, with an optimizer of its own."""
    _, height, width, channels = image_shape(generator)
    classifier = type(step.player).from_config(step.player.get_config())
    classifier.build((None, (height or 0) >> halvings, (width or 0) >> halvings, channels))
    smaller = SpectralStep(classifier, type(step.optimizer).from_config(step.optimizer.get_config()))
    smaller.stream = step.stream
    smaller.optimizer.build(classifier.trainable_variables)
    return smaller


def begin_anew(optimizer: keras.optimizers.Optimizer, variables: Sequence[keras.Variable]) -> None:
    """Gives all variables of an optimizer but its learning rate their values of the first step."""
    new = type(optimizer).from_config(optimizer.get_config())
    new.build(variables)
    for old, value in zip(optimizer.variables, new.variables, strict=True):
        if old is not optimizer._learning_rate:
            old.assign(value)


def _optimizers(phases: Sequence[Phase]) -> list[tuple[keras.optimizers.Optimizer, Sequence[keras.Variable]]]:
    """The optimizers of phases, each once, with what they move."""
    return list({id(p.optimizer): (p.optimizer, p.optimizer._trainable_variables) for p in phases}.values())
