"""Runs a recipe: flags to settings, settings to a model, a model through `fit` to a run directory."""

import contextlib
import functools
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

import tfnss
from tfnss.console import one_line_warnings, reporting, say
from tfnss.data.remarks import remarks
from tfnss.metrics import Evaluation
from tfnss.processes import quoted
from tfnss.running import devices
from tfnss.running.changes import record_changes
from tfnss.running.farewell import Status
from tfnss.running.fitting import build, check_batches, load_images, prepare_evaluation, start, train
from tfnss.running.folder import claim, identity, open_run, seeds, warn_of_other_images, write_settings
from tfnss.running.lock import only_writer
from tfnss.running.mode import Mode
from tfnss.running.recipe import Recipe
from tfnss.running.settings import settings_of
from tfnss.running.starting_point import told, trained
from tfnss.running.stopping import Stopping
from tfnss.running.stored import paper_figures


def execute(
    recipe: Recipe, given: dict[str, Any], mode: Mode, program: str, alone: bool, again: str | None = None
) -> None:
    """Trains a recipe under given settings, as `command_line.main` says.

    Args:
        recipe: The recipe.
        given: The settings of the command line.
        mode: What to do.
        program: What was typed before the flags.
        alone: Whether the process is there for this alone.
        again: What continues the run after a failure; by default the program, told to resume it.
    """
    status = Status(program, again)
    with Stopping(status.unsaved, status.farewell, alone), contextlib.ExitStack() as held:
        with reporting(program, ValueError, OSError), one_line_warnings(program):
            strategy = devices.strategy(mode.strategy)  # first: TensorFlow wants it before it computes
            with strategy.scope():  # a default may follow the number of devices
                settings, trials = settings_of(recipe, given, mode)
            if mode.dry_run:
                _show(recipe, settings, mode)
                return
            chief = devices.is_chief(strategy)
            if chief:
                claim(mode, held)
            gan, images, evaluation = _material(recipe, settings, mode, strategy)
            run_dir = open_run(recipe, settings, mode, chief, held)
            write_settings(recipe, settings, trials, images, run_dir)
            remembered = functools.partial(identity, images)
            if trials is not None:
                for run_settings, directory in seeds(settings, trials, run_dir):
                    check_batches(gan, run_settings, directory)  # all, before one or the whole is changed
            if chief:
                warn_of_other_images(run_dir, images, settings)
                if trials is not None:
                    record_changes(run_dir, settings, None, remembered)
                for remark in remarks(images, settings["resolution"]):
                    say(remark)
        status.directory, status.writes, status.together = run_dir, chief, devices.processes(strategy) > 1
        place_in_words = f"into {run_dir}" if chief else "for the run that the first worker writes,"
        print(f"Training {place_in_words} on {devices.described(strategy)}; the first step compiles.", flush=True)
        results = []
        for run_settings, directory in seeds(settings, trials, run_dir):
            with reporting(program, ValueError, OSError):
                if run_settings != settings:
                    gan = build(recipe, run_settings, strategy)
                if directory != run_dir:
                    directory.mkdir(parents=True, exist_ok=True)
                    held.enter_context(only_writer(directory))
                write_settings(recipe, run_settings, None, images, directory)
                start(gan, run_settings, directory, mode.checkpoint)
                if chief:
                    record_changes(directory, run_settings, int(gan.images_seen.numpy()), remembered)
            with one_line_warnings(program):
                results.append(train(gan, run_settings, directory, images, evaluation, status))
    if chief:
        _conclude(recipe, settings, trials, run_dir, results)
    else:
        print("Done: the first worker has the run.")


def _show(recipe: Recipe, settings: dict[str, Any], mode: Mode) -> None:
    gan = build(recipe, settings, tf.distribute.get_strategy())
    source = None if mode.resume else settings["init"]  # a run that has begun needs it no more
    taken = told(source, gan.init_from(trained(source))) if source is not None else []
    print(json.dumps(settings, indent=2))
    gan.generator.summary()
    gan.discriminator.summary()
    print(*taken, sep="\n")


def _material(
    recipe: Recipe, settings: dict[str, Any], mode: Mode, strategy: tf.distribute.Strategy
) -> tuple[tfnss.GAN, tfnss.data.Images, Evaluation | None]:
    """The new model of a run, and images and evaluation that are found to go with it: before anything is written."""
    devices.check_batch_size(strategy, settings["batch_size"])
    gan = build(recipe, settings, strategy)  # before the data, which may take long
    if settings["init"] is not None and not mode.resume:
        gan.init_from(trained(settings["init"]))
    images = load_images(settings, mode.download, bool(gan.classes))
    gan.check_images(images)
    return gan, images, prepare_evaluation(settings, images, mode.inception)


def _conclude(
    recipe: Recipe, settings: dict[str, Any], trials: int | None, run_dir: Path, results: list[dict[str, float]]
) -> None:
    """Says what came of it, and what to do next."""
    if trials is not None:
        _print_trials(results)
    figures = paper_figures(recipe, settings)
    if figures:
        print(f"The paper's figures for these settings: {figures} (`tfnss evaluate {quoted(run_dir)}` measures ours)")
    own = "" if settings["data"] != recipe.defaults["data"] else "your own images with --data DIR, "
    print(
        f"Done: see {run_dir}{'/seed-*' if trials else ''}/report.html; samples, curves.png, history.csv, events and "
        f"saved_model are beside it. Next: {own}a longer run with --kimg, all flags with --help, "
        f"or {quoted(sys.executable)} -m tensorboard.main --logdir {quoted(run_dir)}"
    )


def _print_trials(results: list[dict[str, float]]) -> None:
    print(f"Last row of the history over {len(results)} seeds, mean ± standard deviation:")
    for name in [name for name in results[0] if all(name in row for row in results)]:
        values = np.array([row[name] for row in results])
        print(f"  {name:20} {values.mean():10.4f} ± {values.std(ddof=min(1, len(values) - 1)):.4f}")
