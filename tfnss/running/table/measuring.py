"""What a job's run comes to: the metrics of its table."""

import json

import numpy as np

from tfnss import files
from tfnss.metrics import LPIPS, Evaluation, networks
from tfnss.metrics.catalog import needs_network, needs_paths
from tfnss.metrics.names import CONDITIONS
from tfnss.running.file_names import BEST
from tfnss.running.fitting import load_images
from tfnss.running.settings import most_reals
from tfnss.running.stored import completed, load_run, read_settings
from tfnss.running.table.hparams import write_hparams
from tfnss.running.table.plan import RESULT, Job, Plan, recipe_called


def measure(plan: Plan, job: Job) -> None:
    """Measures a run with latents of as many seeds as the table says, and writes the means: as HParams, and last in
    `result.json`.

    Raises:
        ValueError: For networks or images that are not to be had.
    """
    settings = completed(recipe_called(job.cell.recipe), read_settings(job.run)["settings"])
    kept = job.run / BEST
    gan = load_run(job.run, kept if plan.declaration.best and kept.is_file() else None)
    network = networks.load(settings["features"], inception=plan.inception) if needs_network(plan.metrics) else None
    distance = LPIPS() if needs_paths(plan.metrics) else None
    count, images = settings["fid_images"], load_images(settings, plan.download, bool(gan.classes))
    records = []
    for seed in range(plan.repeats):
        evaluation = Evaluation(
            images,
            plan.metrics,
            network,
            count,
            most_reals(settings),
            seed=seed,
            perceptual_distance=distance,
            progress=False,
        )
        records.append(evaluation(gan))
    names = [name for name in records[0] if name not in CONDITIONS]
    values = {name: [float(record[name]) for record in records] for name in names}
    means = {name: float(np.mean(found)) for name, found in values.items()}
    write_hparams(plan, job, means, int(gan.images_seen.numpy()))
    result = {
        "values": means,
        "repeats": values if plan.repeats > 1 else None,
        "kimg": int(gan.images_seen.numpy()) / 1000,
        "network": records[0]["network"],
        "real_images": records[0]["real_images"],
        "fake_images": records[0]["fake_images"],
    }
    with files.replacing(job.run / RESULT) as temporary:
        temporary.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
