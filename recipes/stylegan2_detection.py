"""Whether generated images can be told from real ones by projecting them (StyleGAN2, figures 9 and 10).

    tfnss analyse stylegan2_detection runs/00000-stylegan2_photos64

A projection comes near to an image that the generator can make. Each image takes minutes to an hour: what is done is kept
on disk, and the same command goes on after a stop. Images of the training set and others answer different questions:
`--data DIR` names the latter.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from tfnss import analysis
from tfnss.console import check_range
from tfnss.running.analysis.command_line import main_of
from tfnss.running.analysis.declaration import Analysis, Found
from tfnss.running.analysis.distance import OPTIONS, check_distance, distance_of
from tfnss.running.analysis.model import Model
from tfnss.running.analysis.reals import real_images
from tfnss.running.analysis.work import Work
from tfnss.running.option import Option

_KINDS = ("generated", "real")
_SHOWN, _BINS = 6, 40  # pairs of images, bars of a histogram


def _check(given: Mapping[str, Any]) -> None:
    check_distance(given)
    check_range(given, "images", 2, below=2**31)
    check_range(given, "steps", 1, below=2**31)


def _analyse(models: Sequence[Model], given: Mapping[str, Any], work: Work) -> Found:
    from tfnss import panels

    distance = distance_of(given)
    targets = [_targets(model, given) for model in models]
    units = [
        (index, kind, start)
        for index, images in enumerate(targets)
        for kind in _KINDS
        for start in range(0, len(images[kind]), given["batch_size"])
    ]
    parts: dict[tuple[int, str], list[dict[str, np.ndarray]]] = {}
    for index, kind, start in work.track(units, "projecting"):
        images = targets[index][kind][start : start + given["batch_size"]]
        project = partial(_projected, models[index], images, distance, given)
        parts.setdefault((index, kind), []).append(work.kept(f"model{index}-{kind}-{start}", project))
    titles, numbers, told, rows = {}, {}, [], {}
    for index, model in enumerate(models):
        scores = {kind: np.concatenate([part["distances"] for part in parts[index, kind]]) for kind in _KINDS}
        found = analysis.detection(scores["generated"], scores["real"], seed=given["seed"])
        numbers[model.name] = {**scores, **vars(found)}
        titles[model.name] = panels.histograms(scores, f"distance ({given['distance']})", _BINS)
        low, high = found.interval
        told.append(
            f"{model.name}: area under the curve {found.auc:.3f} (95 %: {low:.3f} to {high:.3f}); distance "
            f"{found.generated_median:.4g} of generated and {found.real_median:.4g} of real images (medians); below "
            f"{found.threshold:.4g} said to be generated: {found.missed:.1%} missed, {found.false_alarms:.1%} false alarms"
        )
        for kind in _KINDS:
            shown = np.concatenate([part["images"] for part in parts[index, kind]])[:_SHOWN]
            rows[f"{model.name}: {kind} images"] = targets[index][kind][: len(shown)]
            rows[f"{model.name}: projections of {kind} images"] = shown
    return Found(numbers=numbers, told=told, draw=partial(panels.save_composed, titles, rows))


def _targets(model: Model, given: Mapping[str, Any]) -> dict[str, np.ndarray]:
    reals, _ = real_images(model, given, given["images"])
    return {"generated": model.images(given["images"], given["seed"], given["batch_size"]), "real": reals}


def _projected(
    model: Model, images: np.ndarray, distance: Callable[[Any, Any], Any], given: Mapping[str, Any]
) -> dict[str, np.ndarray]:
    seed = (given["seed"] + 1) % 2**31  # not that of the generated images, whose noise the search would begin with
    found = analysis.project(model.generator, images, distance, given["steps"], seed, batch_size=given["batch_size"])
    return {"distances": found.distances[:, -1], "styles": found.styles[:, 0], "images": found.images}


ANALYSIS = Analysis(
    name="stylegan2_detection",
    summary="Tell generated from real images by projecting them (StyleGAN2, figures 9 and 10).",
    analyse=_analyse,
    origin="StyleGAN2",
    picture="detection",
    options=(
        Option("images", int, "generated images, and as many real ones at most", 64, metavar="N"),
        Option("steps", int, "steps of a projection", 1000, metavar="N"),
        *OPTIONS,
    ),
    needs=("styles",),
    reals=True,
    batch_size=1,
    check=_check,
    smoke={"images": 2, "steps": 2, "distance": "pixels"},
    remarks=(
        "The paper does not state the number of images.",
        "The threshold is chosen on a random half of the images, and its errors are those on the other half.",
    ),
)

if __name__ == "__main__":
    main_of(ANALYSIS.name)
