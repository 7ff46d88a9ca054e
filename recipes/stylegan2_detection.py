"""Whether generated images can be told from real ones by projecting them (StyleGAN2, figures 9 and 10).

    tfnss analyse stylegan2_detection runs/00000-stylegan2_photos64

A projection comes near to an image that the generator can make. Each image takes minutes to an hour: what is done is kept
on disk, and the same command goes on after a stop. Images of the training set and others answer different questions:
`--data DIR` names the latter. The first generated images are projected again as JPEG files have them, and after they were
halved in size: a generator's images are often met so.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from tfnss import analysis
from tfnss.console import check_range
from tfnss.running.analysis.command_line import main_of
from tfnss.running.analysis.declaration import Analysis, Found
from tfnss.running.analysis.distance import OPTIONS, check_distance, distance_of
from tfnss.running.analysis.model import Model
from tfnss.running.analysis.reals import Reals
from tfnss.running.analysis.work import Work
from tfnss.running.option import Option

_KINDS = ("generated", "real")
_ALTERED = {
    "jpeg": ("as JPEG of quality 75", analysis.jpeg_compressed),
    "halved": ("at half their size and back", analysis.halved_and_back),
}
_SHOWN, _BINS = 6, 40  # pairs of images, bars of a histogram


def _check(given: Mapping[str, Any]) -> None:
    check_distance(given)
    check_range(given, "images", 2, below=2**31)
    check_range(given, "steps", 1, below=2**31)
    check_range(given, "altered", 0, below=2**31)


def _analyse(models: Sequence[Model], given: Mapping[str, Any], work: Work) -> Found:
    from tfnss import panels

    distance = distance_of(given)
    titles, numbers, told, rows = {}, {}, [], {}
    for index, model in enumerate(models):
        scores = {}
        for kind, batches in _targets(model, given).items():
            parts, shown = [], []
            for start, images in work.track(batches, f"projecting, {model.name}, {kind} images"):
                project = partial(_projected, model, images, distance, given)
                part = work.kept(f"model{index}-{kind}-{start}", project)
                parts.append(part["distances"])
                shown.append((images[: _SHOWN - start], part["images"][: _SHOWN - start]) if start < _SHOWN else ())
            scores[kind] = np.concatenate(parts)
            if kind in _KINDS:
                targets, projections = (np.concatenate(each) for each in zip(*filter(len, shown), strict=True))
                rows[f"{model.name}: {kind} images"] = targets
                rows[f"{model.name}: projections of {kind} images"] = projections
        found = analysis.detection(scores["generated"], scores["real"], seed=given["seed"])
        altered = {kind: _altered(scores[kind], scores["real"], found.threshold) for kind in _ALTERED if kind in scores}
        numbers[model.name] = {**scores, **vars(found), "altered": altered}
        titles[model.name] = panels.histograms(
            {kind: scores[kind] for kind in _KINDS}, f"distance ({given['distance']})", _BINS
        )
        low, high = found.interval
        told.append(
            f"{model.name}: area under the curve {found.auc:.3f} (95 %: {low:.3f} to {high:.3f}); distance "
            f"{found.generated_median:.4g} of generated and {found.real_median:.4g} of real images (medians); below "
            f"{found.threshold:.4g} said to be generated: {found.missed:.1%} missed, {found.false_alarms:.1%} false alarms"
        )
        told += [
            f"{model.name}, generated images {_ALTERED[kind][0]}: area under the curve {each['auc']:.3f}, distance "
            f"{each['median']:.4g} (median), {each['missed']:.1%} missed"
            for kind, each in altered.items()
        ]
    return Found(numbers=numbers, told=told, draw=partial(panels.save_composed, titles, rows))


def _targets(model: Model, given: Mapping[str, Any]) -> dict[str, Iterator[tuple[int, np.ndarray]]]:
    """What is projected, by kind: batches, and the place of the first image of each."""
    size = given["batch_size"]

    def generated(count: int, alter: Callable[[np.ndarray], np.ndarray]) -> Iterator[tuple[int, np.ndarray]]:
        starts = range(0, count, size)
        batches = model.batches(given["images"], given["seed"], size)
        return ((start, alter(images[: count - start])) for start, images in zip(starts, batches, strict=False))

    reals = Reals(model, given, given["images"])
    if len(reals) < 2:
        raise ValueError(f"{given['data']} holds a single image: real images must be 2 at least")
    numbered = ((index * size, images) for index, images in enumerate(reals.batches(size)))
    found = {"generated": generated(given["images"], np.asarray), "real": numbered}
    altered = min(given["altered"], given["images"])
    return found | ({kind: generated(altered, alter) for kind, (_, alter) in _ALTERED.items()} if altered else {})


def _altered(scores: np.ndarray, real: np.ndarray, threshold: float) -> dict[str, float]:
    """What is still told of generated images that were altered."""
    return {
        "auc": analysis.auc(scores, real),
        "median": float(np.median(scores)),
        "missed": float(np.mean(scores >= threshold)),
    }


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
        Option(
            "altered", int, "generated images that are projected as JPEG too, and halved; 0 for none", 16, metavar="N"
        ),
        *OPTIONS,
    ),
    needs=("styles",),
    reals=True,
    batch_size=1,
    check=_check,
    smoke={"images": 2, "steps": 2, "altered": 1, "distance": "pixels"},
    remarks=(
        "The paper does not state the number of images.",
        "The threshold is chosen on a random half of the images, and its errors are those on the other half.",
        "Generated images that were compressed (JPEG of quality 75), or halved in size and enlarged again, are harder to "
        "find; they are told from the same real images, by the same threshold.",
    ),
)

if __name__ == "__main__":
    main_of(ANALYSIS.name)
