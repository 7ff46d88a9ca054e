"""How near models come to the same images: embedding in W+ and projection in W (RNI, section 5).

    tfnss analyse rni_inversion runs/00000-plain runs/00001-eni runs/00002-rni --data faces --images 50 --out inversion.png

The paper has four models, on frontal and on other faces: run it once for a folder of each.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from tfnss import analysis, plots
from tfnss.console import check_range
from tfnss.running.analysis import distance
from tfnss.running.analysis.command_line import main_of
from tfnss.running.analysis.declaration import Analysis, Found
from tfnss.running.analysis.model import Model
from tfnss.running.analysis.reals import Reals
from tfnss.running.analysis.work import Work
from tfnss.running.option import Option

_METHODS = {"w+": "embedding in W+", "w": "projection in W"}


def _check(given: Mapping[str, Any]) -> None:
    for name in ("images", "embedding_steps", "projection_steps", "shown"):
        check_range(given, name, 1, below=2**31)
    distance.check_distance(given)


def _analyse(models: Sequence[Model], given: Mapping[str, Any], work: Work) -> Found:
    shapes = {model.image_shape for model in models}
    if len(shapes) > 1:
        raise ValueError(
            f"the models are of different sizes ({', '.join(map(str, shapes))}): compare those of one size"
        )
    targets = Reals(models[0], given, given["images"]).all()
    searches = _searches(given)
    found = {
        space: {
            model.name: _parts(model, number, space, search, targets, given, work)
            for number, model in enumerate(models)
        }
        for space, search in searches.items()
    }
    numbers: dict[str, Any] = {"images": len(targets), "distance": given["distance"]}
    told = []
    for space, parts in found.items():
        method = _METHODS[space]
        distances = {name: part["distances"] for name, part in parts.items()}
        ratios = {name: analysis.psnr(part["images"], targets) for name, part in parts.items()}
        numbers[method] = {
            "distances": distances,
            "psnr": ratios,
            "distance from the mean of W, by slot": {
                name: part["from_mean"].mean(axis=0) for name, part in parts.items()
            },
        }
        for name in parts:
            means = (analysis.bootstrap_mean(values[name], given["seed"]) for values in (distances, ratios))
            told.append(f"{method}, {name}: {given['distance']} {_words(next(means))}, PSNR {_words(next(means))} dB")
        pairs = analysis.paired_differences(distances, given["seed"])
        numbers[method]["paired differences"] = {
            f"{other} - {one}": mean._asdict() for (one, other), mean in pairs.items()
        }
        told += [
            f"{method}, {other} less {one}, image by image: {given['distance']} {_words(mean)}"
            for (one, other), mean in pairs.items()
        ]
    rows = {"images": targets[: given["shown"]]}
    rows |= {
        f"{name}, {_METHODS[space]}": part["images"][: given["shown"]]
        for space, parts in found.items()
        for name, part in parts.items()
    }
    return Found(numbers=numbers, told=told, draw=partial(plots.save_rows, rows))


def _searches(given: Mapping[str, Any]) -> dict[str, Callable[[Any, np.ndarray], tuple]]:
    """By space what finds the styles of images: their images, styles and distances of the latter from the mean of W."""
    from tfnss.metrics.networks import vgg16_features

    features = None if given["distance"] == "pixels" else vgg16_features(given.get("vgg16") or "imagenet")
    apart = distance.distance_of(given)
    common = {"seed": given["seed"], "batch_size": given["batch_size"]}

    def embedded(generator: Any, images: np.ndarray) -> tuple:
        found = analysis.embed(generator, images, features, given["embedding_steps"], "w+", **common)
        return found.images, found.from_mean

    def projected(generator: Any, images: np.ndarray) -> tuple:
        found = analysis.project(generator, images, apart, given["projection_steps"], space="w", **common)
        mean, _ = analysis.statistics_of_styles(generator, given["seed"])
        return found.images, np.linalg.norm(found.styles - np.asarray(mean), axis=-1)

    return {"w+": embedded, "w": projected}


def _parts(
    model: Model,
    number: int,
    space: str,
    search: Callable[[Any, np.ndarray], tuple],
    targets: np.ndarray,
    given: Mapping[str, Any],
    work: Work,
) -> dict[str, np.ndarray]:
    """What a model makes of the images, a batch after the other: these are kept until all is done."""
    apart, found = distance.distance_of(given), []
    starts = range(0, len(targets), given["batch_size"])
    for start in work.track(starts, f"{_METHODS[space]}, {model.name}"):
        batch = targets[start : start + given["batch_size"]]

        def make(batch: np.ndarray = batch) -> dict[str, Any]:
            images, from_mean = search(model.generator, batch)
            return {"images": images, "from_mean": from_mean, "distances": _distances(apart, images, batch)}

        found.append(work.kept(f"{number}-{'wplus' if space == 'w+' else 'w'}-{start}", make))
    return {name: np.concatenate([part[name] for part in found]) for name in found[0]}


def _distances(apart: Callable[[Any, Any], Any], images: np.ndarray, targets: np.ndarray) -> np.ndarray:
    from tfnss.analysis.inversion import averaged_down
    from tfnss.uint8 import from_uint8

    return np.asarray(apart(averaged_down(from_uint8(images)), averaged_down(from_uint8(targets))))


def _words(mean: "analysis.Mean") -> str:
    return f"{mean.mean:.4g} [{mean.low:.4g}, {mean.high:.4g}]"


ANALYSIS = Analysis(
    name="rni_inversion",
    summary="Compare how near models come to the same images (RNI, section 5; Image2StyleGAN).",
    analyse=_analyse,
    origin="Riemannian noise injection",
    picture="inversion",
    options=(
        Option("images", int, "images that are searched", 50, metavar="N"),
        Option("embedding_steps", int, "steps of the embedding in W+", 5000, metavar="N"),
        Option("projection_steps", int, "steps of the projection in W", 1000, metavar="N"),
        Option("shown", int, "images in the picture", 8, metavar="N"),
        *distance.OPTIONS,
    ),
    needs=("styles",),
    reals=True,
    batch_size=4,
    check=_check,
    smoke={"images": 2, "embedding_steps": 2, "projection_steps": 2, "distance": "pixels", "batch_size": 2},
    remarks=(
        "The embedding is Image2StyleGAN's: a style for each layer, constant noise, pixels in [0, 1] and four layers of "
        "VGG16 with weight 1 each, Adam with rate 0.01 from the mean of W; with --distance pixels, pixels alone.",
        "The projection is StyleGAN2's, which searches the noise too. Square brackets hold 95 % intervals by bootstrap.",
        "The paper gives neither its images nor its steps.",
    ),
)

if __name__ == "__main__":
    main_of(ANALYSIS.name)
