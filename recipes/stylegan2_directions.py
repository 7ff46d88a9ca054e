"""Images along the strongest directions of a generator's styles (SeFa; GANSpace).

    tfnss analyse stylegan2_directions runs/00000-stylegan2_photos64
    tfnss analyse stylegan2_directions ffhq.pkl --kind sefa --layers 0-3 --by -3,0,3 --out pose.png

Each row is a direction, the strongest first. Its number is that of `tfnss generate --direction K`, which takes the file of
directions that is written beside the picture (`--directions FILE`).
"""

import math
import re
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from tfnss import analysis, plots
from tfnss.console import check_range
from tfnss.running.analysis.command_line import main_of
from tfnss.running.analysis.declaration import Analysis, Found
from tfnss.running.analysis.model import Model
from tfnss.running.analysis.work import Work
from tfnss.running.hub import called
from tfnss.running.option import Option


def _check(given: Mapping[str, Any]) -> None:
    check_range(given, "count", 1, below=2**16)
    check_range(given, "styles", 2, below=2**31)
    _amounts(given["by"])
    _layers(given["layers"])


def _amounts(text: str) -> list[float]:
    try:
        found = [float(part) for part in text.split(",")]
    except ValueError:
        found = []
    if not found or not all(map(math.isfinite, found)):
        raise ValueError(f"--by must be numbers with commas between them, such as -2,0,2. Received: {text}")
    return found


def _layers(text: str) -> list[int] | None:
    found = re.fullmatch(r"(\d{1,3})(?:-(\d{1,3}))?", text)
    first, last = (int(found[1]), int(found[2] or found[1])) if found else (1, 0)
    if text != "all" and first > last:
        raise ValueError(f"--layers must be all, or ascending numbers, such as 0-3. Received: {text}")
    return None if text == "all" else list(range(first, last + 1))


def _analyse(models: Sequence[Model], given: Mapping[str, Any], work: Work) -> Found:
    layers = _layers(given["layers"])
    rows: dict[str, Any] = {}
    numbers, told = {}, []
    found = [_found(model, given, layers, work) for model in models]
    for model, directions in zip(models, found, strict=True):
        count = min(given["count"], len(directions.vectors))
        shares = directions.strengths / directions.strengths.sum()
        for index in range(count):
            label = f"direction {index} ({shares[index]:.1%}), by {given['by']}"
            label = f"{model.name}: {label}" if len(models) > 1 else label
            rows[label] = _images(model, directions, index, given)
        numbers[model.name] = {"strengths": directions.strengths, "scales": directions.scales, "shares": shares}
        what = "variance of the styles" if directions.kind == "pca" else "weights of the layers"
        told.append(f"{model.name}: the first {count} directions have {shares[:count].sum():.1%} of the {what}")
    endings = ["-vectors.npz"] if len(models) == 1 else [f"-vectors-{i}.npz" for i in range(len(models))]
    return Found(
        numbers={"directions": numbers},
        told=told,
        draw=partial(plots.save_rows, rows),
        more={
            ending: partial(analysis.save_directions, directions)
            for ending, directions in zip(endings, found, strict=True)
        },
    )


def _found(model: Model, given: Mapping[str, Any], layers: list[int] | None, work: Work) -> "analysis.Directions":
    try:
        if given["kind"] == "sefa":
            return analysis.sefa_directions(model.generator, layers)
        return analysis.pca_directions(model.generator, given["styles"], 0, layers, progress=work.shown)
    except ValueError as error:
        raise ValueError(f"{called(model.place.path)}: {error}") from error


def _images(model: Model, directions: "analysis.Directions", index: int, given: Mapping[str, Any]) -> Any:
    """One image, moved along a direction by each of the amounts: uint8 `[amounts, height, width, channels]`."""
    import numpy as np

    from tfnss.serving import exported

    drawn = exported.of(model.generator)
    code = drawn.code(given["seed"], truncation=given["truncation"])
    return np.stack(
        [
            drawn.image(code._replace(point=analysis.along(code.point, directions, index, amount)))
            for amount in _amounts(given["by"])
        ]
    )


ANALYSIS = Analysis(
    name="stylegan2_directions",
    summary="Show images along the strongest directions of styles (SeFa, PCA).",
    origin="StyleGAN2",
    analyse=_analyse,
    picture="directions",
    options=(
        Option(
            "kind",
            str,
            "pca: the principal components of styles; sefa: of the weights that styles go through",
            "pca",
            choices=("pca", "sefa"),
        ),
        Option("count", int, "directions that are drawn", 10, metavar="N"),
        Option(
            "by",
            str,
            "how far, in steps of a direction: standard deviations of styles for pca, units for sefa",
            "-3,-1.5,0,1.5,3",
            metavar="X,...",
        ),
        Option("layers", str, "styles that move, and whose weights sefa looks at, such as 0-3", "all", metavar="A-B"),
        Option("styles", int, "styles that pca looks at", 100_000, metavar="N"),
        Option("truncation", float, "of the image that is moved: 1 for none, 0 for the average", 0.7, metavar="PSI"),
    ),
    needs=("styles",),
    check=_check,
    smoke={"count": 2, "styles": 100, "by": "-2,0,2"},
    remarks=(
        "The principal components are of the exact covariance of the styles; GANSpace computes them incrementally.",
        "A direction's sign is a convention: its largest component is positive. The image is that of --seed.",
    ),
)

if __name__ == "__main__":
    main_of(ANALYSIS.name)
