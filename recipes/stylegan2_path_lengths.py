"""The perceptual path length of single images, and the images of the shortest and longest (StyleGAN2, figures 4 and 5).

    tfnss analyse stylegan2_path_lengths runs/00000-stylegan2_photos64

Images of short paths look better than those of long ones, which the paper's regulariser therefore keeps away from.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from tfnss import analysis
from tfnss.console import check_range
from tfnss.running.analysis.command_line import main_of
from tfnss.running.analysis.declaration import Analysis, Found
from tfnss.running.analysis.distance import OPTIONS, check_distance, distance_of
from tfnss.running.analysis.model import Model
from tfnss.running.analysis.work import Work
from tfnss.running.option import Option

_SHOWN, _COLUMNS, _BINS = 18, 9, 60


def _check(given: Mapping[str, Any]) -> None:
    check_distance(given)
    for name in ("images", "neighbours"):
        check_range(given, name, 1, below=2**31)
    if not 0 < given["epsilon"] < float("inf"):
        raise ValueError(f"--epsilon must be above 0. Received: {given['epsilon']}")


def _analyse(models: Sequence[Model], given: Mapping[str, Any], work: Work) -> Found:
    from tfnss import panels
    from tfnss.metrics.path_length import trimmed_mean

    distance = distance_of(given)
    numbers: dict[str, dict[str, Any]] = {}
    told, rows, marks = [], {}, {}
    for index, model in enumerate(models):
        kept = work.kept(f"model{index}", partial(_lengths, model, distance, given, work))
        found = analysis.PathLengths(kept["lengths"], kept["errors"])
        low, median, high = np.percentile(found.lengths, (10, 50, 90))
        mean, trimmed = float(found.lengths.mean()), trimmed_mean(found.lengths)
        marks[model.name] = (low, mean, high)
        told.append(
            f"{model.name}: path length {mean:.4g} (without its tails {trimmed:.4g}), median {median:.4g}, a tenth below "
            f"{low:.4g}, a tenth above {high:.4g}; standard error of an image's {np.median(found.errors):.2g} (median)"
        )
        numbers[model.name] = {
            "lengths": found.lengths,
            "errors": found.errors,
            "mean": mean,
            "trimmed_mean": trimmed,
            "percentiles": {"10": low, "50": median, "90": high},
        }
        for words, tenth in (("lowest", found.lowest()), ("highest", found.highest())):
            chosen = np.random.default_rng(given["seed"]).permutation(tenth)[:_SHOWN].tolist()
            numbers[model.name][words] = chosen
            rows[f"{model.name}: of the {words} tenth"] = analysis.images_at(model.generator, chosen, given["seed"])
    lengths = {name: each["lengths"] for name, each in numbers.items()}
    panel = panels.histograms(lengths, "path length of an image; lines: a tenth, mean, nine tenths", _BINS, 99.5, marks)
    return Found(numbers=numbers, told=told, draw=partial(panels.save_composed, {"": panel}, rows, columns=_COLUMNS))


def _lengths(model: Model, distance: Any, given: Mapping[str, Any], work: Work) -> dict[str, np.ndarray]:
    options = {name: given[name] for name in ("neighbours", "epsilon", "crop", "seed", "batch_size")}
    found = analysis.path_lengths(model.generator, distance, given["images"], **options, progress=work.shown)
    return found._asdict()


ANALYSIS = Analysis(
    name="stylegan2_path_lengths",
    summary="Show the path lengths of single images, and the extreme ones (StyleGAN2, figures 4 and 5).",
    analyse=_analyse,
    origin="StyleGAN2",
    picture="path_lengths",
    options=(
        Option("images", int, "images", 2000, metavar="N"),
        Option("neighbours", int, "neighbours of each, over which its path length is a mean", 16, metavar="N"),
        Option("epsilon", float, "step towards a neighbour", 1e-4, metavar="SHARE"),
        Option("crop", bool, "crop images to the region of the face, as for FFHQ"),
        *OPTIONS,
    ),
    needs=("styles",),
    check=_check,
    smoke={"images": 4, "neighbours": 2, "distance": "pixels", "epsilon": 0.01},
    remarks=(
        "The paper samples around single points of W and states neither how many nor how: an image's path length is here "
        "the mean over neighbours in W of the squared rate of change towards them, whose mean is the model's path length.",
    ),
)

if __name__ == "__main__":
    main_of(ANALYSIS.name)
