"""What discriminators predict of projected images, by scale-space time (NSS-GAN, figure 3).

    tfnss analyse nss_predictions runs/00000-dcgan_photos-gan runs/00001-dcgan_photos-ss --times 0,1,4,16,64,256

Each model is a column. Above are the predictions over training as its history has them: of the images that its view
projects, half of each batch or all; of all images where there is no view. Below are those of its weights, of projected
images alone: real images and as many samples are projected at each time by the model's own space (by the scale-space, where
it has none), and the discriminator is asked as in inference. Lines are medians, bands hold half and nine tenths of the
images. Where both sets of predictions lie at 0.5 the discriminator cannot tell them apart.
"""

import functools
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

import tfnss
from tfnss import files
from tfnss.console import check_range, floats
from tfnss.running.analysis.command_line import main_of
from tfnss.running.analysis.declaration import Analysis, Found
from tfnss.running.analysis.model import Model
from tfnss.running.analysis.reals import Reals, discriminating, floats_of
from tfnss.running.analysis.work import Work
from tfnss.running.file_names import HISTORY
from tfnss.running.option import Option

PERCENTILES = (5, 25, 50, 75, 95)
KINDS = ("real", "fake")
_TIMES = (0.0, 1.0, 4.0, 16.0, 64.0, 256.0)
_COLORS = {"real": ("tab:blue", ":"), "fake": ("tab:orange", "-")}


def _check(given: Mapping[str, Any]) -> None:
    check_range(given, "images", 1)
    if not all(0 <= time < float("inf") for time in given["times"] or ()):
        raise ValueError(f"--times must be finite and at least 0. Received: {given['times']}")


def _analyse(models: Sequence[Model], given: Mapping[str, Any], work: Work) -> Found:
    results = [_result(model, given, work) for model in models]
    told = [line for result in results for line in _told(result)]
    records = [_record(result) for result in results]
    return Found({"models": records}, told, functools.partial(_draw, results))


def _result(model: Model, given: Mapping[str, Any], work: Work) -> dict[str, Any]:
    from tfnss.generators import labels_in_turn, one_hot
    from tfnss.training.callbacks import read_history
    from tfnss.training.shares import check_batch_size

    check_batch_size(given["batch_size"], 1, 1, model.discriminator)
    reals, size = Reals(model, given, given["images"], labels=bool(model.classes)), given["batch_size"]
    labels = [None, None]
    if model.classes:
        labels = [one_hot(reals.labels, model.classes), labels_in_turn(0, len(reals), model.classes)]
    view = getattr(model.gan, "view", None)
    space = getattr(view, "space", None)
    own = type(space).__name__ if space is not None else "ScaleSpace, as the model has none"
    space = space or tfnss.ScaleSpace()
    times = given["times"] or _TIMES
    kinds = {}
    batches = reals.batches(size), model.batches(len(reals), given["seed"], size)
    for use, (kind, images) in enumerate(zip(KINDS, batches, strict=True)):
        tracked = work.track(images, f"{model.name}, predicting of {kind} images", -(-len(reals) // size))
        options = (size, labels[use], (given["seed"], use))
        kinds[kind] = prediction_percentiles(model.discriminator, space, tracked, times, *options)
    return {
        "model": model.name,
        "space": own,
        "half_batch": bool(getattr(view, "half_batch", False)),
        "times": list(times),
        "predictions": kinds,
        "history": [] if model.place.run is None else read_history(model.place.run / HISTORY),
    }


def prediction_percentiles(
    discriminator: Any,
    space: Any,
    batches: Iterable[np.ndarray],
    times: Sequence[float],
    batch_size: int,
    labels: Any = None,
    seeds: tuple[int, int] = (0, 0),
) -> np.ndarray:
    """`PERCENTILES` of the probability of being real that a discriminator gives projected images.

    Args:
        discriminator: A discriminator, called as in inference.
        space: Layer that projects, called as `space(images, time)`.
        batches: Images `[batch, height, width, channels]`, uint8 or floats in [-1, 1].
        times: Times at which all of them are projected.
        batch_size: Images in each batch; the last may have fewer.
        labels: One-hot labels of the images, where there are classes.
        seeds: The seed of the noise, and a number that tells sets of images apart.

    Returns:
        float64 `[len(times), 5]`.
    """
    from tfnss import random
    from tfnss.random import stateless

    judge = discriminating(discriminator, batch_size)
    logits: list[list[np.ndarray]] = [[] for _ in times]
    seed, use = seeds
    start = 0
    for images in batches:
        floating, part = floats_of(images), slice(start, start + len(images))
        for time, found in zip(times, logits, strict=True):
            with random.scope(stateless.noise_source(seed, 2 * start + use)):
                projected = np.asarray(space(floating, float(time)), np.float32)
            answers = judge(projected, None if labels is None else np.asarray(labels)[part])
            found.append(answers.reshape(-1))  # one that judges patches has several answers an image
        start = part.stop
    # The sigmoid, without overflow.
    probabilities = [0.5 + 0.5 * np.tanh(np.concatenate(found).astype(float) / 2) for found in logits]
    return np.array([np.percentile(each, PERCENTILES) for each in probabilities])


def _told(result: Mapping[str, Any]) -> list[str]:
    lines = [f"{result['model']} ({result['space']})"]
    lines.append(" ".join(["t".rjust(6), *(f"{kind} {p}%".rjust(10) for kind in KINDS for p in PERCENTILES)]))
    for index, time in enumerate(result["times"]):
        rows = (result["predictions"][kind][index] for kind in KINDS)
        lines.append(" ".join([f"{time:6g}", *(f"{value:10.4f}" for row in rows for value in row)]))
    return lines


def _record(result: Mapping[str, Any]) -> dict[str, Any]:
    predictions = {
        kind: {f"p{p}": values[:, i].tolist() for i, p in enumerate(PERCENTILES)}
        for kind, values in result["predictions"].items()
    }
    history = {
        kind: {"kimg": kimg.tolist(), **{f"p{p}": values[:, i].tolist() for i, p in enumerate(PERCENTILES)}}
        for kind in KINDS
        for kimg, values in [_recorded(result["history"], kind)]
    }
    return {**result, "predictions": predictions, "history": history}


def _recorded(history: Sequence[Mapping[str, float]], kind: str) -> tuple[np.ndarray, np.ndarray]:
    """kimg `[rows]` and percentiles `[rows, 5]` of a history, which may lack them."""
    names = [f"{kind}_prediction_p{p}" for p in PERCENTILES]
    rows = [row for row in history if all(name in row for name in names)]
    values = [[row[name] for name in names] for row in rows]
    return np.array([row["kimg"] for row in rows]), np.array(values).reshape(-1, len(names))


def _draw(results: Sequence[Mapping[str, Any]], path: Path) -> None:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(1 + 3.6 * len(results), 6.2), layout="constrained")
    all_axes: Any = figure.subplots(2, len(results), squeeze=False, sharey=True)
    for (above, below), result in zip(all_axes.T, results, strict=True):
        for kind in KINDS:
            _bands(above, *_recorded(result["history"], kind), kind)
            _bands(below, np.arange(len(result["times"])), result["predictions"][kind], kind)
        shown = "the projected half of the images" if result["half_batch"] else "as the discriminator was shown"
        above.set_title(f"{result['model']}\n{shown}", fontsize="small")
        above.set_xlabel("kimg")
        below.set_title(f"its weights, projected: {result['space']}", fontsize="small")
        ticks = [f"{time:g}" for time in result["times"]]
        below.set(xlabel="t", xticks=range(len(ticks)), xticklabels=ticks, ylim=(0, 1))
        for axes in (above, below):
            axes.axhline(0.5, color="grey", linewidth=0.8, zorder=0)
    for axes in all_axes[:, 0]:
        axes.set_ylabel("prediction")
    all_axes[1, 0].legend(fontsize="small")
    with files.replacing(path) as temporary:
        figure.savefig(temporary, dpi=120)


def _bands(axes: Any, places: np.ndarray, percentiles: np.ndarray, kind: str) -> None:
    color, style = _COLORS[kind]
    axes.plot(places, percentiles[:, 2], color=color, linestyle=style, marker=".", label=f"D({kind})")
    for low, high in ((0, 4), (1, 3)):
        axes.fill_between(places, percentiles[:, low], percentiles[:, high], color=color, alpha=0.2, linewidth=0)


ANALYSIS = Analysis(
    name="nss_predictions",
    summary="Show what discriminators predict of projected images (NSS-GAN, figure 3).",
    analyse=_analyse,
    origin="NSS-GAN",
    picture="predictions",
    options=(
        Option("images", int, "most real images, and as many samples", 1000, metavar="N"),
        Option("times", floats, "times", worked_out="0,1,4,16,64,256", metavar="T,T,..."),
    ),
    needs=("discriminator",),
    reals=True,
    batch_size=16,
    check=_check,
    smoke={"images": 8, "batch_size": 8, "times": (0.0, 4.0)},
)

if __name__ == "__main__":
    main_of(ANALYSIS.name)
