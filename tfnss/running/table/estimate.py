"""How long a table will take, from a measured step of each of its networks."""

import time
from collections.abc import Sequence
from typing import Any

import numpy as np

import tfnss
from tfnss.resolution import sides
from tfnss.running.table.plan import Job, Plan, recipe_called

_BATCH, _ITERATIONS = 4, 16  # a cycle of lazy regularizers


def seconds_per_kimg(plan: Plan, jobs: Sequence[Job]) -> dict[str, float]:
    """Seconds that training on a thousand images takes on this machine, by the names of the jobs' recipes.

    The step of a recipe's first cell is measured on random images, in batches of at most 4: larger ones take no longer for
    an image.
    """
    found: dict[str, float] = {}
    for job in jobs:
        if job.cell.recipe not in found:
            found[job.cell.recipe] = _measured(plan, job)
    return found


def _measured(plan: Plan, job: Job) -> float:
    recipe = recipe_called(job.cell.recipe)
    given = {**plan.settings_of(job.cell), "xla": "off"}  # compiling would take longer than the rest
    settings: dict[str, Any] = recipe.settings(**given)
    batch = min(_BATCH, settings["batch_size"])
    gan = recipe.build(recipe.settings(**{**given, "batch_size": batch}))
    height, width = sides(settings["resolution"])
    channels = settings.get("channels", 3)
    pixels = np.random.default_rng(0).integers(0, 256, (batch, height, width, channels), np.uint8)
    labels = np.zeros(batch, np.int64) if gan.classes else None
    images = tfnss.data.Images(pixels, batch, labels=labels)
    gan.fit(images, epochs=1, steps_per_epoch=1, verbose=0)  # traces
    begun = time.perf_counter()
    gan.fit(images, epochs=1, steps_per_epoch=_ITERATIONS, verbose=0)
    return (time.perf_counter() - begun) / (_ITERATIONS * batch) * 1000
