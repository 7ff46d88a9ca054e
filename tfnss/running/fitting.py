"""How a run is trained: a model from settings, its images and its evaluation, and `fit`."""

import math
import signal
import sys
import warnings
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras.optimizers.schedules import LearningRateSchedule

import tfnss
from tfnss import files, xla_cache
from tfnss.metrics import Evaluation, Reference, networks, results
from tfnss.processes import quoted
from tfnss.resolution import sides
from tfnss.running.farewell import Status
from tfnss.running.file_names import BEST, CHECKPOINT, HISTORY, METRICS, REPORT, SAVED_MODEL, SETTINGS
from tfnss.running.nearest import try_nearest
from tfnss.running.recipe import Recipe
from tfnss.running.report import model_card, write_report
from tfnss.running.settings import most_reals
from tfnss.running.starting_point import begin_from
from tfnss.running.stopping import Stopped
from tfnss.running.stored import checkpoint_called, class_names, read_settings
from tfnss.running.usage import RecordUsage, draw_usage
from tfnss.training.callbacks import (
    Checkpoint,
    Evaluate,
    Events,
    HistoryCSV,
    KeepBest,
    SampleGrid,
    StatusLine,
    StopOnSignal,
    StopWhenDiverged,
    WarnOfOverfitting,
    read_best,
    read_history,
    restore,
)
from tfnss.training.callbacks.checkpoint import KEPT, images_at, kept
from tfnss.training.epochs import steps_done
from tfnss.training.growth import stage_at


def build(recipe: Recipe, settings: dict[str, Any], strategy: tf.distribute.Strategy) -> tfnss.GAN:
    """The model of resolved settings, on the devices of a strategy.

    Raises:
        ValueError: For settings outside their ranges.
    """
    keras.utils.clear_session()
    keras.utils.set_random_seed(settings["seed"])
    with strategy.scope():
        gan = recipe.build(settings)
    if settings["init"] is not None:
        gan.ema_ramp_up = None  # as in StyleGAN2-ADA: the average does not begin with noise
    if settings["freeze_d"]:
        try:
            gan.freeze_discriminator(settings["freeze_d"])
        except ValueError as error:
            raise ValueError(f"--freeze-d: {error}") from error
    return gan


def start(gan: tfnss.GAN, settings: dict[str, Any], run_dir: Path, checkpoint: str | None) -> None:
    """Makes a new model that of a run, as its checkpoint left it if there is one, or an older one that is asked for.

    A new run that starts from trained networks has its first checkpoint here: from now on it needs them no more.

    What was measured of a future that the run no longer has is dropped, whether it measures or not.

    Raises:
        ValueError: For damaged files, or settings with which the checkpoint cannot go on. The message names them.
    """
    rates = _rates(gan)
    newest = run_dir / CHECKPOINT
    chosen = newest if checkpoint is None else checkpoint_called(run_dir, checkpoint)
    if chosen.exists():
        try:
            restore(gan, chosen)
        except ValueError as error:
            older = ", ".join(map(str, kept(run_dir / KEPT)))
            raise ValueError(f"{error}; --checkpoint FILE goes back to one of {older}" if older else error) from error
        for optimizer, rate in rates:  # the settings', which may have changed
            optimizer.learning_rate = rate
        gan.take_rates_of_stage()
        _check_batches(gan, settings["batch_size"], run_dir, int(gan.images_seen.numpy()))
        read_history(run_dir / HISTORY)  # damaged? then say so now
        results.read(run_dir / METRICS)
    elif settings["init"] is not None:
        begin_from(gan, settings["init"], run_dir)
    if chosen != newest and not (newest.exists() and newest.samefile(chosen)):
        with files.replacing(newest) as temporary:
            files.link(chosen, temporary)
    results.drop_after(run_dir / METRICS, int(gan.images_seen.numpy()) / 1000)


def check_batches(gan: tfnss.GAN, settings: dict[str, Any], run_dir: Path) -> None:
    """Checks that a run can go on from its newest checkpoint, if it has one, with the batches of these settings.

    Raises:
        ValueError: As `start`.
    """
    if (run_dir / CHECKPOINT).is_file():
        _check_batches(gan, settings["batch_size"], run_dir, images_at(run_dir / CHECKPOINT))


def _check_batches(gan: tfnss.GAN, batch_size: int, run_dir: Path, seen: int) -> None:
    """Raises a ValueError where the clock stands within a batch, or a schedule has counted batches of another size."""
    stage = stage_at(gan.stages, seen)
    steps_done(seen - stage.first, stage.batch_size or batch_size, seen)
    saved = read_settings(run_dir)["settings"] if (run_dir / SETTINGS).is_file() else {}
    before = saved.get("batch_size", batch_size)
    if seen and before != batch_size and any(_is_scheduled(phase.optimizer) for phase in gan.phases):
        raise ValueError(
            f"--batch-size {batch_size} cannot change from the run's {before}: its learning rate follows a schedule that "
            "counts batches; start another run, from its weights with --init"
        )


def _rates(gan: tfnss.GAN) -> list[tuple[keras.optimizers.Optimizer, float]]:
    """The optimizers that have a constant learning rate, and that."""
    constant = [phase.optimizer for phase in gan.phases if not _is_scheduled(phase.optimizer)]
    return [(optimizer, float(optimizer.learning_rate.numpy())) for optimizer in constant]


def _is_scheduled(optimizer: keras.optimizers.Optimizer) -> bool:
    return isinstance(optimizer._learning_rate, LearningRateSchedule)


def load_images(settings: dict[str, Any], download: bool, labels: bool) -> tfnss.data.Images:
    """The images of training, in the order of the seed."""
    return tfnss.data.load(
        settings["data"],
        settings["resolution"],
        settings["batch_size"],
        settings["seed"],
        download,
        labels,
        mirror=settings["mirror"] == "on",
        cache_gb=settings["cache_gb"],
        channels=settings["channels"],
        background=settings["background"],
    )


def prepare_evaluation(settings: dict[str, Any], images: tfnss.data.Images, inception: str | None) -> Evaluation | None:
    """The FID against the images of training, or the statistics that stand in for them, if it is asked for."""
    if not settings["fid_every"]:
        return None
    network = networks.load(settings["features"], inception=inception)
    reals: tfnss.data.Images | Reference = images
    if settings["fid_reference"] != "none":
        reals = Reference.load(settings["fid_reference"])
        reals.check_size(*sides(settings["resolution"]))
    count, most, progress = settings["fid_images"], most_reals(settings), sys.stdout.isatty()
    evaluation = Evaluation(reals, ("fid",), network, count, most, progress=progress)
    evaluation.prepare()
    return evaluation


def train(
    gan: tfnss.GAN,
    settings: dict[str, Any],
    run_dir: Path,
    images: tfnss.data.Images,
    evaluation: Evaluation | None,
    status: Status,
) -> dict[str, float]:
    """Trains from where the clock stands to the end; gives the last row of the history."""
    ticks, steps = ticks_of(settings)
    images = images.reseeded(settings["seed"])
    shown = np.random.default_rng(settings["seed"]).choice(len(images), min(64, len(images)), replace=False)
    labels = None if images.labels is None else images.labels[shown]
    status.checkpoint = Checkpoint(run_dir / CHECKPOINT, settings["keep"])
    stop = StopOnSignal()
    measure: list[keras.callbacks.Callback] = []
    if evaluation:
        measure.append(Evaluate(evaluation, settings["fid_every"], run_dir / METRICS))
    if settings.get("usage_every"):
        measure.append(RecordUsage(settings["usage_every"]))
    best = [KeepBest(run_dir / CHECKPOINT, run_dir / BEST)] if settings["keep_best"] == "fid" else []

    def will_export() -> None:
        status.exporting = stop.signal not in (None, signal.SIGINT)

    try:
        callbacks = [
            stop,
            StopWhenDiverged(),
            WarnOfOverfitting(),
            *measure,  # before those that record: its values join the logs
            HistoryCSV(run_dir / HISTORY, curves=run_dir / "curves.png"),
            SampleGrid(run_dir / "samples", images.take(shown), labels, class_names(run_dir)),
            Events(run_dir / "events"),
            keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: will_export()),  # before all is saved
            *best,
            status.checkpoint,  # after those that write: a run resumed from it has what they wrote
            keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: _tell(run_dir)),
            keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: xla_cache.keep()),
            StatusLine(),
        ]
        gan.fit(images, epochs=ticks, steps_per_epoch=steps, resume=True, callbacks=callbacks, verbose=0)
        if stop.signal != signal.SIGINT:  # who sends another may never come back
            status.exporting = True
            _export(gan, run_dir, best=bool(best))
            status.exporting = False
        if stop.signal is not None:
            raise Stopped(stop.signal)
        if status.writes:
            try_nearest(run_dir, images)
        _try_report(run_dir)
    except (OSError, ValueError, FloatingPointError, MemoryError, tf.errors.OpError) as error:
        status.fail(error)
    return (read_history(run_dir / HISTORY) or [{}])[-1]


def _tell(run_dir: Path) -> None:
    """Draws and writes what the run's files say by now."""
    draw_usage(run_dir)
    _try_report(run_dir)


def _try_report(run_dir: Path) -> None:
    """Writes the page of a run, which must not fail for it: warns where it cannot be written."""
    try:
        write_report(run_dir)
    except (OSError, ValueError, MemoryError) as error:
        warnings.warn(f"{REPORT} was not written ({error}); `tfnss report {quoted(run_dir)}` writes it", stacklevel=2)


def _export(gan: tfnss.GAN, run_dir: Path, best: bool) -> None:
    """Writes a run's exported model: of its end, or of the best checkpoint where that is kept."""
    kept_best = read_best(run_dir / BEST) if best else None
    if kept_best is None:
        gan.export(run_dir / SAVED_MODEL, card=model_card(run_dir, int(gan.images_seen.numpy())))
        return
    restore(gan, run_dir / BEST)
    try:
        gan.export(run_dir / SAVED_MODEL, card=model_card(run_dir, kept_best["images_seen"]) | {"best": kept_best})
    finally:
        restore(gan, run_dir / CHECKPOINT)


def ticks_of(settings: dict[str, Any]) -> tuple[int, int]:
    """Number of ticks (from one checkpoint to the next) and iterations per tick; the end may cut the last one short."""
    total, every = (settings[name] * 1000 / settings["batch_size"] for name in ("kimg", "checkpoint_every"))
    steps = max(1, math.ceil(every - 1e-6))
    return max(1, math.ceil(round(total) / steps)), steps
