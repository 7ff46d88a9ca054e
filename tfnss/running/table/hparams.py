"""A job's settings and results as TensorBoard's HParams: `tensorboard --logdir TABLE` shows the ones against the others."""

import contextlib
import math
from collections.abc import Mapping
from typing import Any

import tensorflow as tf
from tensorboard.plugins.hparams import api

from tfnss import files
from tfnss.running.option import in_words
from tfnss.running.stored import read_settings
from tfnss.running.table.plan import Job, Plan, recipe_called

FOLDER = "hparams"  # of a run


def write_hparams(plan: Plan, job: Job, values: Mapping[str, float], images_seen: int) -> None:
    """Writes events of a job into its run: in what its cell differs from others of the table, and what it came to.

    The seeds of a cell are one trial, of which TensorBoard shows the means.

    Args:
        plan: The table's plan.
        job: The job, whose run is trained.
        values: What was measured; numbers that are not finite are left out.
        images_seen: The step of the events.
    """
    with files.replacing(job.run / FOLDER) as folder:
        events = contextlib.closing(tf.summary.create_file_writer(str(folder)))
        with events as writer, writer.as_default(step=images_seen):
            api.hparams(_parameters(plan, job), trial_id=job.cell.name)
            for name, value in values.items():
                if math.isfinite(value):
                    tf.summary.scalar(name, value)


def _parameters(plan: Plan, job: Job) -> dict[str, Any]:
    cell, settings = job.cell, read_settings(job.run)["settings"]
    found = {"row": cell.row, "column": cell.column, "recipe": cell.recipe, **cell.tried}
    found |= {name: settings.get(name) for name in _different(plan)}
    return {name: _value(value) for name, value in found.items() if value is not None}


def _different(plan: Plan) -> list[str]:
    """The settings that are not the same in all cells, but for the data, which a column tells."""
    every = [recipe_called(cell.recipe).settings(**plan.settings_of(cell)) for cell in plan.cells]
    names = dict.fromkeys(name for settings in every for name in settings if name != "data")
    return [name for name in names if any(settings.get(name) != every[0].get(name) for settings in every)]


def _value(value: Any) -> bool | int | float | str:
    return value if isinstance(value, bool | int | float | str) else str(in_words(value))
