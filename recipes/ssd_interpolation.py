"""The way between two images in W, models above each other (SSD-GAN, figure 7).

    tfnss analyse ssd_interpolation runs/eni runs/ssd --data two_faces

A way between images that no model was trained on hides none that it has learnt by heart.
"""

import itertools
from collections.abc import Mapping, Sequence
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


def _check(given: Mapping[str, Any]) -> None:
    check_range(given, "steps", 1, below=2**31)
    check_range(given, "columns", 3, below=1000)
    distance.check_distance(given)


def _analyse(models: Sequence[Model], given: Mapping[str, Any], work: Work) -> Found:
    shapes = {model.image_shape for model in models}
    if len(shapes) > 1:
        raise ValueError(
            f"the models are of different sizes ({', '.join(map(str, shapes))}): compare those of one size"
        )
    targets = Reals(models[0], given, 2).all()
    if len(targets) < 2:
        raise ValueError(f"{given['data']} holds a single image: a way needs two")
    apart, rows, numbers, told = distance.distance_of(given), {}, {}, []
    for number, model in enumerate(models):
        way = work.kept(f"{number}", partial(_way, model, targets, given, work))
        distances = _distances(apart, way["images"])
        uneven = analysis.roughness(distances) if distances.any() else None
        rows[model.name] = np.concatenate([targets[:1], way["images"], targets[1:]])
        numbers[model.name] = {
            "distances of each image to the next": distances,
            "length": distances.sum(),
            "roughness": uneven,
            "distances from the two images": way["from_targets"],
        }
        told.append(
            f"{model.name}: length {distances.sum():.4g} ({given['distance']}), "
            + (f"largest step over the mean {uneven:.3g}" if uneven is not None else "it stands still")
        )
    return Found(numbers=numbers, told=told, draw=partial(plots.save_rows, rows))


def _way(model: Model, targets: np.ndarray, given: Mapping[str, Any], work: Work) -> dict[str, Any]:
    from tfnss.analysis.inversion import averaged_down
    from tfnss.metrics.networks import vgg16_features
    from tfnss.uint8 import from_uint8, to_uint8

    features = None if given["distance"] == "pixels" else vgg16_features(given.get("vgg16") or "imagenet")
    found = analysis.embed(
        model.generator,
        targets,
        features,
        given["steps"],
        given["space"],
        given["batch_size"],
        given["seed"],
        progress=work.shown,
    )
    shares = np.linspace(0, 1, given["columns"])[:, np.newaxis, np.newaxis]
    styles = ((1 - shares) * found.styles[0] + shares * found.styles[1]).astype(np.float32)
    images = [to_uint8(model.generator.synthesis(row[np.newaxis], noise="constant")).numpy()[0] for row in styles]
    ends = np.stack([images[0], images[-1]])
    apart = distance.distance_of(given)
    from_targets = np.concatenate(
        [np.asarray(apart(*(averaged_down(from_uint8(x[i : i + 1])) for x in (ends, targets)))) for i in (0, 1)]
    )
    return {"images": np.stack(images), "from_targets": from_targets}


def _distances(apart: Any, images: np.ndarray) -> np.ndarray:
    """Of each image to the next."""
    from tfnss.analysis.inversion import averaged_down
    from tfnss.uint8 import from_uint8

    seen = [averaged_down(from_uint8(image[np.newaxis])) for image in images]
    return np.concatenate([np.asarray(apart(one, other)) for one, other in itertools.pairwise(seen)])


ANALYSIS = Analysis(
    name="ssd_interpolation",
    summary="Show the way between two embedded images in W (SSD-GAN, figure 7).",
    analyse=_analyse,
    origin="SSD-GAN",
    picture="interpolation",
    options=(
        Option("steps", int, "steps of the embedding", 5000, metavar="N"),
        Option("space", str, "one style for an image (w), or one for each layer", "w", choices=("w", "w+")),
        Option("columns", int, "images of the way", 7, metavar="N"),
        *distance.OPTIONS,
    ),
    needs=("styles",),
    reals=True,
    batch_size=2,
    check=_check,
    smoke={"steps": 2, "columns": 3, "distance": "pixels"},
    remarks=(
        "The outer columns are the two images; between them are styles in equal parts, with the generator's constant noise. "
        "The two are drawn from --data by --seed; a folder of two holds just these.",
        "The embedding is Image2StyleGAN's, in W. The paper gives neither its images nor its steps.",
    ),
)

if __name__ == "__main__":
    main_of(ANALYSIS.name)
