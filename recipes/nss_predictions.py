"""What discriminators predict of projected images, by scale-space time (NSS-GAN, figure 3).

    python -m recipes.nss_predictions runs/00000-dcgan_photos-gan runs/00001-dcgan_photos-ss --times 0,1,4,16,64,256

Each run is a column. Above are the predictions over training as its history has them: of all that the discriminator was
shown, so where a run projects half of each batch, of both halves together. Below are those of its newest checkpoint, of
projected images alone: real images and as many samples are projected at each time by the run's own space (by the
scale-space, where a run has none), and the discriminator is asked as in inference. Lines are medians, bands hold half and
nine tenths of the images. Where both sets of predictions lie at 0.5 the discriminator cannot tell them apart.
"""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from rich.progress import track

import tfnss
from tfnss import files
from tfnss.console import Parser, floats, reporting, start_tensorflow
from tfnss.running.analysed import analysis_parser, discriminating, opened, real_images
from tfnss.running.file_names import HISTORY

PROGRAM = "python -m recipes.nss_predictions"
ORIGIN = "NSS-GAN"
SUMMARY = "Show what runs' discriminators predict of projected images (NSS-GAN, figure 3)."
PERCENTILES = (5, 25, 50, 75, 95)
KINDS = ("real", "fake")
_PICTURE = "predictions.png"
_TIMES = (0.0, 1.0, 4.0, 16.0, 64.0, 256.0)
_COLORS = {"real": ("tab:blue", ":"), "fake": ("tab:orange", "-")}


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs the command line; ends with status 2 and one line on bad input."""
    flags = {"times": _TIMES} | vars(_parser().parse_args(arguments))
    with reporting(PROGRAM, ValueError, OSError):
        _check(flags)
        start_tensorflow()
        flags["out"] = flags.get("out", str(Path(flags["runs"][0]).expanduser() / _PICTURE))
        results = []
        for run in flags["runs"]:
            given, gan = opened({**flags, "run": run}, _PICTURE)
            results.append(_result(gan, given))
            _print(results[-1])
        _draw(results, given["out"])
        numbers = given["out"].with_suffix(".json")
        with files.replacing(numbers) as temporary:
            temporary.write_text(json.dumps([_record(result) for result in results], indent=1) + "\n")
        print(f"Picture: {given['out']}, numbers: {numbers}")


def _result(gan: "tfnss.GAN", given: Mapping[str, Any]) -> dict[str, Any]:
    from tfnss.generators import labels_in_turn, one_hot
    from tfnss.training.callbacks import read_history
    from tfnss.training.shares import check_batch_size
    from tfnss.uint8 import from_uint8

    check_batch_size(given["batch_size"], 1, 1, gan.discriminator)
    reals, classes = real_images(dict(given), labels=bool(gan.classes))
    samples = gan.generate(len(reals), seed=given["seed"], batch_size=given["batch_size"])
    labels = [None, None]
    if gan.classes:
        labels = [one_hot(classes, gan.classes), labels_in_turn(0, len(samples), gan.classes)]
    space = getattr(gan.view, "space", None)
    own = type(space).__name__ if space is not None else "ScaleSpace, as the run has none"
    space = space or tfnss.ScaleSpace()
    kinds = {}
    for use, (kind, images) in enumerate(zip(KINDS, (reals, samples), strict=True)):
        floating = np.asarray(from_uint8(images)) if images.dtype == np.uint8 else images
        kinds[kind] = prediction_percentiles(
            gan, space, floating, given["times"], given["batch_size"], labels[use], (given["seed"], use)
        )
    return {
        "run": str(given["run"]),
        "space": own,
        "half_batch": bool(getattr(gan.view, "half_batch", False)),
        "times": list(given["times"]),
        "predictions": kinds,
        "history": read_history(given["run"] / HISTORY),
    }


def prediction_percentiles(
    gan: "tfnss.GAN",
    space: Any,
    images: np.ndarray,
    times: Sequence[float],
    batch_size: int,
    labels: Any = None,
    seeds: tuple[int, int] = (0, 0),
) -> np.ndarray:
    """`PERCENTILES` of the probability of being real that a discriminator gives projected images.

    Args:
        gan: The model; its discriminator is called as in inference.
        space: Layer that projects, called as `space(images, time)`.
        images: Floats `[count, height, width, channels]` in [-1, 1].
        times: Times at which all of them are projected.
        batch_size: Images at a time.
        labels: One-hot labels of the images, where there are classes.
        seeds: The seed of the noise, and a number that tells sets of images apart.

    Returns:
        float64 `[len(times), 5]`.
    """
    from tfnss import random
    from tfnss.random import stateless

    judge = discriminating(gan, batch_size)
    found = []
    for time in track(times, f"predicting of {len(images)} images", disable=not sys.stdout.isatty()):
        logits = []
        for start in range(0, len(images), batch_size):
            part = slice(start, start + batch_size)
            seed, use = seeds
            with random.scope(stateless.noise_source(seed, 2 * start + use)):
                projected = np.asarray(space(images[part], float(time)), np.float32)
            answers = judge(projected, None if labels is None else np.asarray(labels)[part])
            logits.append(answers.reshape(-1))  # one that judges patches has several answers an image
        probabilities = 0.5 + 0.5 * np.tanh(np.concatenate(logits).astype(float) / 2)  # the sigmoid, without overflow
        found.append(np.percentile(probabilities, PERCENTILES))
    return np.array(found)


def _print(result: Mapping[str, Any]) -> None:
    print(f"{result['run']} ({result['space']})")
    print("t".rjust(6), *(f"{kind} {p}%".rjust(10) for kind in KINDS for p in PERCENTILES))
    for index, time in enumerate(result["times"]):
        rows = (result["predictions"][kind][index] for kind in KINDS)
        print(f"{time:6g}", *(f"{value:10.4f}" for row in rows for value in row), flush=True)


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
        shown = "half of the images projected" if result["half_batch"] else "as the discriminator was shown"
        above.set_title(f"{Path(result['run']).resolve().name}\n{shown}", fontsize="small")
        above.set_xlabel("kimg")
        below.set_title(f"checkpoint, projected: {result['space']}", fontsize="small")
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


def _check(given: Mapping[str, Any]) -> None:
    if not all(0 <= time < float("inf") for time in given["times"]):
        raise ValueError(f"--times must be finite and at least 0. Received: {given['times']}")
    if len({Path(run).expanduser().resolve() for run in given["runs"]}) < len(given["runs"]):
        raise ValueError(f"each RUN must be another. Received: {' '.join(given['runs'])}")


def _parser() -> Parser:
    parser = analysis_parser(PROGRAM, SUMMARY, _PICTURE, several=True)
    parser.add_argument("--times", type=floats, metavar="T,T,...", help="times (default: 0,1,4,16,64,256)")
    return parser


if __name__ == "__main__":
    main()
